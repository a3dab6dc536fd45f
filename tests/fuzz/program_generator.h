// Random well-typed programs for differential testing.
//
// In: a seed. Out: the text of a program whose `main` prints what it computes, and that ends soon: loops
// are short, and a call stands only where its estimated cost allows. It may trap; then every way of
// running it must trap alike. covered() counts what was generated, for the fuzzer's report.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace tn::fuzz {

std::string generate_program(std::uint64_t seed);
// Construct by construct, over all programs of this process.
const std::map<std::string, std::uint64_t>& covered();

} // namespace tn::fuzz
