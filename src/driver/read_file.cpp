// Reading sources: with package_folder.cpp the only file access of the library.
#include "driver/read_file.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tn::driver {

bool read_file(const std::string& path, std::uint64_t max_bytes, std::string& text, std::string& why) {
    // O_NONBLOCK: a pipe without a writer must not hang the host.
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        why = std::strerror(errno);
        return false;
    }
    struct stat info {};
    if (::fstat(fd, &info) == 0 && S_ISDIR(info.st_mode)) {
        why = "it is a folder";
    } else if (static_cast<std::uint64_t>(info.st_size) > max_bytes) {
        why = "it has " + std::to_string(info.st_size) + " bytes, the limit is " + std::to_string(max_bytes);
    }
    char buffer[1 << 16];
    while (why.empty()) {
        const ssize_t count = ::read(fd, buffer, sizeof buffer);
        if (count == 0) break;
        if (count < 0) {
            if (errno == EINTR) continue;
            why = std::strerror(errno);
        } else if (text.size() + static_cast<std::size_t>(count) > max_bytes) {
            why = "it is larger than the limit";
        } else {
            text.append(buffer, static_cast<std::size_t>(count));
        }
    }
    ::close(fd);
    return why.empty();
}

} // namespace tn::driver
