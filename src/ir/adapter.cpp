#include "ir/adapter.h"

#include "ir/builder.h"
#include "support/ice.h"

namespace tn::ir {

FuncId add_batch_loop(Module& module, FuncId callee) {
    const Signature sig = module.functions[callee].sig;
    TN_CHECK(sig.results.size() <= 1, "a row of a batch has one result");
    std::vector<Scalar> columns;
    for (const Param& param : sig.params) columns.push_back(param.type);
    columns.insert(columns.end(), sig.results.begin(), sig.results.end());

    Function fn;
    fn.name = "batch of " + module.functions[callee].name;
    fn.sig.params = {{Scalar::I64}, {Scalar::Ptr}};
    for (std::size_t i = 0; i < columns.size(); ++i) {
        fn.sig.params.push_back({Scalar::Ptr});
        fn.sig.params.push_back({Scalar::I64});
    }
    Builder b(module, fn);
    const BlockId entry = b.make_block(), body = b.make_block(), exit = b.make_block();
    std::vector<ValueId> params;
    for (const Param& param : fn.sig.params)
        params.push_back(b.add_param(entry, param.type, Ownership::Borrowed));
    const ValueId rows = params[0], done = params[1];

    b.set_block(entry);
    const ValueId zero = b.const_int(Scalar::I64, 0);
    b.branch(b.compare(Op::ICmp, Cond::Lt, zero, rows), body, {&zero, 1}, exit, {});

    const ValueId row = b.add_param(body, Scalar::I64, Ownership::Borrowed);
    b.set_block(body);
    const auto offset = [&](std::size_t column) {
        return b.binary(Op::WrapMul, Scalar::I64, row, params[3 + 2 * column]);
    };
    std::vector<ValueId> args;
    for (std::size_t i = 0; i < sig.params.size(); ++i)
        args.push_back(b.load_indexed(columns[i], MemoryClass::Element, params[2 + 2 * i], offset(i), 1, 0));
    const InstId call = b.call(callee, args);
    if (!sig.results.empty()) {
        const std::size_t i = sig.params.size();
        b.store_indexed(MemoryClass::Element, params[2 + 2 * i], offset(i), 1, 0, b.result(call));
    }
    const ValueId next = b.binary(Op::WrapAdd, Scalar::I64, row, b.const_int(Scalar::I64, 1));
    b.store(MemoryClass::Element, done, 0, next);
    b.poll();
    b.branch(b.compare(Op::ICmp, Cond::Lt, next, rows), body, {&next, 1}, exit, {}, Likely);

    b.set_block(exit);
    b.ret({});
    return module.functions.push_back(std::move(fn));
}

FuncId add_closure_call(Module& module, const Signature& signature) {
    Function fn;
    fn.name = "call of a function value";
    fn.sig = signature;
    fn.sig.params.insert(fn.sig.params.begin(), Param{Scalar::Ref, Ownership::Borrowed});
    Builder b(module, fn);
    const BlockId entry = b.make_block();
    std::vector<ValueId> params;
    for (const Param& param : fn.sig.params)
        params.push_back(b.add_param(entry, param.type, param.ownership));
    b.set_block(entry);
    const InstId call =
        b.call_closure(module.signature_id(signature), params[0], {params.data() + 1, params.size() - 1});
    std::vector<ValueId> results;
    for (unsigned i = 0; i < signature.results.size(); ++i) results.push_back(b.result(call, i));
    b.ret(results);
    return module.functions.push_back(std::move(fn));
}

} // namespace tn::ir
