/* Text comes out as a value: its bytes are the library's, until the host clears the value. */
#include "../omnibus.h"

int main(int argc, char **argv) {
    struct script s = open_script(argv[argc - 1]);
    tn_function *theme_song = find(&s, "theme_song", "fn(i64) -> String");
    tn_value length, song;
    tn_error *error;
    size_t bytes;
    TN_SET_I64(&length, 5);
    must(tn_call(s.instance, theme_song, &length, 1, &song, &error), &error);
    printf("%s\n", tn_string_data(&song, &bytes));
    printf("%zu bytes\n", bytes);
    tn_value_clear(&song);
    tn_function_free(theme_song);
    return close_script(&s);
}
