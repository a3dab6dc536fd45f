/* Values inside of values: made from the inside out, with the types that the function itself names. */
#include "../omnibus.h"

struct item {
    const char *name;
    double price;
    int64_t count;
};

static tn_value text(const struct script *s, const char *p) {
    tn_value v;
    tn_error *error;
    must(tn_string_new(s->instance, p, TN_NTS, &v, &error), &error);
    return v;
}

static tn_value make_order(const struct script *s, const tn_type *order_type, double coupon,
                           const struct item *items, size_t n) {
    const tn_type *option_type = tn_type_child(order_type, 1), *list_type = tn_type_child(order_type, 2);
    const tn_type *item_type = tn_type_child(list_type, 0);
    tn_value order[3], number, fields[3], item, made;
    tn_error *error;
    size_t i;
    order[0] = text(s, "Ada");
    TN_SET_F64(&number, coupon);
    must(tn_option_new(s->instance, option_type, coupon > 0 ? &number : NULL, &order[1], &error), &error);
    must(tn_list_new(s->instance, item_type, n, &order[2], &error), &error);
    for (i = 0; i < n; ++i) {
        fields[0] = text(s, items[i].name);
        TN_SET_F64(&fields[1], items[i].price);
        TN_SET_I64(&fields[2], items[i].count);
        must(tn_record_new(s->instance, item_type, fields, 3, &item, &error), &error);
        must(tn_list_push(&order[2], &item), NULL);
        tn_value_clear(&item);
        tn_value_clear(&fields[0]);
    }
    must(tn_record_new(s->instance, order_type, order, 3, &made, &error), &error);
    for (i = 0; i < 3; ++i) tn_value_clear(&order[i]); /* the record has copies */
    return made;
}

static void show_bill(const tn_value *bill) {
    tn_value lines, line, name, price, total, cheapest, item;
    int32_t is_some;
    size_t i, n;
    must(tn_record_get(bill, 0, &lines), NULL);
    must(tn_list_len(&lines, &n), NULL);
    for (i = 0; i < n; ++i) {
        must(tn_list_get(&lines, i, &line), NULL);
        must(tn_record_get(&line, 0, &name), NULL);
        must(tn_record_get(&line, 1, &price), NULL);
        printf("%s %.2f\n", tn_string_data(&name, NULL), price.as.f);
        tn_value_clear(&name);
        tn_value_clear(&line);
    }
    must(tn_record_get(bill, 1, &total), NULL);
    printf("total %.2f\n", total.as.f);
    must(tn_record_get(bill, 2, &cheapest), NULL);
    must(tn_option_get(&cheapest, &is_some, &item), NULL);
    if (is_some) {
        must(tn_record_get(&item, 0, &name), NULL);
        printf("cheapest %s\n", tn_string_data(&name, NULL));
        tn_value_clear(&name);
    } else {
        printf("nothing bought\n");
    }
    tn_value_clear(&item);
    tn_value_clear(&cheapest);
    tn_value_clear(&lines);
}

int main(int argc, char **argv) {
    const struct item items[] = {{"pear", 0.5, 4}, {"plum", 0.25, 10}};
    struct script s = open_script(argv[argc - 1]);
    tn_function *bill = find(&s, "bill", NULL);
    const tn_type *order_type = tn_function_param_type(bill, 0);
    tn_value order, made, number;
    tn_error *error;
    order = make_order(&s, order_type, 0.1, items, 2);
    must(tn_call(s.instance, bill, &order, 1, &made, &error), &error);
    show_bill(&made);
    tn_value_clear(&made);
    tn_value_clear(&order);
    order = make_order(&s, order_type, 0, NULL, 0);
    must(tn_call(s.instance, bill, &order, 1, &made, &error), &error);
    show_bill(&made);
    tn_value_clear(&made);
    /* What does not fit is refused before anything runs. */
    TN_SET_I64(&number, 1);
    printf("%s\n", tn_status_name(tn_record_set(&order, 0, &number)));
    tn_value_clear(&order);
    tn_function_free(bill);
    return close_script(&s);
}
