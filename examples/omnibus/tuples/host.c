/* A tuple is made of copies of its parts, and its parts are read by position. */
#include "../omnibus.h"

int main(int argc, char **argv) {
    struct script s = open_script(argv[argc - 1]);
    tn_function *flip = find(&s, "flip_things_around", "fn((u32, bool)) -> (u32, bool)");
    tn_value parts[2], pair, flipped;
    tn_error *error;
    TN_SET_UINT(&parts[0], TN_TAG_U32, 10);
    TN_SET_BOOL(&parts[1], 1);
    must(tn_record_new(s.instance, tn_function_param_type(flip, 0), parts, 2, &pair, &error), &error);
    must(tn_call(s.instance, flip, &pair, 1, &flipped, &error), &error);
    must(tn_record_get(&flipped, 0, &parts[0]), NULL);
    must(tn_record_get(&flipped, 1, &parts[1]), NULL);
    printf("(%" PRIu64 ", %s)\n", parts[0].as.u, parts[1].as.u ? "true" : "false");
    tn_value_clear(&pair);
    tn_value_clear(&flipped);
    tn_function_free(flip);
    return close_script(&s);
}
