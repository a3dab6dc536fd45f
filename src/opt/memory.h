// Which writes a load can see.
#pragma once

#include "ir/module.h"

#include <vector>

namespace tn::opt {

// Whether what the instruction writes may be memory of a load's class and type. Other writers than those
// found here make new objects, or change counts and lengths, which are not loaded.
bool may_write(const ir::Function& fn, const ir::Inst& inst, std::uint32_t memory_class, Scalar type);

// Two loads or stores, of one record in a list or of two, in one list or in two, at addresses that elem_addr
// has made: of different leaves. The second may be another function's.
bool are_fields_apart(const ir::Function& fn, const ir::Inst& a, const ir::Function& other, const ir::Inst& b);
inline bool are_fields_apart(const ir::Function& fn, const ir::Inst& a, const ir::Inst& b) { return are_fields_apart(fn, a, fn, b); }

// The object whose elements or fields the address is in; invalid where that cannot be told.
ir::ValueId find_object(const ir::Function& fn, ir::ValueId address);

// The number at a place of a table; false if not all of it lies there.
bool read_table(const std::string& table, std::int64_t place, Scalar type, std::int64_t& out);

// Objects that a function does not write to while it reads them. To write to an object takes a name that alone
// refers to it: as long as another name is held, what that one reads stays as it is. Nor is a list of constants or
// other values written to, `[1, 4, 1]`, where each place gets its value once, in the block that makes the list.
class ReadOnly {
public:
    explicit ReadOnly(const ir::Function& fn);
    // What is at the address stays as it is, as long as it can be read.
    bool contains(const ir::Function& fn, ir::ValueId address) const;

private:
    struct Fill {
        ir::ValueId list;
        std::int64_t begin = 0, end = 0; // of the bytes
        auto operator<=>(const Fill&) const = default;
    };
    static Fill fill_of(const ir::Function& fn, const ir::Inst& inst);

    std::vector<Fill> fills_;
    std::vector<bool> is_written_; // by value: an object under this name
    bool all_known_ = true;        // false: something is written that cannot be told from others
};

} // namespace tn::opt
