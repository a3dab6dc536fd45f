// One file from disk, within a limit.
#pragma once

#include <cstdint>
#include <string>

namespace tn::driver {

// False, and why ("permission denied"), when it cannot be read. Never waits for somebody to write.
bool read_file(const std::string& path, std::uint64_t max_bytes, std::string& text, std::string& why);

} // namespace tn::driver
