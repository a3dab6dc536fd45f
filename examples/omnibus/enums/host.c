/* Enums: a tagged union of the host becomes a constructor with its fields, and back. */
#include "../omnibus.h"

/* The host's own: its tags are the numbers of the script's constructors, in declared order. */
struct shape {
    enum { CIRCLE, RECT, EMPTY } tag;
    union {
        double radius;
        struct {
            double w, h;
        } rect;
    } as;
};

static tn_value to_script(const struct script *s, const tn_type *type, const struct shape *shape) {
    tn_value fields[2], made;
    size_t count = 0;
    tn_error *error;
    switch (shape->tag) {
    case CIRCLE:
        TN_SET_F64(&fields[0], shape->as.radius);
        count = 1;
        break;
    case RECT:
        TN_SET_F64(&fields[0], shape->as.rect.w);
        TN_SET_F64(&fields[1], shape->as.rect.h);
        count = 2;
        break;
    case EMPTY: break;
    }
    must(tn_enum_new(s->instance, type, (uint32_t)shape->tag, fields, count, &made, &error), &error);
    return made;
}

static double number(const tn_value *from, size_t field) {
    tn_value v;
    double d;
    must(tn_enum_payload(from, field, &v), NULL);
    must(tn_value_get_f64(&v, &d), NULL);
    return d;
}

static struct shape from_script(const tn_value *v) {
    struct shape shape;
    uint32_t tag;
    must(tn_enum_variant(v, &tag, NULL), NULL);
    memset(&shape, 0, sizeof shape);
    switch (tag) {
    case CIRCLE:
        shape.tag = CIRCLE;
        shape.as.radius = number(v, 0);
        break;
    case RECT:
        shape.tag = RECT;
        shape.as.rect.w = number(v, 0);
        shape.as.rect.h = number(v, 1);
        break;
    default: shape.tag = EMPTY; break;
    }
    return shape;
}

static void print(const struct shape *shape) {
    switch (shape->tag) {
    case CIRCLE: printf("circle %.1f", shape->as.radius); break;
    case RECT: printf("rect %.1f x %.1f", shape->as.rect.w, shape->as.rect.h); break;
    case EMPTY: printf("empty"); break;
    }
}

/* A Result is an enum, too: Ok is its constructor 0, Err 1. */
static void show_parsed(const struct script *s, tn_function *parse, const char *text) {
    tn_value arg, ret, inside;
    tn_error *error;
    uint32_t failed;
    must(tn_string_new(s->instance, text, TN_NTS, &arg, &error), &error);
    must(tn_call(s->instance, parse, &arg, 1, &ret, &error), &error);
    must(tn_enum_variant(&ret, &failed, NULL), NULL);
    must(tn_enum_payload(&ret, 0, &inside), NULL);
    if (failed) {
        printf("%s", tn_string_data(&inside, NULL));
    } else {
        struct shape shape = from_script(&inside);
        print(&shape);
    }
    printf("\n");
    tn_value_clear(&inside);
    tn_value_clear(&ret);
    tn_value_clear(&arg);
}

int main(int argc, char **argv) {
    struct script s = open_script(argv[argc - 1]);
    tn_function *area = find(&s, "area", "fn(Shape) -> f64"), *bounds = find(&s, "bounds", NULL);
    tn_function *parse = find(&s, "parse", NULL);
    const tn_type *type = tn_function_param_type(area, 0);
    struct shape shapes[3];
    size_t i;
    shapes[0].tag = CIRCLE;
    shapes[0].as.radius = 1.5;
    shapes[1].tag = RECT;
    shapes[1].as.rect.w = 2;
    shapes[1].as.rect.h = 3;
    shapes[2].tag = EMPTY;
    for (i = 0; i < 3; ++i) {
        tn_value shape = to_script(&s, type, &shapes[i]), ret;
        struct shape box;
        tn_error *error;
        must(tn_call(s.instance, area, &shape, 1, &ret, &error), &error);
        print(&shapes[i]);
        printf(": area %.2f, bounds ", ret.as.f);
        must(tn_call(s.instance, bounds, &shape, 1, &ret, &error), &error);
        box = from_script(&ret);
        print(&box);
        printf("\n");
        tn_value_clear(&ret);
        tn_value_clear(&shape);
    }
    show_parsed(&s, parse, "circle 2");
    show_parsed(&s, parse, "empty");
    show_parsed(&s, parse, "square 2");
    printf("%s\n", tn_type_variant_name(type, 1, NULL));
    tn_function_free(area);
    tn_function_free(bounds);
    tn_function_free(parse);
    return close_script(&s);
}
