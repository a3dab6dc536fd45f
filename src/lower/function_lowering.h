// A declared function, a test or the initialization of globals, from tree to IR.
//
// In: bodies with the checker's answers, and type arguments. Out: one IR function. What an expression yields
// is a Row; its owned references wait in the ownership stack until somebody takes them. It refuses to know
// how the functions it calls look inside.
//
// The handlers stand by subject: lower_expr, lower_operator, lower_overload, lower_control, lower_match, lower_loop,
// lower_place, lower_map, lower_call, lower_host, lower_closure, lower_builtin, lower_pattern, lower_text.
#pragma once

#include "lower/code_writer.h"
#include "syntax/ast.h"

namespace tn::lower {

void lower_function(ModuleLowering& module, ir::FuncId id, const check::Fn& fn,
                    std::span<const TypeId> type_args);
void lower_test(ModuleLowering& module, ir::FuncId id, const check::Test& test);
void lower_init(ModuleLowering& module, ir::FuncId id);
void lower_closure(ModuleLowering& module, ir::FuncId id, const ClosureSource& source);
// The function that a function value runs when it stands for a function with a name; `target` has concrete
// type arguments.
void lower_wrapper(ModuleLowering& module, ir::FuncId id, const check::Call& target, TypeId fn_type);
// fn(closure, arguments): what C runs when it calls a function value of this type.
void lower_callback(ModuleLowering& module, ir::FuncId id, TypeId fn_type);
// What a function value runs before it is initialized: traps.
void lower_missing_function(ModuleLowering& module, ir::FuncId id);
void collect_mentions(const check::Module& module, std::vector<Mention>& out);

// A variable, global, or value, and the way from there to a part of it. Indexes and keys are values already;
// nothing is looked up yet.
struct Place {
    enum class Root : std::uint8_t { Local, Global, Value };
    struct Step {
        enum class Kind : std::uint8_t { Field, Index, Key };
        Kind kind = Kind::Field;
        unsigned field = 0;
        ir::ValueId index;
        Row key;                                    // of a Map
        const check::MapElement* element = nullptr; // likewise
        ir::ValueId slot;                           // likewise; valid once a variable's entry has been found
        ir::LocId loc;
        TypeId type; // after the step
    };
    Root root = Root::Value;
    check::LocalId local;
    check::GlobalId global;
    Row value;
    TypeId root_type;
    std::vector<Step> steps;

    TypeId type() const { return steps.empty() ? root_type : steps.back().type; }
    bool has_lookup() const {
        for (const Step& step : steps) {
            if (step.kind != Step::Kind::Field) return true;
        }
        return false;
    }
    void add_field(unsigned field, TypeId type) {
        Step& step = steps.emplace_back();
        step.field = field;
        step.type = type;
    }
    void add_index(ir::ValueId index, ir::LocId loc, TypeId type) {
        Step& step = steps.emplace_back();
        step.kind = Step::Kind::Index;
        step.index = index;
        step.loc = loc;
        step.type = type;
    }
};

class FunctionLowering : CodeWriter {
public:
    FunctionLowering(ModuleLowering& module, ir::FuncId id, std::span<const TypeId> params,
                     std::span<const TypeId> type_args);
    void lower_fn(const check::Fn& fn);
    void lower_test(const check::Test& test);
    void lower_init();
    void lower_closure(const ClosureSource& source);
    void lower_wrapper(const check::Call& target, TypeId fn_type);
    void lower_callback(TypeId fn_type);
    void lower_missing_function();

private:
    using ExprId = syntax::ExprId;
    using LocalId = check::LocalId;
    using Mark = Ownership::Mark;

    // A local variable, once it is bound. One that is never assigned is the row itself.
    struct LocalSlot {
        bool is_variable = false;
        bool is_mut_param = false;
        unsigned region = 0; // where it was bound
        TypeId type;
        std::vector<VarId> vars;
        Row row;
        std::vector<CleanupId> cleanups; // by leaf; invalid where nothing is owned
    };
    struct LoopFrame {
        ExprId id;
        ir::BlockId next, done;
        Mark mark;
        TypeId type; // of its value
    };
    // Code that runs any number of times when control comes to where the region was entered, or that one may
    // leave again as if nothing had happened: loops, guards. Not the arms of if and match, which meet.
    class Region {
    public:
        explicit Region(FunctionLowering& fn) : fn_(fn), outer_(fn.region_) {
            fn.region_ = ++fn.region_count_;
        }
        ~Region() { fn_.region_ = outer_; }
        Region(const Region&) = delete;
        Region& operator=(const Region&) = delete;

    private:
        FunctionLowering& fn_;
        unsigned outer_;
    };
    struct Binding {
        LocalId local;
        Row row;
    };

    // --- context ---
    void enter_body(const check::Body& body) { enter_body(body, body.root); }
    void enter_body(const check::Body& body, ExprId root);
    // Binds the parameters to the entry block's, from this one on.
    void bind_params(const std::vector<check::Param>& params, std::size_t next);
    const syntax::Expr& node(ExprId id) const { return ast_->exprs[id]; }
    const check::ExprInfo& info(ExprId id) const { return module_->info(id); }
    Span span(ExprId id) const { return ast_->exprs[id].span; }
    TypeId type_of(ExprId id) { return concrete(info(id).type); }
    TypeId concrete(TypeId type);
    bool is_never(TypeId type) { return types().kind(type) == TypeKind::Never; }
    std::string_view text(SymbolId symbol) const { return m_.input().interner.text(symbol); }
    // The prelude's code stands nowhere in the script: traces begin with its caller.
    void at(Span place);
    void at(ExprId id) { at(span(id)); }
    ExprId strip(ExprId id) const; // parentheses away

    // --- locals ---
    bool is_assigned(LocalId local, Span within);
    // Nothing on the way from here mentions the variable again, and one comes here at most once: it may be
    // moved.
    bool is_last_use(LocalId local, std::uint32_t position);
    bool is_mentioned_after(LocalId local, std::uint32_t position) const;
    // The variable owns something and may be moved, by its last use, within the span; or some variable.
    bool may_move(LocalId local, Span within);
    bool may_move(Span within);
    bool is_variable(LocalId local);
    // The row as what the variable will hold: pending references are taken, borrowed ones retained unless
    // they are stable, that is, outlive the variable, and the variable is never assigned.
    Row claim(LocalId local, Row row, bool stable);
    void bind(LocalId local, const Row& claimed);
    Row read_local(LocalId local);
    Row read_local(LocalId local, std::size_t first, TypeId type);
    Row take_local(LocalId local, Mark mark); // with what of it is pending since the mark
    void write_local(LocalId local, std::size_t first, const Row& value); // releases what it held
    // The local that an expression is, or is a field of; invalid otherwise.
    LocalId root_local(ExprId id) const;
    // Neither assigns nor calls: whatever else was read stays as it is.
    bool is_simple(ExprId id) const;

    // --- expressions (lower_expr.cpp) ---
    Row expr(ExprId id); // no leaves when control does not come out
    Row expr_of_form(ExprId id);
    // As expr, for a value that is used only after everything in `until` has been evaluated.
    Row operand(ExprId id, Span until, bool with_moves = true);
    // An operand for pattern tests, whose pending references wait here and not in a variable.
    Row scrutinee(ExprId id, Span until);
    // As a value of this type, whatever control flow says: after `return`, of nothing.
    Row fit(Row row, TypeId type);
    Row value(ExprId id, TypeId type) { return fit(expr(id), type); }
    // The value of a scope about to be left: what only it owns is moved out.
    Row last_use(ExprId id, Mark mark);
    Row block(const syntax::BlockExpr& node, TypeId type, Mark value_mark);
    // In its own scope of temporaries; the references are the caller's own, unregistered.
    Row settled(ExprId id, TypeId type);
    void effect(ExprId id);
    Row constant(const check::Constant& constant, TypeId type);
    Row type_constant(const check::TypeConstant& constant); // `T.MAX`
    bool panics(ExprId id) const;                           // a block that does nothing but panic

#define EXPR(name) Row lower(const syntax::name##Expr&, ExprId);
#include "syntax/ast.def"

    // --- the host (lower_host.cpp) ---
    ir::ValueId host_pointer(ir::ValueId handle, TypeId type);
    void add_plain_arg(const Row& arg, std::vector<ir::ValueId>& out);
    Row plain_result(const check::HostFn& fn, ir::InstId call);
    Outcome call_host(std::uint32_t index, const ModuleLowering::FnShape& shape, std::span<const Row> args);

    // --- conditions and operators (lower_operator.cpp) ---
    void condition(ExprId id, ir::BlockId if_true, ir::BlockId if_false, std::uint8_t hint_flags = 0);
    ir::ValueId compare_values(syntax::BinaryOp op, const Row& a, const Row& b);
    // `a` is consumed where that helps.
    Row arithmetic(syntax::BinaryOp op, Row a, const Row& b, TypeId type);
    Row unary(syntax::UnaryOp op, const Row& a, TypeId type);
    Row operator_expr(ExprId id);
    Row assign_operator(const syntax::AssignExpr& assign, ExprId id);

    // --- control flow (lower_control.cpp, lower_loop.cpp) ---
    void statement(syntax::StmtId id);
    void leave_function(const Row& result); // Return; `result` is the caller's own
    void jump_with(ir::BlockId target, const Row& row);
    Row join_row(ir::BlockId block, TypeId type); // parameters of a block as a pending value
    std::vector<RowLeaf> add_params(ir::BlockId block, TypeId type);
    // An arm of an if or a match, written up to where it meets the others.
    struct ArmEnd {
        ir::BlockId block;
        Row value;
        Ownership::State state;
    };
    class Arms;
    // A jump to the first arm that comes into question: where it is tested, or where it is known to match at
    // the top.
    void dispatch(const syntax::MatchExpr& node, const Row& matched, std::span<const ir::BlockId> entries,
                  std::span<const ir::BlockId> known);
    bool accepts(syntax::PatternId id, std::int64_t value) const;
    void collect_cases(syntax::PatternId id, std::vector<std::int64_t>& cases, bool& is_open) const;
    ir::ValueId top_test(const check::PatternInfo& pattern, const Row& value); // of Construct or Constant
    void guard(ExprId id, std::vector<Binding>& bindings, ir::BlockId next, Mark after);
    void loop_body(const LoopFrame& frame, ExprId body); // ends with a jump to frame.next
    LoopFrame loop_frame(ExprId id);
    // At the end of a round. The prelude's loops with the label `'__uncounted` have none: they are short, and
    // how short depends on the hash seed, which fuel must not.
    void poll(const syntax::Label& label);
    bool is_cheap_condition(ExprId id, unsigned& budget) const;
    Row while_let(const syntax::WhileExpr& loop, ExprId id);
    void for_range(const syntax::ForExpr& loop, ExprId id);
    void for_list(const syntax::ForExpr& loop, ExprId id);
    void for_iterator(const syntax::ForExpr& loop, ExprId id, const check::ForLoop& how);
    // One round: binds the pattern, runs the body, and comes out at the end of it.
    void round(const syntax::ForExpr& loop, LoopFrame frame, const Row& element);

    // --- places (lower_place.cpp) ---
    // Until the end of `until`, when it is resolved, what the keys borrow must stay.
    Place place(ExprId id, bool will_write) { return place(id, will_write, span(id)); }
    Place place(ExprId id, bool will_write, Span until);
    Row read(Place& p);
    struct Resolved {
        bool in_memory = false;
        LocalId local; // not in memory: leaves from `first` of this local
        std::size_t first = 0;
        Location location;
        Row row; // not in memory, for reading: the value
        TypeId type;
    };
    Resolved resolve_for_read(Place& p);
    // Makes every list on the way unique.
    Resolved resolve_for_write(Place& p);
    void assign(Place& p, const Row& value); // the caller's own value
    // The value as the caller's own; the place holds something harmless until it is put back.
    Row take_out_of(Place& p);
    void put_back(Place& p, const Row& value);
    Row slice(ExprId id);
    // An element of a list, string or bytes that is a value.
    Row read_element(const Row& base, const Row& index, TypeId type);

    // --- maps (lower_map.cpp) ---
    // The value that lookup makes of a Map: a call of the prelude's function with this key.
    ir::ValueId map_slot(const Place::Step& step, const Row& map);
    // Where the value of entry `slot` lies, in the data of the entries.
    Location entry_value(ir::ValueId data, ir::ValueId slot, TypeId entry);
    void find_entry_for_read(Place::Step& step, Resolved& place, bool is_local, std::size_t first);
    void find_entry_for_write(Place::Step& step, Resolved& place);
    void insert_into_map(Place& p, const Row& value);
    // A literal: `create`, then `insert` for every so many expressions.
    Row collection(std::span<const ExprId> parts, std::size_t parts_per_entry, ExprId id);
    FnTarget map_fn(check::FnId fn, const std::vector<TypeId>& type_args);

    // A value in variables that no name has, such as an iterator.
    struct Held {
        TypeId type;
        std::vector<VarId> vars;
        std::vector<CleanupId> cleanups; // by leaf; invalid where nothing is owned
    };
    Held hold(const Row& owned);                         // the caller's own
    Row read_held(const Held& held);                     // borrowed, or as an owned argument
    void write_held(const Held& held, const Row& owned); // after its references have been given away
    Row take_held(const Held& held);                     // pending

    // --- calls (lower_call.cpp, lower_builtin.cpp, lower_number.cpp, lower_list.cpp) ---
    // A `mut` argument evaluated to the point where it can be taken.
    struct MutArg {
        bool is_place = false;
        Place place;
        Row value;
    };
    MutArg mut_arg(const check::CallArg& arg);
    Row take(MutArg& arg); // the caller's own
    void put_back(MutArg& arg, Row value);
    // What a call runs, all types concrete.
    struct Callable {
        check::Callee callee =
            check::Callee::Fn; // not Builtin or Construct; Trait: with its built-in meaning
        std::uint32_t target = 0;
        std::optional<FnTarget> fn;
        CoreTrait core = CoreTrait::Show;
        ModuleLowering::FnShape shape; // with a Value, the function value is the first parameter
    };
    Callable callable(const check::Call& call, TypeId value_type);
    Outcome invoke(const Callable& callee, std::span<const Row> args);
    Row call(ExprId id);
    Row lend(Row list);
    Row elements_of(const Row& list, TypeId slice);
    Row call_with_places(const Callable& callee, const check::Call& call, ExprId id);
    // Of arguments that are values already.
    Row call_with(const check::Call& call, std::vector<Row> args, TypeId type);
    Row construct(const check::Call& call, ExprId id);
    Row builtin(const check::Call& call, ExprId id);
    Row builtin_with(BuiltinId what, std::span<const Row> args, TypeId type);
    Row builtin_rt(RuntimeFn fn, std::span<const Row> args, TypeId type);
    Row builtin_op(std::string_view op, const Row& arg, TypeId type);
    // A trap; the message is a String.
    Row stop(TrapCode code, const Row* message, TypeId type);
    Row stop_with_shown(TrapCode code, const Row& value, TypeId type);
    Row debug(const Row& value);
    Row text_parts(RuntimeFn fn, const Row& text, TypeId type);
    Row unwrap_or(const Row& option, const Row& other, TypeId type);
    Row some_if(ir::ValueId fits, ir::ValueId value, TypeId type); // lower_try_from.cpp, so both below
    Row int_try_from(const Row& value, TypeId type);
    Row char_try_from(const Row& value, TypeId type);
    Row builtin_change(BuiltinId what, const check::Call& call, ExprId id);
    void list_push(MutArg& target, TypeId list_type, const Row& added);
    Row list_pop(MutArg& target, TypeId list_type, TypeId type);
    void list_insert(MutArg& target, TypeId list_type, ir::ValueId index, const Row& added);
    Row list_remove(MutArg& target, TypeId list_type, ir::ValueId index);
    template <typename PlaceIn>
    Row list_exchange(MutArg& target, TypeId list_type, std::span<const Row> args, PlaceIn place_in,
                      TypeId type);
    Row list_get(const Row& list, const Row& index, TypeId type);
    Row list_slice(std::span<const Row> args, TypeId type);
    Row list_peek(const Row& list, ir::ValueId index, TypeId type);
    Row list_put_raw(std::span<const Row> args, ir::ValueId count); // invalid: 1
    Row move_out(const Location& location, TypeId type);
    void swap_elements(ir::ValueId list, ir::ValueId i, ir::ValueId j, TypeId type);
    Row list_filled(const Row& count, const Row& value, TypeId type);
    void demand_not_negative(ir::ValueId count, std::string_view message);
    Row absolute(const Row& value, TypeId type);
    Row extreme(ir::Cond better, const Row& a, const Row& b, TypeId type);
    Row bit_count(ir::Op op, const Row& value, TypeId type);
    Row rotate(ir::Op op, const Row& value, const Row& amount, TypeId type);
    Row is_finite(const Row& value, TypeId type);
    void at_call(ExprId id);

    // --- operators that are calls (lower_overload.cpp) ---
    Row index_set(ExprId id);
    Row operator_call(ExprId id);
    // The answer of the method that an operator calls, as the operator's: Ne negates, `<` compares with 0.
    Row operate(const Callable& callee, syntax::BinaryOp op, std::span<const Row> args, TypeId type);
    Row assign_by_call(const syntax::AssignExpr& node, ExprId id);
    // A core trait's method where there is no impl.
    Row core_method(CoreTrait trait, std::span<const Row> args, TypeId type);

    // --- function values (lower_closure.cpp) ---
    Row closure(ExprId id);
    Row fn_value(ExprId id);
    TypeId captures_type(const check::Closure& closure);

    // --- patterns (lower_pattern.cpp) ---
    // Goes on where the pattern matches, else to `fail` (invalid: it is known to match).
    void match(syntax::PatternId id, const Row& value, ir::BlockId fail, std::vector<Binding>& bindings);
    // The parts of a value that is known to be of the pattern's variant.
    void match_payload(syntax::PatternId id, const Row& value, ir::BlockId fail,
                       std::vector<Binding>& bindings);
    void test(ir::ValueId condition, ir::BlockId fail);
    // `'a' | 'e' | 'i'`: numbers within 64 of each other, by a bit for each. False if they are something else.
    bool match_bits(const syntax::OrPattern& n, const Row& value, ir::BlockId fail);
    void match_or(const syntax::OrPattern& node, const Row& value, ir::BlockId fail,
                  std::vector<Binding>& bindings);
    // Binds what a pattern found. `stable`: borrowed references live as long as the bindings.
    // Pending references of the matched value move into the variables.
    void bind_all(const std::vector<Binding>& bindings, bool stable);
    static bool has_pending(const Row& row);
    static Row lasting(Row row) {
        for (RowLeaf& leaf : row.leaves) leaf.lasting = true;
        return row;
    }

    // --- text (lower_text.cpp) ---
    Row show_text(const Row& value);
    ir::ValueId format_into(ir::ValueId text, const Row& value, const check::PieceFormat& format);
    // What a text is joined of: written text, or an expression and how it is shown.
    struct TextPart {
        std::string_view written;
        ExprId expr;
        check::PieceFormat format = {};
    };
    // False if a part runs code of the script where it is shown; then the parts are worth nothing.
    bool find_parts(ExprId id, std::vector<TextPart>& parts);
    // `p += parts`: all of them are evaluated, then each is added to the text where it stands.
    void append_parts(Place& p, std::span<const TextPart> parts, ExprId id);

    const check::Module* module_ = nullptr;
    const syntax::Ast* ast_ = nullptr;
    const check::Body* body_ = nullptr;
    std::vector<TypeId> type_params_, type_args_;
    std::uint32_t name_ = 0; // in Module::function_names
    TypeId result_type_;
    std::string owner_; // whose closures these are, as traces show it
    std::vector<LocalId> mut_params_;
    std::vector<bool> is_captured_; // by local: a closure's own copy of a variable outside
    IdVec<LocalId, LocalSlot> locals_;
    std::vector<std::vector<std::uint32_t>> mutation_positions_;                  // by local
    std::vector<std::vector<std::uint32_t>> mention_positions_, whole_positions_; // likewise
    // Arms that the one being written excludes, innermost first: what stands there is not on the way from
    // here.
    std::vector<Span> excluded_;
    unsigned region_ = 0, region_count_ = 0;
    std::vector<LoopFrame> loops_;
};

} // namespace tn::lower
