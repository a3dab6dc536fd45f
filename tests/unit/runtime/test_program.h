// A program built by hand, and an entered instance of it, for the tests of this folder.
#pragma once

#include "runtime/entry_points.h"
#include "runtime/heap_check.h"
#include "runtime/instance.h"
#include "runtime/runtime_fns.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace tn::rt::test {

// DescIds of test_program().
inline constexpr std::uint32_t list_i64 = 2, list_string = 3, node = 4, list_record = 5, list_unit = 6;

inline std::shared_ptr<Program> test_program() {
    using Kind = ObjectDesc::Kind;
    const auto desc = [](Kind kind, std::uint32_t stride, std::vector<std::uint32_t> refs = {}) {
        ObjectDesc d;
        d.kind = kind;
        d.stride = stride;
        d.refs = std::move(refs);
        return d;
    };
    ProgramParts parts;
    parts.descs = {desc(Kind::String, 1),    desc(Kind::Bytes, 1),     desc(Kind::List, 8),
                   desc(Kind::List, 8, {0}), desc(Kind::Box, 16, {0}), desc(Kind::List, 24, {8}),
                   desc(Kind::List, 0)};
    parts.literals = {
        {"hello", string_desc_id}, {std::string("a\0b", 3), string_desc_id}, {"\x01\x02", bytes_desc_id}};
    parts.instance_data_size = 40;
    parts.instance_refs = {{8, string_desc_id}, {16, list_i64}, {24, no_desc}};
    return std::make_shared<Program>(std::move(parts));
}

class RuntimeTest : public ::testing::Test {
protected:
    RuntimeTest()
        : program(test_program()),
          shared(std::make_shared<RuntimeShared>()),
          instance(Instance::create(program, shared)),
          context(&instance->context) {
        EXPECT_EQ(instance->enter(), EnterResult::Entered);
    }
    ~RuntimeTest() override {
        if (instance && instance->is_entered()) instance->leave();
    }

    Object* text(std::string_view bytes) {
        return rt_bytes_new(context, bytes.data(), static_cast<std::int64_t>(bytes.size()), string_desc_id);
    }
    Object* bytes(std::string_view content) {
        return rt_bytes_new(context, content.data(), static_cast<std::int64_t>(content.size()),
                            bytes_desc_id);
    }
    static std::string str(const Object* object) {
        const auto* seq = static_cast<const Seq*>(object);
        EXPECT_EQ(seq->data[seq->length], 0) << "texts are followed by a NUL";
        return {reinterpret_cast<const char*>(seq->data), static_cast<std::size_t>(seq->length)};
    }
    // The text of an owned result, which is released.
    std::string take(Object* object) {
        if (!object) return "trap: " + std::string(trap_name(take_trap()));
        std::string out = str(object);
        rt_release(context, object);
        return out;
    }
    TrapCode take_trap() {
        const TrapCode code = context->trap_code;
        instance->begin_trap_record();
        instance->finish_trap();
        context->trap_code = TrapCode::None;
        return code;
    }
    Object* add_i64(Object* list, std::int64_t value) {
        auto* seq = static_cast<Seq*>(rt_list_grow(context, list, list_i64));
        if (!seq) return nullptr;
        std::memcpy(seq->data + seq->length++ * 8, &value, 8);
        return seq;
    }
    Object* add_ref(Object* list, Object* value) {
        auto* seq = static_cast<Seq*>(rt_list_grow(context, list, list_string));
        if (!seq) return nullptr;
        std::memcpy(seq->data + seq->length++ * 8, &value, 8);
        return seq;
    }
    Object* new_node(Object* next) { // consumes `next`
        Object* box = rt_box_new(context, node);
        if (!box) {
            rt_release(context, next);
            return nullptr;
        }
        std::memcpy(box_data(static_cast<Box*>(box)), &next, sizeof next);
        return box;
    }
    std::int64_t i64_at(Object* list, std::int64_t i) {
        std::int64_t value;
        std::memcpy(&value, static_cast<Seq*>(list)->data + i * 8, 8);
        return value;
    }
    Object* ref_at(Object* list, std::int64_t i) {
        Object* value;
        std::memcpy(&value, static_cast<Seq*>(list)->data + i * 8, 8);
        return value;
    }
    void expect_clean() {
        EXPECT_EQ(instance->heap.live_objects(), 0u);
        EXPECT_EQ(instance->heap.live_bytes(), 0u);
        EXPECT_EQ(check_heap(*instance).error, "");
    }

    std::shared_ptr<Program> program;
    std::shared_ptr<RuntimeShared> shared;
    std::shared_ptr<Instance> instance;
    Context* context;
};

} // namespace tn::rt::test
