// A remainder by a constant whose quotient is wanted, too, is what multiplying back leaves.
//
//     q = div x, c; r = rem x, c     becomes     q = div x, c; p = wrap_mul q, c; r = wrap_sub x, p
//
// Either may come first: the quotient by a constant traps as little as the remainder, so it moves up to it.
// This hides how large a remainder can be, so it stands behind what asks for that.
#include "ir/cfg.h"
#include "opt/passes.h"
#include "opt/rewrite.h"

#include <algorithm>

namespace tn::opt {

using namespace ir;

namespace {

struct Division {
    InstId inst;
    ValueId dividend;
    std::int64_t divisor;
    std::uint32_t next = 0; // one more than the number of another quotient of this dividend
};

class Remainders {
public:
    explicit Remainders(Function& fn) : fn_(fn), rewriter_(fn) {}

    bool run() {
        std::vector<Division> quotients, remainders;
        for (const Block& block : fn_.blocks) {
            if (block.removed) continue;
            for (InstId id : block.insts) {
                const Inst& inst = fn_.insts[id];
                if (inst.op != Op::Div && inst.op != Op::Rem) continue;
                const ValueId dividend = fn_.operands_of(inst)[0];
                std::int64_t divisor = 0;
                if (!find_const(fn_, fn_.operands_of(inst)[1], divisor) || divisor == 0 ||
                    divisor == extend_int(inst.type, -1))
                    continue;
                (inst.op == Op::Div ? quotients : remainders).push_back({id, dividend, divisor});
            }
        }
        if (quotients.empty() || remainders.empty()) return false;
        std::vector<std::uint32_t> first(fn_.values.size(),
                                         0); // by dividend: one more than the number of a quotient
        for (std::uint32_t q = 0; q < quotients.size(); ++q) {
            quotients[q].next = first[quotients[q].dividend.index()];
            first[quotients[q].dividend.index()] = q + 1;
        }
        const Cfg cfg(fn_);
        for (const Division& remainder : remainders) {
            for (std::uint32_t q = first[remainder.dividend.index()]; q != 0; q = quotients[q - 1].next)
                if (quotients[q - 1].divisor == remainder.divisor &&
                    pair(cfg, quotients[q - 1].inst, remainder.inst))
                    break;
        }
        return rewriter_.finish();
    }

private:
    bool pair(const Cfg& cfg, InstId quotient, InstId remainder) {
        const BlockId above = fn_.insts[quotient].block, below = fn_.insts[remainder].block;
        if (above == below) {
            const auto& insts = fn_.blocks[below].insts;
            if (std::ranges::find(insts, quotient) > std::ranges::find(insts, remainder))
                move_up(quotient, remainder);
        } else if (!cfg.dominates(above, below)) {
            if (!cfg.dominates(below, above)) return false;
            move_up(quotient, remainder);
        }
        Inst product;
        product.op = Op::WrapMul;
        product.type = fn_.insts[remainder].type;
        product.loc = fn_.insts[remainder].loc;
        product.block = below;
        const ValueId factors[] = {fn_.result(quotient), fn_.operands_of(fn_.insts[remainder])[1]};
        const InstId made = rewriter_.make(product, factors);
        auto& insts = fn_.blocks[below].insts;
        insts.insert(std::ranges::find(insts, remainder), made);
        Inst& difference = fn_.insts[remainder];
        difference.op = Op::WrapSub;
        difference.flags = 0;
        fn_.operands_of(difference)[1] = fn_.result(made);
        return true;
    }
    void move_up(InstId quotient, InstId remainder) {
        std::erase(fn_.blocks[fn_.insts[quotient].block].insts, quotient);
        auto& insts = fn_.blocks[fn_.insts[remainder].block].insts;
        insts.insert(std::ranges::find(insts, remainder), quotient);
        fn_.insts[quotient].block = fn_.insts[remainder].block;
        fn_.operands_of(fn_.insts[quotient])[1] = fn_.operands_of(fn_.insts[remainder])[1];
    }

    Function& fn_;
    Rewriter rewriter_;
};

} // namespace

bool remainders(Module& module, Function& fn) {
    (void)module;
    return Remainders(fn).run();
}

} // namespace tn::opt
