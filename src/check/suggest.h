// "Did you mean": the nearest of the names that would fit, and what other languages call things.
//
// In: a name that nothing answers to, and candidates. Out: one to propose, or none.
#pragma once

#include <string_view>

namespace tn::check {

// Feed candidates, then ask. Costs the product of the lengths per candidate.
class Suggestion {
public:
    explicit Suggestion(std::string_view wanted);
    void offer(std::string_view candidate);
    // Empty when nothing is near.
    std::string_view best() const { return best_; }

private:
    std::string_view wanted_;
    std::string_view best_;
    unsigned best_distance_;
};

// What Tenon calls a function, method or type that other languages know as `name`; empty when unknown.
std::string_view foreign_value(std::string_view name);
// How one writes what other languages begin with the name `name`; empty when unknown.
std::string_view foreign_habit(std::string_view name);
std::string_view foreign_method(std::string_view name);
std::string_view foreign_type(std::string_view name);

} // namespace tn::check
