// The writer of one random program: state shared by items (program_items.cpp), statements (program_statements.cpp)
// and expressions (program_exprs.cpp).
//
// Programs are correct by construction: every expression is written for a type that is known, and in places where
// the type must be seen from the expression alone (receivers, operands) it is written so that it can be. They end:
// functions call only those before them, loops count or shorten, recursion follows the structure of a value, and the
// estimated cost of what is written is bounded.
#pragma once

#include "program_types.h"

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace tn::fuzz {

void count(const std::string& construct);

struct Var {
    std::string name;
    Ty type = 0;
    bool is_fixed = false; // not to be assigned, so that loops end
};

struct Fn {
    std::string name; // of a method: without its type
    std::vector<Ty> type_params;
    std::vector<std::pair<Ty, bool>> params; // type, mut; of a method the receiver first
    Ty result = 0;
    std::uint64_t cost = 1;
    bool is_method = false;
};

class Writer {
public:
    explicit Writer(std::uint64_t seed) : random_(seed) {}
    std::string program();
    std::string program_of_lanes();

private:
    // --- items ---
    void declare_types();
    void declare_record(bool is_generic);
    void declare_enum(bool is_generic, bool is_recursive);
    void write_decl(const Decl& decl);
    void write_impls(int decl);
    void write_measure(int decl); // a function that recurs through a recursive enum
    void fill_pool();
    void globals();
    void function(int index, bool is_generic);
    void method(int decl, int index);
    void body_of(Fn& fn, std::uint64_t scale);
    void main_function();
    void begin_body(Ty result);

    // --- statements ---
    void block(int depth, int most);
    void statement(int depth);
    void let_statement();
    void closure_let();
    void destructuring_let();
    void assign_statement();
    void list_statement();
    void map_statement();
    void mut_call_statement();
    void early_end();
    void try_statement();
    void if_statement(int depth);
    void loop_statement(int depth);
    void counted_loop(int depth);
    void drawn_loop(int depth);
    void while_let(int depth);
    void match_statement(int depth);
    // program_lanes.cpp: one that may run in lanes, its values and conditions
    void lane_loop();
    std::string lane_value(const std::string& type, const std::vector<std::pair<std::string, std::string>>& lists, int depth);
    std::string lane_condition(const std::vector<std::pair<std::string, std::string>>& lists, int depth);
    void arm(const std::string& pattern, int depth, const std::vector<Var>& bound);
    bool leaves_loop();

    // A pattern of the type with its variables; `fails` says whether it may fail to match.
    std::string pattern(Ty t, int depth, std::vector<Var>& bound, bool may_fail);
    std::string literal_pattern(Ty t);

    // --- expressions ---
    std::string expr(Ty t, int depth);
    std::string own(Ty t, int depth); // of a type that is seen without its surroundings, an operand
    std::string literal(Ty t, int depth = 1);
    std::string general(Ty t, int depth); // forms that every type has; "" when the dice do not fit
    std::string by_type(Ty t, int depth);
    std::string integer(Ty t, int depth);
    std::string number(int depth);
    std::string condition(int depth);
    std::string text(int depth);
    std::string list(Ty t, int depth);
    std::string option(Ty t, int depth);
    std::string result(Ty t, int depth);
    std::string map(Ty t, int depth);
    std::string set(Ty t, int depth);
    std::string aggregate(Ty t, int depth);
    std::string match_expr(Ty t, int depth);
    std::string closure(const std::vector<Ty>& params, Ty result, int depth, std::uint64_t calls = 10);
    std::string named_function(Ty t);
    std::string call(const Fn& fn, Ty result, int depth);
    std::string any_call(Ty result, int depth);
    std::string fold(Ty t, int depth);
    std::string interpolated(int depth);

    // --- names ---
    std::string var_of(Ty t, bool assignable = false);
    // A variable, or a field, element or tuple part of one; "" if there is none.
    std::string place_of(Ty t, bool assignable);
    void find_places(const std::string& base, Ty from, Ty wanted, int depth, std::vector<std::string>& found);
    std::string some_list(int depth, Ty* element);
    std::string index_of(const std::string& list);
    std::string list_var(Ty* type, bool assignable, bool (Writer::*fits)(Ty) const = nullptr);

    // --- tools ---
    int pick(int n) { return static_cast<int>(random_() % static_cast<std::uint64_t>(n)); }
    // As many as a program of this size has of what the largest has `n` of.
    int share(int n) const { return std::max(1, n * size_ / 4); }
    bool chance(int percent) { return pick(100) < percent; }
    template <typename T>
    const T& one_of(const std::vector<T>& all) {
        return all[static_cast<std::size_t>(pick(static_cast<int>(all.size())))];
    }
    Ty any_type();
    Ty type_that(unsigned bounds); // one of the pool that can do this
    Ty scalar() { return one_of(std::vector<Ty>{types_.i64, types_.i32, types_.u8, types_.u64, types_.f64, types_.boolean, types_.character, types_.string}); }
    Ty list_of(Ty t) { return types_.make(Kind::List, {t}); }
    Ty option_of(Ty t) { return types_.make(Kind::Option, {t}); }
    bool is_shown(Ty t) const { return types_.can(t, Shows); }
    void line(const std::string& text) { out_ += std::string(static_cast<std::size_t>(indent_) * 4, ' ') + text + "\n"; }
    std::string fresh() { return "v" + std::to_string(next_name_++); }
    std::string seen(const char* what, const std::string& text) {
        count(what);
        return text;
    }
    bool affordable(std::uint64_t cost) const { return multiplier_ * cost < 20000 && cost_ < 100000; }
    std::string small() { return std::to_string(pick(12)); }

    std::mt19937_64 random_;
    // 1 to 4: small programs find most of what large ones find, many times as fast.
    const int size_ = 1 + pick(4) * pick(4) / 3;
    Types types_;
    std::string out_;
    int indent_ = 0;
    int next_name_ = 0;
    std::vector<Ty> pool_;
    std::vector<Ty> local_pool_; // types with the parameters of the generic function that is being written
    std::vector<Var> vars_, globals_;
    std::vector<Fn> fns_;
    Ty result_ = 0;
    bool may_return_ = false;          // inside a function with a result, outside of closures
    std::vector<std::string> labels_;  // of the loops around, inside the innermost closure
    std::uint64_t multiplier_ = 1, cost_ = 1;
};

} // namespace tn::fuzz
