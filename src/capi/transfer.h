// Copies of values from one instance to another, whose modules may be compilations of their own: for hot
// reload.
//
// In: memory of one instance, a type of each side with same_shape(). Out: an equal value in the other
// instance. Sharing is kept: what was one object is one object again, so a copy is not larger than what it is
// made of. Nothing recurses over values. Maps get their index anew, since every instance hashes with its own
// seed.
#pragma once

#include "capi/core.h"
#include "capi/marshal.h"

#include <unordered_map>
#include <vector>

namespace tn::capi {

// Same structure and same names of records, enums, fields and constructors, so that the layouts are equal.
bool same_shape(const TypeInfo& a, const TypeInfo& b);
// Function values belong to their module's code, and what a type of the host means to its runtime.
bool can_move(const TypeInfo& type);

class Transfer {
public:
    explicit Transfer(InstanceCore& to) : to_(to) {}
    ~Transfer();
    Transfer(const Transfer&) = delete;
    Transfer& operator=(const Transfer&) = delete;

    // `to` is zeroed memory for a value of `type`, a type of the instance that is copied to. On failure it
    // holds some value that can be released.
    tn_status copy(const TypeInfo& type, const std::uint8_t* from, std::uint8_t* to);

private:
    struct Task {
        const TypeInfo* type;
        const rt::Object* from;
        rt::Object** to;
        bool is_box; // of a value of the type, else an object of it
    };
    struct Table {
        const TypeInfo* type;
        std::uint8_t *entries, *index, *live; // its leaves, which need not lie side by side
    };

    void copy_inline(const TypeInfo& type, const std::uint8_t* from, std::uint8_t* to,
                     const std::vector<std::uint32_t>& offsets);
    tn_status copy_object(const Task& task);
    tn_status index_table(const Table& table);

    InstanceCore& to_;
    std::vector<Task> tasks_;
    std::vector<Table> tables_;
    std::unordered_map<const rt::Object*, rt::Object*> known_; // each with one count of ours
};

} // namespace tn::capi
