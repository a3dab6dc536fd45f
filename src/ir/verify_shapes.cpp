// What each op demands of its operands, its type, its immediates and its targets.
#include "builtins/runtime_fn.h"
#include "builtins/trap.h"
#include "ir/builder.h"
#include "ir/verify_impl.h"

namespace tn::ir {

namespace {

class ShapeChecker {
public:
    ShapeChecker(const Module& module, const Function& fn, const Report& report)
        : module_(module), fn_(fn), report_(report) {}

    void check(InstId id) {
        id_ = id;
        inst_ = &fn_.insts[id];
        operands_ = fn_.operands_of(*inst_);
        const OpInfo& info = op_info(inst_->op);
        if (info.operands >= 0 && operands_.size() != static_cast<std::size_t>(info.operands)) {
            return fail("takes " + std::to_string(info.operands) + " operands");
        }
        check_flags(info);
        check_targets();
        if (!check_op()) return;
        check_results(info);
    }

private:
    void fail(const std::string& text) { report_(inst_->block, id_, text); }
    Scalar type(unsigned i) const { return fn_.values[operands_[i]].type; }

    bool want(bool ok, const char* text) {
        if (!ok) fail(text);
        return ok;
    }
    bool operand(unsigned i, Scalar wanted) {
        if (type(i) == wanted) return true;
        fail("operand " + std::to_string(i) + " is " + std::string(scalar_text(type(i))) + ", not " +
             std::string(scalar_text(wanted)));
        return false;
    }
    bool all_operands_of_type() {
        bool ok = true;
        for (unsigned i = 0; i < operands_.size(); ++i) ok = operand(i, inst_->type) && ok;
        return ok;
    }
    bool result(Scalar wanted) {
        if (inst_->type == wanted) return true;
        fail("type is not " + std::string(scalar_text(wanted)));
        return false;
    }
    static bool is_number(Scalar s) { return is_integer(s) && s != Scalar::Bool; }
    bool imm_below(std::size_t limit, const char* what) {
        return want(inst_->imm >= 0 && static_cast<std::uint64_t>(inst_->imm) < limit, what);
    }
    bool any_desc() { return imm_below(module_.descs.size(), "no such description"); }
    DescKind desc_kind() const { return module_.descs[DescId(static_cast<std::size_t>(inst_->imm))].kind; }
    const Desc& desc() const { return module_.descs[DescId(static_cast<std::size_t>(inst_->imm))]; }
    // A sequence, a closure without captures, a box of a variant without payload: each instance holds one.
    bool desc_with_empty() {
        if (!any_desc()) return false;
        if (desc_kind() == DescKind::Closure)
            return want(desc().stride == 0, "a closure with captures has no empty object");
        if (desc_kind() != DescKind::Box) return true;
        return want(shared_box_tag(module_, desc()).has_value(), "boxes of this description are not all alike");
    }
    // Operands: the leaves of what the description says.
    bool box_leaves() {
        if (!any_desc()) return false;
        if (!want(desc_kind() == DescKind::Box || desc_kind() == DescKind::Closure,
                  "description is not of a box or closure"))
            return false;
        const Layout* layout = module_.layouts->find(desc().type);
        if (!want(layout != nullptr, "description of an unknown layout")) return false;
        const std::vector<Leaf>& leaves = layout->leaves;
        if (!want(operands_.size() == leaves.size(), "number of leaves")) return false;
        bool ok = true;
        for (unsigned i = 0; i < operands_.size(); ++i) ok = operand(i, leaves[i].scalar) && ok;
        return ok;
    }
    bool desc_of_list() {
        return any_desc() && want(desc_kind() == DescKind::List, "description is not of a list");
    }

    bool desc_of_growing() {
        return any_desc() && want(desc_kind() == DescKind::List || desc_kind() == DescKind::String,
                                  "description is not of a list or text");
    }

    void check_flags(const OpInfo& info) {
        unsigned allowed = 0;
        if (inst_->op == Op::Load && inst_->type == Scalar::Ref) allowed |= Takes | Nullable;
        if (info.effects & Traps) allowed |= NoTrap;
        if (inst_->op == Op::Retain || inst_->op == Op::Release) allowed |= Nullable;
        if (inst_->op == Op::ListGrow) allowed |= Unshared;
        if (inst_->op == Op::Branch) allowed |= Likely | Unlikely;
        want((inst_->flags & ~allowed) == 0, "flag that the op does not have");
    }

    void check_targets() {
        auto targets = fn_.targets_of(*inst_);
        std::size_t wanted = targets.size();
        if (inst_->op == Op::Jump) wanted = 1;
        if (inst_->op == Op::Branch) wanted = 2;
        if (!(op_info(inst_->op).effects & Ends)) wanted = 0;
        if (inst_->op == Op::Return || inst_->op == Op::Trap || inst_->op == Op::Unreachable) wanted = 0;
        if (inst_->op == Op::Switch && targets.empty()) wanted = 1;
        if (targets.size() != wanted) fail("has " + std::to_string(targets.size()) + " targets");
        for (const Target& t : targets) {
            const auto& params = fn_.blocks[t.block].params;
            auto args = fn_.args_of(t);
            auto where = [&] { return "b" + std::to_string(t.block.index()); };
            if (args.size() != params.size()) {
                fail("gives " + std::to_string(args.size()) + " arguments to " + where() + ", which has " +
                     std::to_string(params.size()) + " parameters");
                continue;
            }
            for (std::size_t i = 0; i < args.size(); ++i) {
                if (fn_.values[args[i]].type != fn_.values[params[i]].type) {
                    fail("argument " + std::to_string(i) + " of " + where() + " is " +
                         std::string(scalar_text(fn_.values[args[i]].type)));
                }
            }
        }
    }

    bool check_params(const Signature& sig, unsigned first = 0) {
        if (!want(operands_.size() == sig.params.size() + first, "number of arguments")) return false;
        bool ok = true;
        for (unsigned i = 0; i < sig.params.size(); ++i) ok = operand(first + i, sig.params[i].type) && ok;
        return ok;
    }

    bool check_address(unsigned index_operand) {
        unsigned scale = inst_->scale;
        bool ok = operand(0, Scalar::Ptr);
        if (operands_.size() > index_operand) ok = operand(index_operand, Scalar::I64) && ok;
        ok = want(scale == 1 || scale == 2 || scale == 4 || scale == 8, "scale") && ok;
        ok = want(inst_->aux <= static_cast<unsigned>(MemoryClass::Box), "memory class") && ok;
        bool storable = inst_->type != Scalar::Void && inst_->type != Scalar::Ptr;
        return want(storable, "type that does not stand in memory") && ok;
    }

    bool check_op() {
        const Scalar t = inst_->type;
        switch (inst_->op) {
        case Op::ConstInt:
            return want(is_integer(t) && extend_int(t, inst_->imm) == inst_->imm,
                        "constant does not fit its type");
        case Op::ConstFloat:
            return want(is_float(t) && (t == Scalar::F64 || inst_->imm >> 32 == 0),
                        "constant does not fit its type");
        case Op::Null: return result(Scalar::Ref);
        case Op::Literal: return result(Scalar::Ref) && imm_below(module_.literals.size(), "no such literal");
        case Op::Table: return result(Scalar::Ptr) && imm_below(fn_.tables.size(), "no such table");
        case Op::Empty: return result(Scalar::Ref) && desc_with_empty();
        case Op::InstanceData: return result(Scalar::Ptr);
        case Op::HashSeed: return result(Scalar::U64);
        case Op::Add:
        case Op::Sub:
        case Op::Mul:
        case Op::Div:
        case Op::Rem:
        case Op::WrapAdd:
        case Op::WrapSub:
        case Op::WrapMul:
        case Op::PopCount:
        case Op::LeadingZeros:
        case Op::TrailingZeros: return want(is_number(t), "not an integer type") && all_operands_of_type();
        case Op::Neg: return want(is_signed(t), "not a signed type") && all_operands_of_type();
        case Op::Shl:
        case Op::Shr:
        case Op::RotateLeft:
        case Op::RotateRight:
            return want(is_number(t) && is_number(type(1)), "not an integer type") && operand(0, t);
        case Op::And:
        case Op::Or:
        case Op::Xor:
        case Op::Not: return want(is_integer(t), "not an integer type") && all_operands_of_type();
        case Op::FAdd:
        case Op::FSub:
        case Op::FMul:
        case Op::FDiv:
        case Op::FNeg:
        case Op::FAbs:
        case Op::Sqrt:
        case Op::Floor:
        case Op::Ceil:
        case Op::Trunc: return want(is_float(t), "not a float type") && all_operands_of_type();
        case Op::ICmp: {
            Cond cond = static_cast<Cond>(inst_->aux);
            bool by_identity = type(0) == Scalar::Ref && (cond == Cond::Eq || cond == Cond::Ne);
            return want(inst_->aux <= static_cast<unsigned>(Cond::Ge), "condition") &&
                   want(is_integer(type(0)) || by_identity, "operands that do not compare") &&
                   operand(1, type(0));
        }
        case Op::FCmp:
            return want(inst_->aux <= static_cast<unsigned>(Cond::Ge), "condition") &&
                   want(is_float(type(0)), "not a float type") && operand(1, type(0));
        case Op::Select:
            return want(t != Scalar::Ref && t != Scalar::Void, "type that is not selected") &&
                   operand(0, Scalar::Bool) && operand(1, t) && operand(2, t);
        case Op::Convert:
            return want(is_number(t) || is_float(t), "not a number type") &&
                   want(is_integer(type(0)) || is_float(type(0)), "operand is not a number");
        case Op::Bitcast:
            return want((is_number(t) || is_float(t)) && (is_number(type(0)) || is_float(type(0))),
                        "not a number type") &&
                   want(scalar_size(t) == scalar_size(type(0)), "sizes differ");
        case Op::ElemAddr: return result(Scalar::Ptr) && operand(0, Scalar::Ptr) && operand(1, Scalar::I64);
        case Op::Load:
            return want(operands_.size() == 1 || operands_.size() == 2, "number of operands") &&
                   check_address(1);
        case Op::Store:
            return want(operands_.size() == 2 || operands_.size() == 3, "number of operands") &&
                   check_address(2) && operand(1, t);
        case Op::Lanes:
            return want(inst_->imm >= 1 && static_cast<std::size_t>(inst_->imm) < operands_.size(), "number of starts") &&
                   operand(static_cast<unsigned>(inst_->imm), Scalar::I64);
        case Op::Retain: return result(Scalar::Ref) && operand(0, Scalar::Ref);
        case Op::Release: return operand(0, Scalar::Ref);
        case Op::Unique: return result(Scalar::Ref) && operand(0, Scalar::Ref) && any_desc();
        case Op::UniqueAt: return result(Scalar::Ref) && operand(0, Scalar::Ptr) && any_desc();
        case Op::Owners:
        case Op::SeqLen: return result(Scalar::I64) && operand(0, Scalar::Ref);
        case Op::View: return result(Scalar::Ref) && operand(0, Scalar::Ptr) && operand(1, Scalar::I64);
        case Op::SeqData: return result(Scalar::Ptr) && operand(0, Scalar::Ref);
        case Op::Bounds: return operand(0, Scalar::I64) && operand(1, Scalar::I64);
        case Op::ListNew: return result(Scalar::Ref) && operand(0, Scalar::I64) && desc_of_list();
        case Op::ListGrow:
            return result(Scalar::Ref) && operand(0, Scalar::Ref) && desc_of_growing() && want(inst_->aux < 256, "too much room");
        case Op::SeqSetLen: return result(Scalar::Ref) && operand(0, Scalar::Ref) && operand(1, Scalar::I64);
        case Op::BoxNew: return result(Scalar::Ref) && box_leaves();
        case Op::BoxData: return result(Scalar::Ptr) && operand(0, Scalar::Ref);
        case Op::CallClosure:
            return imm_below(module_.signatures.size(), "no such signature") &&
                   want(!operands_.empty(), "no closure") && operand(0, Scalar::Ref) &&
                   check_params(module_.signatures[SigId(static_cast<std::size_t>(inst_->imm))], 1);
        case Op::Call:
            return imm_below(module_.functions.size(), "no such function") &&
                   check_params(module_.functions[FuncId(static_cast<std::size_t>(inst_->imm))].sig);
        case Op::CallHost:
            return imm_below(module_.host_fns.size(), "no such host function") &&
                   check_params(module_.host_fns[HostFnId(static_cast<std::size_t>(inst_->imm))].sig);
        case Op::CallRuntime: {
            if (!imm_below(runtime_fn_count, "no such runtime function")) return false;
            const RuntimeFnInfo& callee = runtime_fn_info(static_cast<RuntimeFn>(inst_->imm));
            if (!want(operands_.size() == callee.param_count(), "number of arguments")) return false;
            bool ok = true;
            for (unsigned i = 0; i < operands_.size(); ++i) ok = operand(i, callee.param(i).scalar) && ok;
            return ok;
        }
        case Op::TrapIf: {
            bool ok = want(operands_.size() == 1 || operands_.size() == 3, "number of operands") &&
                      operand(0, Scalar::Bool);
            for (unsigned i = 1; ok && i < operands_.size(); ++i) ok = operand(i, Scalar::I64);
            return ok && check_trap_code();
        }
        case Op::Poll:
            return want(inst_->aux <= 2, "kind of poll") && want(operands_.empty() || (operands_.size() == 3 && inst_->aux != 2), "number of operands") &&
                   (operands_.empty() || (want(is_integer(type(0)), "not an integer type") && operand(1, type(0)) &&
                                          operand(2, type(0)) && want(inst_->imm >= 1, "units of fuel")));
        case Op::Jump:
        case Op::Unreachable: return true;
        case Op::Branch: return operand(0, Scalar::Bool);
        case Op::Switch: return want(is_integer(type(0)), "not an integer type");
        case Op::Return: {
            if (!want(operands_.size() == fn_.sig.results.size(), "number of results")) return false;
            bool ok = true;
            for (unsigned i = 0; i < operands_.size(); ++i) ok = operand(i, fn_.sig.results[i]) && ok;
            return ok;
        }
        case Op::Trap:
            return want(operands_.size() <= 1, "number of operands") &&
                   (operands_.empty() || operand(0, Scalar::Ref)) && check_trap_code();
        }
        return true;
    }

    bool check_trap_code() {
        return want(!trap_name(static_cast<TrapCode>(inst_->imm)).empty() && inst_->imm >> 32 == 0,
                    "no such trap");
    }

    // Results by the op's rule: number, types, ownership.
    void check_results(const OpInfo& info) {
        std::vector<Param> wanted;
        auto owned_if = [](Scalar type, bool owned) {
            return Param{type, owned && type == Scalar::Ref ? Ownership::Owned : Ownership::Borrowed};
        };
        switch (info.results) {
        case ResultRule::None: break;
        case ResultRule::One:
            wanted.push_back(
                owned_if(inst_->type, (info.effects & Owned) != 0 || (inst_->flags & Takes) != 0));
            break;
        case ResultRule::Bool: wanted.push_back({Scalar::Bool, Ownership::Borrowed}); break;
        case ResultRule::Many:
            if (inst_->op == Op::CallRuntime) {
                const RuntimeFnInfo& callee = runtime_fn_info(static_cast<RuntimeFn>(inst_->imm));
                for (unsigned i = 0; i < callee.result_count(); ++i) {
                    wanted.push_back(owned_if(callee.result(i).scalar, callee.result(i).owned));
                }
            } else if (inst_->op == Op::Lanes) {
                for (unsigned i = 0; i < operands_.size() && i < inst_->imm; ++i) wanted.push_back({type(i), Ownership::Borrowed});
            } else {
                for (Scalar type : signature_of(module_, *inst_).results)
                    wanted.push_back(owned_if(type, true));
            }
            break;
        }
        if (!want(inst_->result_count == wanted.size(), "number of results")) return;
        for (unsigned i = 0; i < wanted.size(); ++i) {
            const Value& value = fn_.values[fn_.result(id_, i)];
            want(value.type == wanted[i].type, "type of a result");
            want(value.ownership == wanted[i].ownership, "ownership of a result");
        }
    }

    const Module& module_;
    const Function& fn_;
    const Report& report_;
    InstId id_;
    const Inst* inst_ = nullptr;
    std::span<const ValueId> operands_;
};

} // namespace

void verify_shapes(const Module& module, const Function& fn, const Report& report) {
    ShapeChecker checker(module, fn, report);
    for (const Block& block : fn.blocks) {
        if (block.removed) continue;
        for (InstId id : block.insts) checker.check(id);
    }
}

} // namespace tn::ir
