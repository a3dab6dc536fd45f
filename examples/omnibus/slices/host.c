/* An array becomes a list in one step; the elements of a list of numbers can be read as an array. */
#include "../omnibus.h"

int main(int argc, char **argv) {
    const uint32_t numbers[] = {1, 2, 3, 4, 5, 6};
    struct script s = open_script(argv[argc - 1]);
    tn_function *sum_of_even = find(&s, "sum_of_even", "fn(List[u32]) -> u32");
    tn_function *doubled = find(&s, "doubled", "fn(List[u32]) -> List[u32]");
    const tn_type *element = tn_type_child(tn_function_param_type(sum_of_even, 0), 0);
    const uint32_t *data;
    tn_value list, sum, twice;
    tn_error *error;
    size_t i, count;
    must(tn_list_new(s.instance, element, 6, &list, &error), &error);
    must(tn_list_append(&list, TN_TAG_U32, numbers, 6), NULL);
    must(tn_call(s.instance, sum_of_even, &list, 1, &sum, &error), &error);
    printf("%" PRIu64 "\n", sum.as.u);
    must(tn_call(s.instance, doubled, &list, 1, &twice, &error), &error);
    data = tn_list_data(&twice, NULL, &count);
    for (i = 0; i < count; ++i) printf("%" PRIu32 "%s", data[i], i + 1 < count ? " " : "\n");
    tn_value_clear(&twice);
    tn_value_clear(&list);
    tn_function_free(sum_of_even);
    tn_function_free(doubled);
    return close_script(&s);
}
