/* Objects: an instance holds the state, so a second one is a second object, and freeing it is the destructor.
 */
#include "../omnibus.h"

static void show(tn_instance *database, tn_function *population_of, const char *zip) {
    tn_value arg, found, number;
    tn_error *error;
    int32_t is_some;
    must(tn_string_new(database, zip, TN_NTS, &arg, &error), &error);
    must(tn_call(database, population_of, &arg, 1, &found, &error), &error);
    must(tn_option_get(&found, &is_some, &number), NULL);
    if (is_some)
        printf("%s: %" PRId64 "\n", zip, number.as.i);
    else
        printf("%s: unknown\n", zip);
    tn_value_clear(&found);
    tn_value_clear(&arg);
}

int main(int argc, char **argv) {
    struct script s = open_script(argv[argc - 1]);
    tn_function *populate = find(&s, "populate", "fn(i64)");
    tn_function *population_of = find(&s, "population_of", "fn(String) -> i64?");
    tn_instance *second;
    tn_value count;
    tn_error *error;
    must(tn_instance_new(s.module, NULL, &second, &error), &error);
    TN_SET_I64(&count, 100000);
    must(tn_call(s.instance, populate, &count, 1, NULL, &error), &error);
    show(s.instance, population_of, "90210");
    show(s.instance, population_of, "20500");
    show(second, population_of, "90210");
    tn_instance_free(second);
    tn_function_free(populate);
    tn_function_free(population_of);
    return close_script(&s);
}
