/* Text goes in as a pointer and a length. It is checked and copied at once; the host's buffer stays the
 * host's. */
#include "../omnibus.h"

static void count(const struct script *s, tn_function *how_many, const char *text, size_t length) {
    tn_value arg, n;
    tn_error *error;
    tn_status status = tn_string_new(s->instance, text, length, &arg, &error);
    if (status == TN_OK) status = tn_call(s->instance, how_many, &arg, 1, &n, &error);
    if (status == TN_OK)
        printf("%" PRId64 "\n", n.as.i);
    else
        printf("%s\n", tn_status_name(status));
    tn_error_free(error);
    tn_value_clear(&arg);
}

int main(int argc, char **argv) {
    struct script s = open_script(argv[argc - 1]);
    tn_function *how_many = find(&s, "how_many_characters", "fn(String) -> i64");
    count(&s, how_many,
          "g\xC3\xB6"
          "es to \xC3\xA9lev\xC3\xAAn",
          TN_NTS);
    count(&s, how_many, "", 0);
    count(&s, how_many, "a\0b", 3);
    count(&s, how_many, "not \xFF UTF-8", TN_NTS);
    tn_function_free(how_many);
    return close_script(&s);
}
