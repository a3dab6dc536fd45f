// Every kind of mistake the verifier must see, and sound functions it must accept.
#include "ir_text.h"

#include "ir/builder.h"
#include "support/ice.h"

namespace tn::ir::test {
namespace {

// The body of `fn @f(v0: owned ref, v1: ref, v2: i64, v3: bool) -> ref`, checked.
constexpr const char* closures = R"(desc4 box (i64, String) stride 16 refs 8
desc5 closure i64 stride 8 runs @g
desc6 closure () stride 0 runs @g
sig0 (i64) -> i64
sig1 (owned ref) -> i64

fn @g(v0: ref, v1: i64) -> i64 {
b0(v0: ref, v1: i64):
    return v1
}
)";
std::string body(const std::string& lines) {
    return problems(std::string(closures) +
                    "\nfn @f(v0: owned ref, v1: ref, v2: i64, v3: bool) -> ref {\nb0(v0: owned ref, v1: ref, "
                    "v2: i64, v3: bool):\n" +
                    lines + "}\n");
}
void expect_problem(const std::string& lines, const char* message) {
    std::string found = body(lines);
    EXPECT_NE(found.find(message), std::string::npos) << lines << "found:\n" << found;
}

TEST(Verify, Sound) {
    EXPECT_EQ(body("    return v0\n"), "");
    EXPECT_EQ(body(R"(    branch v3, b1, b2(v0)
b1:
    release v0
    v4 = retain.ref v1
    jump b2(v4)
b2(v5: owned ref):
    return v5
)"),
              "");
    // A loop that grows a list: the name changes with every turn.
    EXPECT_EQ(body(R"(    jump b1(v0, v2)
b1(v4: owned ref, v5: i64):
    v6 = icmp.lt v5, v2
    branch v6, b2, b3
b2:
    v7 = list_grow.ref v4, desc2
    v8 = add.i64 v5, v5
    poll
    jump b1(v7, v8)
b3:
    return v4
)"),
              "");
    // Nothing is demanded where the frame is unwound.
    EXPECT_EQ(body(R"(    branch v3, b1, b2
b1:
    trap Panic
b2:
    return v0
)"),
              "");
    // Null stands for any reference, owned or not, as often as needed.
    EXPECT_EQ(body(R"(    v4 = null.ref
    release v4 nullable
    v5 = retain.ref v4 nullable
    release v5 nullable
    release v0
    return v4
)"),
              "");
}

TEST(Verify, Ownership) {
    expect_problem("    return v1\n", "v1 is borrowed but consumed");
    expect_problem("    v4 = retain.ref v1\n    return v4\n", "v0 is owned but not consumed");
    expect_problem("    release v0\n    return v0\n", "v0 is used after it was consumed");
    expect_problem("    release v0\n    v4 = seq_len.i64 v0\n    unreachable\n",
                   "v0 is used after it was consumed");
    expect_problem("    jump b1(v0, v0)\nb1(v4: owned ref, v5: owned ref):\n    release v4\n    return v5\n",
                   "v0 is consumed twice");
    expect_problem("    v4 = call_rt StringAppend v0, v0\n    return v4\n",
                   "borrowed by the instruction that consumes it");
    expect_problem(R"(    branch v3, b1, b2
b1:
    release v0
    jump b2
b2:
    v4 = retain.ref v1
    return v4
)",
                   "owned on this way into b2");
    // A back edge on which the header's value is gone.
    expect_problem(R"(    jump b1
b1:
    branch v3, b2, b3
b2:
    release v0
    jump b1
b3:
    return v0
)",
                   "v0 is no longer owned on this way into b1");
    // A value of the loop that is left behind with every turn.
    expect_problem(R"(    jump b1
b1:
    v4 = retain.ref v1
    branch v3, b1, b2
b2:
    release v4
    return v0
)",
                   "v4 is still owned on this way into b1");
    expect_problem("    store.ref elem v4 + 0, v1\n    v4 = seq_data.ptr v0\n    return v0\n",
                   "may not be defined");
    expect_problem("    v4 = seq_data.ptr v0\n    store.ref elem v4 + 0, v1\n    return v0\n",
                   "v1 is borrowed but consumed");
}

TEST(Verify, ClosureDescriptions) {
    const std::string none = "\nfn @h() {\nb0:\n    return\n}\n";
    EXPECT_NE(problems("desc4 closure () stride 0 runs @h\n" + none).find("takes the closure first, borrowed"),
              std::string::npos);
    const std::string owned = "\nfn @h(v0: owned ref) {\nb0(v0: owned ref):\n    release v0\n    return\n}\n";
    EXPECT_NE(problems("desc4 closure () stride 0 runs @h\n" + owned).find("takes the closure first, borrowed"),
              std::string::npos);
    EXPECT_NE(problems("desc4 closure i64 stride 8 runs @h\ninstance_data 8 0:desc4\n" + none).find("no empty form"),
              std::string::npos);
}

TEST(Verify, Dominance) {
    expect_problem(R"(    branch v3, b1, b2
b1:
    v4 = const.i64 1
    jump b2
b2:
    v5 = add.i64 v4, v4
    return v0
)",
                   "v4 is used where it may not be defined");
    expect_problem("    v4 = add.i64 v5, v2\n    v5 = const.i64 1\n    return v0\n",
                   "v5 is used where it may not be defined");
    expect_problem(
        "    jump b1\nb1:\n    v4 = add.i64 v5, v2\n    return v0\nb2:\n    v5 = const.i64 1\n    jump b1\n",
        "v5 is used where");
}

TEST(Verify, Shapes) {
    const std::pair<const char*, const char*> cases[] = {
        {"    v4 = add.i64 v2, v3\n", "operand 1 is bool, not i64"},
        {"    v4 = add.f64 v2, v2\n", "not an integer type"},
        {"    v4 = add.bool v3, v3\n", "not an integer type"},
        {"    v4 = const.i8 300\n", "constant does not fit its type"},
        {"    v4 = const.u64 -1\n    v5 = neg.u64 v4\n", "not a signed type"},
        {"    v4 = fadd.i64 v2, v2\n", "not a float type"},
        {"    v4 = fconst.i64 1.0\n", "constant does not fit its type"},
        {"    v4 = icmp.lt v1, v1\n", "operands that do not compare"},
        {"    v4 = icmp.eq v2, v3\n", "operand 1 is bool, not i64"},
        {"    v4 = fcmp.eq v2, v2\n", "not a float type"},
        {"    v4 = select.ref v3, v1, v1\n", "type that is not selected"},
        {"    v4 = select.i64 v2, v2, v2\n", "operand 0 is i64, not bool"},
        {"    v4 = convert.bool v2\n", "not a number type"},
        {"    v4 = convert.i64 v1\n", "operand is not a number"},
        {"    v4 = bitcast.f32 v2\n", "sizes differ"},
        {"    v4 = shl.i64 v2, v3\n", "not an integer type"},
        {"    v4 = load.i64 elem v2 + 0\n", "operand 0 is i64, not ptr"},
        {"    v4 = instance_data.ptr\n    v5 = load.ptr inst v4 + 0\n", "type that does not stand in memory"},
        {"    v4 = instance_data.ptr\n    v5 = load.i64 inst v4 + 0 + v2 * 3\n", "scale"},
        {"    v4 = instance_data.ptr\n    v5 = load.i64 inst v4 + 0 takes\n",
         "flag that the op does not have"},
        {"    v4 = wrap_add.i64 v2, v2 notrap\n", "flag that the op does not have"},
        {"    v4 = literal.ref literal7\n", "no such literal"},
        {"    v4 = list_new.ref v2, desc0\n", "description is not of a list"},
        {"    v4 = list_new.ref v2, desc9\n", "no such description"},
        {"    v4 = seq_len.u8 v1\n", "type is not i64"},
        {"    v4 = hash_seed.i64\n", "type is not u64"},
        {"    v4 = box_new.ref desc2 v2\n", "description is not of a box or closure"},
        {"    v4 = box_new.ref desc4 v2\n", "number of leaves"},
        {"    v4 = box_new.ref desc4 v1, v1\n", "operand 0 is ref, not i64"},
        {"    v4 = box_new.ref desc4 v2, v1\n", "v1 is borrowed but consumed"},
        {"    v4 = empty.ref desc4\n", "boxes of this description are not all alike"},
        {"    v4 = empty.ref desc5\n", "a closure with captures has no empty object"},
        {"    v4 = empty.ref desc6\n    v5 = call_closure sig0 v4, v3\n", "operand 1 is bool, not i64"},
        {"    v4 = empty.ref desc6\n    v5 = call_closure sig1 v4, v1\n", "v1 is borrowed but consumed"},
        {"    v4 = call_closure sig0 v2, v2\n", "operand 0 is i64, not ref"},
        {"    v4 = box_data.ptr v2\n", "operand 0 is i64, not ref"},
        {"    trap_if Panic v2\n", "operand 0 is i64, not bool"},
        {"    trap_if Panic v3, v2\n", "number of operands"},
        {"    v4 = call_rt StringEq v1, v2\n", "operand 1 is i64, not ref"},
        {"    call @f v0, v1, v2, v2\n", "does not parse"},
        {"    v4 = call @f v0, v1, v2, v2\n", "operand 3 is i64, not bool"},
        {"    jump b0(v0, v1, v2, v3)\nb1:\n", "jumps to the entry block"},
        {"    jump b1(v3)\nb1(v4: i64):\n", "argument 0 of b1 is bool"},
        {"    jump b1\nb1(v4: i64):\n", "gives 0 arguments to b1, which has 1 parameters"},
        {"    branch v3, b1\nb1:\n", "has 1 targets"},
        {"    jump b1(v2)\nb1(v4: owned i64):\n", "owned but no reference"},
        {"    return v2\nb1:\n", "operand 0 is i64, not ref"},
        {"    return\nb1:\n", "number of results"},
        {"    trap Panic v2\nb1:\n", "operand 0 is i64, not ref"},
    };
    for (auto [lines, message] : cases) {
        if (std::string_view(message) == "does not parse") continue;
        expect_problem(std::string(lines) + "    return v0\n", message);
    }
}

// What the text form cannot even say is broken by hand.
class Broken : public ::testing::Test {
protected:
    Broken()
        : module(read_functions("\nfn @f(v0: i64) -> i64 {\nb0(v0: i64):\n    v1 = add.i64 v0, v0\n    jump "
                                "b1(v1)\nb1(v2: i64):\n    return v2\n}\n")),
          fn(module->functions[FuncId(0)]) {}
    void expect(const char* message) {
        std::string all;
        for (const std::string& text : verify(*module)) all += text + "\n";
        EXPECT_NE(all.find(message), std::string::npos) << "found:\n" << all;
    }
    std::unique_ptr<Module> module;
    Function& fn;
};

TEST_F(Broken, Sound) { EXPECT_TRUE(verify(*module).empty()); }
TEST_F(Broken, NoBlocks) {
    fn.blocks.clear();
    expect("no entry block");
}
TEST_F(Broken, EmptyBlock) {
    fn.blocks[BlockId(1)].insts.clear();
    expect("block without an end");
}
TEST_F(Broken, OpenBlock) {
    fn.blocks[BlockId(0)].insts.pop_back();
    expect("block without an end");
}
TEST_F(Broken, EndInTheMiddle) {
    std::swap(fn.blocks[BlockId(0)].insts[0], fn.blocks[BlockId(0)].insts[1]);
    expect("ends the block before its last instruction");
}
TEST_F(Broken, StandsTwice) {
    auto& insts = fn.blocks[BlockId(0)].insts;
    insts.insert(insts.begin(), insts[0]);
    expect("stands twice");
}
TEST_F(Broken, WrongBlock) {
    fn.insts[InstId(0)].block = BlockId(1);
    expect("does not know its block");
}
TEST_F(Broken, OperandPool) {
    fn.insts[InstId(0)].operands.count = 1000;
    expect("out of range");
}
TEST_F(Broken, OperandValue) {
    fn.operands[0] = ValueId(99);
    expect("operand or target that does not exist");
}
TEST_F(Broken, InvalidOperand) {
    fn.operands[0] = ValueId();
    expect("operand or target that does not exist");
}
TEST_F(Broken, TargetBlock) {
    fn.targets[0].block = BlockId(5);
    expect("operand or target that does not exist");
}
TEST_F(Broken, RemovedTarget) {
    fn.blocks[BlockId(1)].removed = true;
    expect("jumps to a removed block");
}
TEST_F(Broken, RemovedDefinition) {
    fn.insts[InstId(0)].block = BlockId();
    fn.blocks[BlockId(0)].insts.erase(fn.blocks[BlockId(0)].insts.begin());
    expect("v1 is used but was removed");
}
TEST_F(Broken, ResultLink) {
    fn.values[ValueId(1)].inst = InstId(1);
    expect("result does not know its instruction");
}
TEST_F(Broken, ResultType) {
    fn.values[ValueId(1)].type = Scalar::U8;
    expect("type of a result");
}
TEST_F(Broken, ResultOwnership) {
    fn.values[ValueId(1)].ownership = Ownership::Owned;
    expect("ownership of a result");
}
TEST_F(Broken, ParamLink) {
    fn.values[ValueId(2)].index = 3;
    expect("parameter 0 does not know its block");
}
TEST_F(Broken, Signature) {
    fn.sig.params[0].type = Scalar::U64;
    expect("parameter 0 does not match the signature");
}
TEST_F(Broken, SignatureCount) {
    fn.sig.params.clear();
    expect("parameters do not match the signature");
}
TEST_F(Broken, Loc) {
    fn.insts[InstId(0)].loc = LocId(4);
    expect("no such source position");
}
TEST_F(Broken, Op) {
    fn.insts[InstId(0)].op = static_cast<Op>(250);
    expect("out of range");
}
TEST_F(Broken, Callee) {
    fn.insts[InstId(0)].op = Op::Call;
    fn.insts[InstId(0)].imm = 12;
    expect("no such function");
}
TEST_F(Broken, ModuleTables) {
    module->literal_descs[LiteralId(0)] = DescId(2);
    module->descs[DescId(3)].refs = {4};
    module->exports.push_back({"gone", FuncId(9)});
    module->init = FuncId(0);
    Loc loc;
    loc.inlined_at = LocId(0);
    module->locs.push_back(loc);
    for (const char* message :
         {"literal of a wrong", "reference outside its description", "export of no function",
          "init is not fn()", "position in no file", "inlining chain"}) {
        expect(message);
    }
    EXPECT_THROW(verify_or_ice(*module, "test"), InternalError);
}

} // namespace
} // namespace tn::ir::test
