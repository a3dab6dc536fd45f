// Objects: copies, growth, deep release, the limit, recounting.
#include "test_program.h"

namespace tn::rt::test {

using ObjectTest = RuntimeTest;

TEST_F(ObjectTest, Image) {
    EXPECT_EQ(str(instance->literal(0)), "hello");
    EXPECT_EQ(str(instance->literal(1)), std::string("a\0b", 3));
    EXPECT_EQ(instance->literal(2)->desc->id, bytes_desc_id);
    EXPECT_EQ(instance->literal(0)->count, 1);
    EXPECT_EQ(str(instance->empty(string_desc_id)), "");
    EXPECT_EQ(static_cast<Seq*>(instance->empty(list_string))->length, 0);
    const ImageLayout& image = program->image();
    EXPECT_EQ(reinterpret_cast<std::uint8_t*>(context) + image.literal_offset(1),
              reinterpret_cast<std::uint8_t*>(instance->literal(1)));
    EXPECT_EQ(image.data_offset % 16, 0u);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(instance->data()) % 16, 0u);
    Object* refs[3];
    std::memcpy(refs, instance->data() + 8, sizeof refs);
    EXPECT_EQ(refs[0], instance->empty(string_desc_id));
    EXPECT_EQ(refs[1], instance->empty(list_i64));
    EXPECT_EQ(refs[2], nullptr);
    EXPECT_EQ(refs[0]->count, 2);
    expect_clean();
}

TEST_F(ObjectTest, GrowthIsAmortized) {
    Object* list = rt_list_new(context, 0, list_i64);
    int moves = 0;
    for (int i = 0; i < 100'000; ++i) {
        Object* before = list;
        list = add_i64(list, i);
        ASSERT_TRUE(list);
        moves += before != list;
    }
    EXPECT_LT(moves, 40);
    for (int i = 0; i < 100'000; ++i) ASSERT_EQ(i64_at(list, i), i);
    EXPECT_EQ(check_heap(*instance, std::array{list}).error, "");
    rt_release(context, list);
    expect_clean();
}

TEST_F(ObjectTest, UniqueCopiesOnlyWhatIsShared) {
    Object* list = rt_list_new(context, 4, list_string);
    for (int i = 0; i < 3; ++i) list = add_ref(list, text("element"));
    EXPECT_EQ(rt_unique(context, list, list_string), list);
    retain(list);
    Object* copy = rt_unique(context, list, list_string);
    ASSERT_NE(copy, list);
    EXPECT_EQ(list->count, 1);
    EXPECT_EQ(ref_at(copy, 1), ref_at(list, 1));
    EXPECT_EQ(ref_at(copy, 1)->count, 2);
    EXPECT_EQ(check_heap(*instance, std::array{list, copy}).error, "");

    Object* place = list;
    EXPECT_EQ(rt_unique_at(context, &place, list_string), list);
    retain(list);
    Object* other = rt_unique_at(context, &place, list_string);
    EXPECT_EQ(other, place);
    EXPECT_NE(other, list);
    rt_release(context, other);
    rt_release(context, list);
    rt_release(context, copy);

    // A literal is never changed in place, even when nobody else holds it.
    Object* literal = instance->literal(0);
    retain(literal);
    Object* own = rt_unique(context, literal, string_desc_id);
    EXPECT_NE(own, literal);
    EXPECT_EQ(str(own), "hello");
    EXPECT_EQ(literal->count, 1);
    rt_release(context, own);

    Object* box = new_node(text("x"));
    retain(box);
    Object* box_copy = rt_unique(context, box, node);
    EXPECT_NE(box_copy, box);
    EXPECT_EQ(check_heap(*instance, std::array{box, box_copy}).error, "");
    rt_release(context, box);
    rt_release(context, box_copy);
    expect_clean();
}

TEST_F(ObjectTest, ShortListsTakeTheBlocksThatWait) {
    // Around the largest small block, made, copied and freed again: what was given back is what is taken.
    for (int round = 0; round < 3; ++round) {
        for (std::int64_t length : {1, 2, 10, 58, 59, 60, 100}) {
            Object* list = rt_list_new(context, length, list_i64);
            ASSERT_TRUE(list);
            EXPECT_GE(static_cast<Seq*>(list)->capacity, length);
            for (std::int64_t i = 0; i < length; ++i) list = add_i64(list, i * 3);
            retain(list);
            Object* copy = rt_unique(context, list, list_i64);
            ASSERT_NE(copy, list);
            EXPECT_EQ(list->count, 1);
            EXPECT_EQ(static_cast<Seq*>(copy)->length, length);
            for (std::int64_t i = 0; i < length; ++i) ASSERT_EQ(i64_at(copy, i), i * 3);
            EXPECT_EQ(check_heap(*instance, std::array{list, copy}).error, "");
            copy = add_i64(copy, 7);
            rt_release(context, list);
            rt_release(context, copy);
        }
    }
    EXPECT_EQ(rt_list_new(context, -1, list_i64), nullptr);
    EXPECT_EQ(take_trap(), TrapCode::InvalidArgument);
    expect_clean();
}

TEST_F(ObjectTest, DeepChainsAreFreedWithoutRecursion) {
    Object* chain = nullptr;
    for (int i = 0; i < 1'000'000; ++i) chain = new_node(chain);
    EXPECT_EQ(instance->heap.live_objects(), 1'000'000u);
    rt_release(context, chain);
    // Lists inside lists, with shared parts.
    Object* shared_text = text("shared");
    Object* list = rt_list_new(context, 1, list_string);
    for (int i = 0; i < 200'000; ++i) {
        Object* outer = rt_list_new(context, 2, list_string);
        retain(shared_text);
        outer = add_ref(add_ref(outer, list), shared_text);
        list = outer;
    }
    EXPECT_EQ(check_heap(*instance, std::array{list, shared_text}).error, "");
    rt_release(context, list);
    EXPECT_EQ(shared_text->count, 1);
    rt_release(context, shared_text);
    expect_clean();
}

TEST_F(ObjectTest, LimitTrapsAndLeavesTheInstanceUsable) {
    instance->heap.set_limit(1 << 20);
    Object* list = rt_list_new(context, 0, list_i64);
    std::int64_t count = 0;
    while (Object* grown = add_i64(list, count)) {
        list = grown;
        ++count;
    }
    EXPECT_EQ(take_trap(), TrapCode::MemoryLimit);
    EXPECT_GT(count, 100'000) << "it grows to near the limit";
    expect_clean(); // the failing call consumed the list

    EXPECT_EQ(rt_list_new(context, INT64_MAX, list_i64), nullptr);
    EXPECT_EQ(take_trap(), TrapCode::MemoryLimit);
    EXPECT_EQ(rt_list_new(context, INT64_MAX / 24, list_record), nullptr);
    EXPECT_EQ(take_trap(), TrapCode::MemoryLimit);
    EXPECT_EQ(rt_list_new(context, -1, list_i64), nullptr);
    EXPECT_EQ(take_trap(), TrapCode::InvalidArgument);
    EXPECT_EQ(instance->last_trap()->message(), "invalid argument: a negative capacity");
    Object* fine = rt_list_new(context, 1000, list_i64);
    EXPECT_TRUE(fine);
    rt_release(context, fine);

    Object* chain = nullptr;
    for (;;) {
        Object* next = new_node(chain);
        chain = next;
        if (!next) break;
    }
    EXPECT_EQ(take_trap(), TrapCode::MemoryLimit);
    expect_clean();
}

TEST_F(ObjectTest, ListsOfUnitTakeNoRoom) {
    Object* list = rt_list_new(context, std::int64_t(1) << 40, list_unit);
    ASSERT_TRUE(list);
    static_cast<Seq*>(list)->length = std::int64_t(1) << 40;
    retain(list);
    Object* copy = rt_unique(context, list, list_unit);
    ASSERT_TRUE(copy);
    copy = rt_list_grow(context, copy, list_unit);
    EXPECT_EQ(static_cast<Seq*>(copy)->length, std::int64_t(1) << 40);
    Object* both = rt_list_concat(context, list, copy, list_unit);
    EXPECT_EQ(static_cast<Seq*>(both)->length, std::int64_t(2) << 40);
    rt_release(context, both);
    rt_release(context, copy);
    rt_release(context, list);
    expect_clean();
}

TEST_F(ObjectTest, EveryAllocationMayFail) {
    bool finished = false;
    for (std::uint64_t nth = 1; !finished && nth < 200; ++nth) {
        instance->heap.fail_allocation(nth);
        Object* list = rt_list_new(context, 1, list_string);
        for (int i = 0; list && i < 300; ++i) {
            Object* part = text(std::string(600, 'x'));
            if (!part) {
                rt_release(context, list);
                list = nullptr;
                break;
            }
            list = add_ref(list, part);
            if (!list) rt_release(context, part);
        }
        if (list) {
            finished = true;
            rt_release(context, list);
        } else {
            EXPECT_EQ(take_trap(), TrapCode::MemoryLimit);
        }
        instance->heap.fail_allocation(0);
        ASSERT_EQ(instance->heap.live_objects(), 0u);
        if (nth == 199) break;
    }
    expect_clean();
}

TEST_F(ObjectTest, ListSliceAndConcat) {
    Object* list = rt_list_new(context, 0, list_string);
    for (const char* word : {"a", "b", "c", "d"}) list = add_ref(list, text(word));
    Object* middle = rt_list_slice(context, list, 1, 3, list_string);
    ASSERT_TRUE(middle);
    EXPECT_EQ(static_cast<Seq*>(middle)->length, 2);
    EXPECT_EQ(str(ref_at(middle, 0)), "b");
    Object* all = rt_list_slice(context, list, 0, 4, list_string);
    EXPECT_EQ(all, list);
    rt_release(context, all);
    Object* none = rt_list_slice(context, list, 2, 2, list_string);
    EXPECT_EQ(static_cast<Seq*>(none)->length, 0);
    rt_release(context, none);
    for (auto [from, to] : {std::pair{-1, 2}, {3, 2}, {0, 5}, {5, 5}}) {
        EXPECT_EQ(rt_list_slice(context, list, from, to, list_string), nullptr);
        EXPECT_EQ(take_trap(), TrapCode::InvalidSlice);
    }
    Object* joined = rt_list_concat(context, middle, list, list_string);
    EXPECT_EQ(static_cast<Seq*>(joined)->length, 6);
    EXPECT_EQ(str(ref_at(joined, 5)), "d");
    EXPECT_EQ(check_heap(*instance, std::array{list, middle, joined}).error, "");
    rt_release(context, joined);
    rt_release(context, middle);
    rt_release(context, list);
    Object* data = bytes(std::string_view("\1\2\3", 3));
    EXPECT_EQ(take(rt_list_slice(context, data, 1, 3, bytes_desc_id)), "\2\3");
    rt_release(context, data);
    expect_clean();
}

TEST_F(ObjectTest, RecountSeesWrongCounts) {
    Object* list = add_ref(rt_list_new(context, 1, list_string), text("x"));
    EXPECT_EQ(check_heap(*instance, std::array{list}).error, "");
    ++ref_at(list, 0)->count;
    EXPECT_NE(check_heap(*instance, std::array{list}).error, "");
    --ref_at(list, 0)->count;
    EXPECT_NE(check_heap(*instance).error, "") << "a leak";
    rt_release(context, list);
}

} // namespace tn::rt::test
