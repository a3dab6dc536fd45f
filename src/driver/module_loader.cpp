// Sources from disk. The only file access of the library.
#include "driver/pipeline.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tn::driver {

namespace {

std::string reason(const std::string& path, const char* what) { return "cannot read `" + path + "`: " + what; }

} // namespace

LoadedFile load_path(const std::string& path, const Options& options) {
    LoadedFile file;
    struct stat info {};
    file.name = path;
    if (::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) {
        file.name = path + (path.ends_with('/') ? "main.tn" : "/main.tn");
        if (::stat(file.name.c_str(), &info) != 0) {
            file.error = "`" + path + "` is a folder without main.tn: expected a .tn file or a package";
            return file;
        }
    }
    // O_NONBLOCK: a pipe without a writer must not hang the host.
    const int fd = ::open(file.name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        file.error = reason(file.name, std::strerror(errno));
        return file;
    }
    if (::fstat(fd, &info) == 0 && S_ISDIR(info.st_mode)) {
        file.error = reason(file.name, "it is a folder");
    } else if (static_cast<std::uint64_t>(info.st_size) > options.max_source_bytes) {
        file.error = reason(file.name, ("it has " + std::to_string(info.st_size) + " bytes, the limit is " +
                                        std::to_string(options.max_source_bytes)).c_str());
    }
    char buffer[1 << 16];
    while (file.error.empty()) {
        const ssize_t count = ::read(fd, buffer, sizeof buffer);
        if (count == 0) break;
        if (count < 0) {
            if (errno == EINTR) continue;
            file.error = reason(file.name, std::strerror(errno));
        } else if (file.text.size() + static_cast<std::size_t>(count) > options.max_source_bytes) {
            file.error = reason(file.name, "it is larger than the limit");
        } else {
            file.text.append(buffer, static_cast<std::size_t>(count));
        }
    }
    ::close(fd);
    return file;
}

} // namespace tn::driver
