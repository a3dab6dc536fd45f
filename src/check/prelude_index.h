// The prelude as the checker reads it: its trees, and which item answers to a name.
//
// In: the outlines of the prelude's files and the interner of their names, once per process. Out: items by name,
// members by owner and name, and the whole tree of a function, parsed when it is first asked for. It is shared by all
// compilations and threads, and immutable but for those trees. It refuses to know types: an owner is the name that an
// `impl` is written for. The checker declares what a compilation uses.
#pragma once

#include "diag/source_map.h"
#include "support/interner.h"
#include "syntax/ast.h"
#include "types/type_table.h"

#include <memory>
#include <mutex>
#include <span>
#include <unordered_map>
#include <vector>

namespace tn::check {

// An item of the prelude: its file and its place there.
struct PreludeItem {
    std::uint32_t module = 0; // number in Prelude::modules()
    syntax::ItemId item;
};

// A function of an `impl` without a trait.
struct PreludeMember {
    std::uint32_t module = 0;
    syntax::ItemId impl;
    syntax::ItemId fn;
};

// The classes of types that only the prelude names, as bounds: `impl[T: __Int] T { … }`.
enum class NumberClass : std::uint8_t { None, Int, Float, Number };
NumberClass find_number_class(std::string_view name); // None for any other name

// A user's script can neither name nor see what begins like this.
inline bool is_hidden_name(std::string_view name) { return name.starts_with("__"); }

class Prelude {
public:
    // What it is given must outlive this and every compilation with it. What is wrong with the prelude (an owner it
    // cannot be written for, a member declared twice, a body that cannot be parsed) is our mistake: TN_ICE.
    Prelude(const diag::SourceMap& sources, std::span<const syntax::Ast> modules, Interner& names);

    std::span<const syntax::Ast> modules() const { return modules_; }
    const syntax::Ast& ast(std::uint32_t module) const { return modules_[module]; }
    // The tree of one function, which is its only item, with its body. Any thread may ask.
    const syntax::Ast& fn_ast(std::uint32_t module, syntax::ItemId fn) const;

    // A function, record, enum, alias, trait or constant at the top level. Null: none.
    const PreludeItem* find_item(SymbolId name) const;
    // A method or static function. Null: none. `owner` is what owner_of() and class_owner() answer.
    const PreludeMember* find_member(SymbolId owner, SymbolId name) const;
    // The owner's name for types of a kind; invalid for those that have no members here. Records, enums and host
    // types have none by their kind: the owner is the name of a nominal of the prelude.
    SymbolId owner_of(TypeKind kind) const { return kind_owners_[static_cast<unsigned>(kind)]; }
    SymbolId class_owner(NumberClass number_class) const {
        return class_owners_[static_cast<unsigned>(number_class)];
    }
    SymbolId option_owner() const { return option_owner_; }
    SymbolId result_owner() const { return result_owner_; }
    SymbolId verdict_owner() const { return verdict_owner_; }

    // The impls of a trait, by the trait's name.
    std::span<const PreludeItem> impls_of(SymbolId trait) const;

    // For suggestions and completion; without hidden ones.
    std::span<const PreludeMember> members_of(SymbolId owner) const;
    std::span<const SymbolId> item_names() const { return item_names_; }

private:
    void add_item(std::uint32_t module, syntax::ItemId id);
    void add_impl(std::uint32_t module, syntax::ItemId id, const Interner& names);
    SymbolId owner_of_impl(std::uint32_t module, const syntax::ImplItem& impl) const;
    static std::uint64_t key(SymbolId owner, SymbolId name) {
        return static_cast<std::uint64_t>(owner.value) << 32 | name.value;
    }

    const diag::SourceMap& sources_;
    std::span<const syntax::Ast> modules_;
    Interner& names_;
    mutable std::mutex parsing_;
    mutable std::unordered_map<std::uint64_t, std::unique_ptr<const syntax::Ast>> fns_; // by module and item
    std::unordered_map<SymbolId, PreludeItem> items_;
    std::unordered_map<std::uint64_t, PreludeMember> members_;
    std::unordered_map<SymbolId, std::vector<PreludeMember>> members_of_;
    std::unordered_map<SymbolId, std::vector<PreludeItem>> impls_of_;
    std::vector<SymbolId> item_names_;
    std::vector<SymbolId> kind_owners_;
    SymbolId class_owners_[4];
    SymbolId option_owner_, result_owner_, verdict_owner_, tuple_owner_, fn_owner_;
};

} // namespace tn::check
