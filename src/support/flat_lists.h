// A list for every id of a table, all in one piece of memory. Filled in two walks over the same entries: each
// is counted, then each is added.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace tn {

template <typename Id, typename Entry> class FlatLists {
public:
    void start(std::size_t ids) { end_.assign(ids + 1, 0); }
    void count(Id of) { ++end_[of.index() + 1]; }
    // After every entry was counted once; then each is added.
    void make_room() {
        for (std::size_t i = 1; i < end_.size(); ++i) end_[i] += end_[i - 1];
        entries_.resize(end_.back());
        end_.pop_back(); // end_[i] is where the list of i begins, and goes up to its end
    }
    void add(Id of, Entry entry) { entries_[end_[of.index()]++] = entry; }
    std::span<const Entry> of(Id id) const {
        const std::uint32_t begin = id.index() == 0 ? 0 : end_[id.index() - 1];
        return {entries_.data() + begin, end_[id.index()] - begin};
    }

private:
    std::vector<std::uint32_t> end_;
    std::vector<Entry> entries_;
};

} // namespace tn
