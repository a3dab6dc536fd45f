// Construction of SSA form: where parameters appear, and where they must not.
#include "ir/verify.h"
#include "lower/ssa.h"

#include <gtest/gtest.h>

namespace tn::lower {
namespace {

using ir::BlockId;
using ir::Cond;
using ir::Op;
using ir::ValueId;

class SsaTest : public testing::Test {
protected:
    SsaTest() : builder(module, fn), ssa(builder) {
        fn.name = "f";
        fn.sig.params = {{Scalar::Bool, ir::Ownership::Borrowed}, {Scalar::I64, ir::Ownership::Borrowed}};
        fn.sig.results = {Scalar::I64};
        builder.set_block(builder.make_block());
        condition = builder.add_param(fn.entry(), Scalar::Bool, ir::Ownership::Borrowed);
        number = builder.add_param(fn.entry(), Scalar::I64, ir::Ownership::Borrowed);
    }
    void finish() {
        ssa.finish();
        EXPECT_EQ(ir::verify(module, fn), std::vector<std::string>());
    }
    void ret(ValueId value) {
        builder.ret({&value, 1});
        ssa.start_unreachable();
    }
    std::size_t params() const {
        std::size_t n = 0;
        for (const ir::Block& block : fn.blocks) n += block.params.size();
        return n - 2;
    }

    ir::Module module;
    ir::Function fn;
    ir::Builder builder;
    Ssa ssa;
    ValueId condition, number;
};

TEST_F(SsaTest, DifferentValuesMeetInOneParameter) {
    VarId x = ssa.make_var(Scalar::I64), y = ssa.make_var(Scalar::I64);
    ssa.write(x, number);
    ssa.write(y, number);
    BlockId yes = ssa.make_block(), join = ssa.make_block();
    ssa.branch(condition, yes, join);
    ssa.seal(yes);
    ssa.start(yes);
    ssa.write(x, builder.const_int(Scalar::I64, 1));
    ssa.jump(join);
    ssa.seal(join);
    ssa.start(join);
    ret(builder.binary(Op::WrapAdd, Scalar::I64, ssa.read(x), ssa.read(y)));
    finish();
    EXPECT_EQ(params(), 1u);
}

TEST_F(SsaTest, VariableNotAssignedInALoopHasNoParameter) {
    VarId x = ssa.make_var(Scalar::I64), i = ssa.make_var(Scalar::I64);
    ssa.write(x, number);
    ssa.write(i, builder.const_int(Scalar::I64, 0));
    BlockId body = ssa.make_block(), done = ssa.make_block();
    ssa.jump(body);
    ssa.start(body);
    ssa.write(i, builder.binary(Op::WrapAdd, Scalar::I64, ssa.read(i), ssa.read(x)));
    ssa.branch(builder.compare(Op::ICmp, Cond::Lt, ssa.read(i), ssa.read(x)), body, done);
    ssa.seal(body);
    ssa.seal(done);
    ssa.start(done);
    ret(ssa.read(i));
    finish();
    EXPECT_EQ(params(), 1u);
}

TEST_F(SsaTest, NothingComesFromBlocksThatNothingReaches) {
    VarId x = ssa.make_var(Scalar::I64);
    ssa.write(x, number);
    BlockId join = ssa.make_block();
    ValueId result = ssa.add_param(join, Scalar::I64);
    ssa.jump(join, {&number, 1});
    ValueId one = builder.const_int(Scalar::I64, 1); // after the jump
    ssa.write(x, one);
    ssa.jump(join, {&one, 1});
    ssa.seal(join);
    ssa.start(join);
    ret(builder.binary(Op::WrapAdd, Scalar::I64, ssa.read(x), result));
    finish();
    EXPECT_EQ(params(), 0u);
}

// A long chain of branches must be walked without recursion, and in reasonable time.
TEST_F(SsaTest, LongChains) {
    VarId x = ssa.make_var(Scalar::I64);
    ssa.write(x, number);
    for (int n = 0; n < 20000; ++n) {
        BlockId yes = ssa.make_block(), join = ssa.make_block();
        ssa.branch(condition, yes, join);
        ssa.seal(yes);
        ssa.start(yes);
        if (n == 10000) ssa.write(x, builder.const_int(Scalar::I64, 1));
        ssa.jump(join);
        ssa.seal(join);
        ssa.start(join);
    }
    ret(ssa.read(x));
    finish();
    EXPECT_EQ(params(), 1u);
}

} // namespace
} // namespace tn::lower
