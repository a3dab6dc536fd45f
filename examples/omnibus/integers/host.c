/* Integers: they cross by their exact type, and what does not fit is an error. */
#include "../omnibus.h"

static void add(const struct script *s, tn_function *addition, uint32_t a, uint32_t b) {
    tn_value args[2], sum;
    tn_error *error;
    TN_SET_UINT(&args[0], TN_TAG_U32, a);
    TN_SET_UINT(&args[1], TN_TAG_U32, b);
    if (tn_call(s->instance, addition, args, 2, &sum, &error) == TN_OK)
        printf("%" PRIu32 " + %" PRIu32 " = %" PRIu64 "\n", a, b, sum.as.u);
    else
        printf("%" PRIu32 " + %" PRIu32 ": %s\n", a, b, tn_error_message(error, NULL));
    tn_error_free(error);
}

int main(int argc, char **argv) {
    struct script s = open_script(argv[argc - 1]);
    tn_function *addition = find(&s, "addition", "fn(u32, u32) -> u32");
    tn_value args[2];
    tn_error *error;
    add(&s, addition, 1, 2);
    add(&s, addition, UINT32_MAX, 1);
    /* An i64 is no u32, whatever its number is. */
    TN_SET_I64(&args[0], 1);
    TN_SET_UINT(&args[1], TN_TAG_U32, 2);
    if (tn_call(s.instance, addition, args, 2, NULL, &error) != TN_OK)
        printf("%s\n", tn_status_name(tn_error_status(error)));
    tn_error_free(error);
    tn_function_free(addition);
    return close_script(&s);
}
