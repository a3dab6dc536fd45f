// Ways out of scopes. A few releases are written where the exit stands; many are shared between the exits of
// a function, so that n exits from scopes with n references do not take n * n instructions.
#include "lower/code_writer.h"

#include <algorithm>

namespace tn::lower {

using ir::BlockId;
using ir::ValueId;

namespace {
constexpr std::size_t inline_limit = 8;
}

void CodeWriter::end_by(const Exit& exit, std::span<const ValueId> values) {
    switch (exit.kind) {
    case Exit::Kind::Return: b_.ret(values); break;
    case Exit::Kind::Trap:
        b_.trap(static_cast<std::uint32_t>(exit.code), values.empty() ? ValueId() : values[0]);
        break;
    case Exit::Kind::Unreachable: b_.unreachable(); break;
    case Exit::Kind::Jump: return ssa_.jump(exit.target, values);
    }
    ssa_.start_unreachable();
}

CodeWriter::SharedExit& CodeWriter::shared_exit(const Exit& exit, std::span<const ValueId> values) {
    auto known = std::ranges::find_if(shared_exits_, [&](const SharedExit& s) {
        return s.exit.kind == exit.kind && s.exit.code == exit.code && s.exit.target == exit.target;
    });
    if (known != shared_exits_.end()) return *known;
    SharedExit shared{exit, {}, ssa_.make_block(exit.kind == Exit::Kind::Unreachable)};
    for (ValueId value : values) shared.values.push_back(ssa_.make_var(fn_.values[value].type));
    BlockId here = b_.block();
    ssa_.start(shared.block);
    std::vector<ValueId> at_end;
    for (VarId var : shared.values) at_end.push_back(ssa_.read(var));
    end_by(exit, at_end);
    ssa_.start(here);
    return shared_exits_.emplace_back(std::move(shared));
}

void CodeWriter::leave_by(const Exit& exit, Ownership::Mark mark, std::span<const ValueId> values) {
    std::vector<CleanupId> pending = own_.pending_since(mark);
    if (pending.size() <= inline_limit) {
        own_.release_since(mark);
        return end_by(exit, values);
    }
    if (exit.kind == Exit::Kind::Trap) {
        // A trap has a position of its own: it happens here, in a function without one, and what follows is
        // shared.
        b_.call(m_.trap_fn(exit.code), values);
        return leave_by(Exit{Exit::Kind::Unreachable}, mark, {});
    }
    const SharedExit& shared = shared_exit(exit, values);
    for (std::size_t i = 0; i < values.size(); ++i) ssa_.write(shared.values[i], values[i]);
    BlockId next = shared.block, here = b_.block();
    bool cold = fn_.blocks[shared.block].cold;
    for (CleanupId cleanup : pending) {
        auto [entry, is_new] = shared_releases_.try_emplace({next.value, own_.serial(cleanup)});
        if (is_new) {
            entry->second = ssa_.make_block(cold);
            ssa_.start(entry->second);
            own_.release_one(cleanup);
            ssa_.jump(next);
        }
        next = entry->second;
    }
    ssa_.start(here);
    ssa_.jump(next);
}

} // namespace tn::lower
