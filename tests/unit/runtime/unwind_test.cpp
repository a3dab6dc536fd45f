// Unwinding over frames built by hand, as emitted code would leave them.
#include "test_program.h"

#include <chrono>
#include <thread>
#include <vector>

namespace tn::rt::test {

namespace {

constexpr int rbx = 3, r12 = 12;

// Code of 100 bytes: `leaf` 0..50 with sites at 10 and 20, `outer` 50..100 with sites at 60 and 70.
class UnwindTest : public RuntimeTest {
protected:
    UnwindTest() : code_(101) {
        auto blob = std::make_shared<CodeBlob>();
        CodeMap& map = blob->map;
        map.base = code_.data();
        map.size = 100;
        map.frames = {{0, 50, {{rbx, -8}}}, {50, 100, {{r12, -16}}}};
        map.refs = {{RefLocation::Register, 0},
                    {RefLocation::Register, rbx},
                    {RefLocation::FrameSlot, -24},
                    {RefLocation::Register, rbx},
                    {RefLocation::FrameSlot, -32}};
        // leaf: at 10 owns rax, rbx and [rbp-24]; at 20 nothing. outer: at 60 owns rbx and [rbp-32]; at 70
        // nothing.
        map.sites = {{10, 0, 0, 0, 3}, {20, 0, 1, 0, 0}, {60, 1, 2, 3, 2}, {70, 1, 0xffffffffu, 0, 0}};
        map.locs = {{0, 1, 5, 0, 0xffffffffu}, {0, 2, 6, 2, 2}, {0, 3, 7, 1, 0xffffffffu}};
        map.files = {"main.tn"};
        map.function_names = {"leaf", "outer", "inlined"};
        EXPECT_EQ(program->publish_code(CodeMode::Polled, blob), blob.get());
        EXPECT_EQ(program->publish_code(CodeMode::Polled, std::make_shared<CodeBlob>()), blob.get());
        frames_.resize(1 << 20);
        next_ = frames_.size();
    }

    // A frame below the ones before; answers its frame pointer. Slots are at fp[-1], fp[-2], ...
    std::uint64_t* push_frame(const void* return_address, int slots) {
        frames_[--next_] = reinterpret_cast<std::uint64_t>(return_address);
        frames_[--next_] = reinterpret_cast<std::uint64_t>(frame_);
        frame_ = &frames_[next_];
        next_ -= static_cast<std::size_t>(slots);
        return frame_;
    }
    const void* at(int offset) const { return code_.data() + offset; }
    static std::uint64_t word(Object* object) { return reinterpret_cast<std::uint64_t>(object); }

    std::vector<std::uint8_t> code_;
    std::vector<std::uint64_t> frames_;
    std::size_t next_ = 0;
    std::uint64_t* frame_ = nullptr;
};

} // namespace

TEST_F(UnwindTest, ReleasesRegistersAndSlots) {
    Object* outer_rbx = text("outer rbx");
    std::uint64_t* outer = push_frame("the entry thunk", 4);
    outer[-4] = word(text("outer slot"));
    std::uint64_t* leaf = push_frame(at(60), 4);
    leaf[-1] = word(outer_rbx); // the prologue saved rbx
    leaf[-3] = word(text("leaf slot"));
    context->trap_registers[0] = word(text("rax"));
    context->trap_registers[rbx] = word(text("leaf rbx"));
    context->trap_code = TrapCode::IndexOutOfBounds;
    context->trap_a = 9;
    context->trap_b = 4;
    EXPECT_EQ(instance->heap.live_objects(), 5u);
    rt_unwind(context, at(10), leaf);
    expect_clean();
    EXPECT_EQ(context->trap_code, TrapCode::IndexOutOfBounds) << "the thunk answers it";
    const TrapRecord* record = instance->last_trap();
    ASSERT_TRUE(record);
    EXPECT_EQ(record->message(), "index out of bounds: the length is 4 but the index is 9");
    const TrapRecord::Trace trace = record->trace();
    ASSERT_EQ(trace.entries.size(), 2u);
    EXPECT_EQ(trace.entries[0].function, "leaf");
    EXPECT_EQ(trace.entries[0].line, 1u);
    EXPECT_EQ(trace.entries[0].column, 5u);
    EXPECT_EQ(trace.entries[1].function, "outer");
    EXPECT_EQ(trace.entries[1].file, "main.tn");
    EXPECT_EQ(trace.omitted, 0u);
}

TEST_F(UnwindTest, SavedRegistersReachTheirOwner) {
    // outer owns rbx; two leaf frames in between saved and changed it.
    Object* owned = text("owned by outer");
    std::uint64_t* outer = push_frame("the entry thunk", 4);
    outer[-4] = 0; // null is allowed
    push_frame(at(60), 4)[-1] = word(owned);
    std::uint64_t* leaf = push_frame(at(20), 4);
    leaf[-1] = 0xdeadbeef; // the first leaf's rbx, no reference
    context->trap_registers[rbx] = 0x12345;
    context->trap_code = TrapCode::DivisionByZero;
    rt_unwind(context, at(20), leaf);
    expect_clean();
    // A site at 20 is inlined code: two entries each.
    const TrapRecord::Trace trace = instance->last_trap()->trace();
    ASSERT_EQ(trace.entries.size(), 5u);
    EXPECT_EQ(trace.entries[0].function, "inlined");
    EXPECT_EQ(trace.entries[1].function, "outer");
    EXPECT_EQ(trace.entries[4].line, 3u);
}

TEST_F(UnwindTest, DeepRecursionIsQuickAndItsTraceShort) {
    constexpr int depth = 100'000;
    push_frame("the entry thunk", 4)[-4] = 0;
    std::uint64_t* leaf = nullptr;
    for (int i = 0; i < depth; ++i) {
        Object* owned = text("owned");
        leaf = push_frame(at(i == 0 ? 60 : 10), 4);
        leaf[-1] = 0;
        leaf[-3] = word(owned);
    }
    context->trap_registers[0] = 0;
    context->trap_registers[rbx] = 0;
    context->trap_code = TrapCode::StackOverflow;
    // rax is only valid in the innermost frame; here it holds null for all.
    const auto start = std::chrono::steady_clock::now();
    rt_unwind(context, at(10), leaf);
    const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - start;
    expect_clean();
    EXPECT_LT(time.count(), 500.0);
    const TrapRecord::Trace trace = instance->last_trap()->trace();
    EXPECT_EQ(trace.entries.size(), TrapRecord::max_innermost + TrapRecord::max_outermost);
    EXPECT_EQ(trace.omitted, depth + 1 - trace.entries.size());
    EXPECT_EQ(trace.omitted_after, TrapRecord::max_innermost);
    EXPECT_EQ(trace.entries.back().function, "outer");
    EXPECT_EQ(trace.entries.front().function, "leaf");
}

TEST_F(UnwindTest, ThunkOnly) {
    context->trap_code = TrapCode::Cancelled;
    rt_unwind(context, "the entry thunk", nullptr);
    EXPECT_TRUE(instance->last_trap()->trace().entries.empty());
    EXPECT_EQ(program->find_map(code_.data() + 102), nullptr);
    EXPECT_EQ(program->find_map(nullptr), nullptr);
    EXPECT_EQ(program->code(CodeMode::Polled)->map.find_site(at(11)), nullptr);
    // A frame without a position (lowering's own helpers) makes no line.
    std::uint64_t* outer = push_frame("the entry thunk", 4);
    rt_unwind(context, at(70), outer);
    EXPECT_TRUE(instance->last_trap()->trace().entries.empty());
}

TEST(Program, RefusesWhatItCannotMean) {
    const auto parts = [] {
        ProgramParts p;
        p.descs.resize(2);
        p.descs[0].kind = ObjectDesc::Kind::String;
        p.descs[1].kind = ObjectDesc::Kind::Bytes;
        return p;
    };
    EXPECT_NO_THROW(Program{parts()});
    ProgramParts bad = parts();
    bad.descs.clear();
    EXPECT_ANY_THROW(Program{std::move(bad)});
    bad = parts();
    bad.instance_data_size = 8;
    bad.instance_refs = {{8, no_desc}};
    EXPECT_ANY_THROW(Program{std::move(bad)});
    bad = parts();
    bad.instance_data_size = 0xffffffffu;
    EXPECT_THROW(Program{std::move(bad)}, std::length_error);
}

} // namespace tn::rt::test
