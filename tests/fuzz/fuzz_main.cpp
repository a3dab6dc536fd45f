// Runs one fuzz target by itself: mutates the corpus it is given for a time, in a child process, and saves the input
// that killed the child.
//
//   fuzz_X --seconds 60 --corpus tests/lang --crashes DIR [--seed N] [FILE...]
//
// With FILEs it runs just these, once. The target is LLVMFuzzerTestOneInput, so libFuzzer can drive it as well.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <string_view>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::size_t most_bytes = 1 << 20;
constexpr unsigned seconds_per_input = 20;
constexpr unsigned inputs_per_child = 500;

// Seen by parent and child: the input that is being run.
struct Shared {
    std::size_t size;
    std::uint64_t count;
    char bytes[most_bytes];
};

std::string read_text(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

constexpr std::string_view words[] = {
    "fn ", "let ", "mut ", "var ", "const ", "record ", "impl ", "match ", "if ", "else ", "while ", "loop ", "for ",
    " in ", "break ", "continue ", "return ", "Some(", "None", "List[i64]", "String", "i64", "u8", "f64", "bool", "char",
    "-> ", "=> ", "..", "..=", "|", "&&", "||", "==", "<", "<<", ">>", "+%", "*%", "?", "@", "_", "(", ")", "{", "}",
    "[", "]", ",", ";", ":", "\"", "f\"", "\"\"\"", "r\"", "'a'", "'", "\\", "{}", "0", "-1", "255", "9223372036854775807",
    "1e308", "0x", "1.5", " as ", ".len()", ".push(", ".pop()", ".unwrap()", "print(", "panic(", "assert ", "self", "\n",
};

class Mutator {
public:
    Mutator(const std::vector<std::string>& corpus, std::uint64_t seed) : corpus_(corpus), random_(seed) {}

    std::string next() {
        std::string text = corpus_[below(corpus_.size())];
        for (std::uint64_t n = 1 + below(6); n > 0; --n) mutate(text);
        if (text.size() > most_bytes) text.resize(most_bytes);
        return text;
    }

private:
    const std::vector<std::string>& corpus_;
    std::mt19937_64 random_;

    std::uint64_t below(std::uint64_t limit) { return limit == 0 ? 0 : random_() % limit; }

    // A piece that begins and ends at a line's end, or anywhere.
    std::pair<std::size_t, std::size_t> piece(const std::string& text) {
        std::size_t begin = below(text.size() + 1);
        std::size_t length = std::min<std::size_t>(below(below(2) != 0 ? 12 : 200), text.size() - begin);
        return {begin, length};
    }

    void mutate(std::string& text) {
        auto [begin, length] = piece(text);
        switch (below(7)) {
        case 0: text.erase(begin, length); break;
        case 1: text.insert(begin, std::string(words[below(std::size(words))])); break;
        case 2: text.replace(begin, length, std::string(words[below(std::size(words))])); break;
        case 3: {
            const std::string& other = corpus_[below(corpus_.size())];
            auto [from, count] = piece(other);
            text.insert(begin, other.substr(from, count));
            break;
        }
        case 4: text.insert(below(text.size() + 1), text.substr(begin, length)); break;
        case 5:
            if (!text.empty()) text[below(text.size())] = static_cast<char>(below(256));
            break;
        case 6:
            if (begin < text.size() && text[begin] >= '0' && text[begin] <= '9') {
                text[begin] = static_cast<char>('0' + below(10));
            }
            break;
        }
    }
};

// Runs inputs until the count or the time is over; answers false and saves the input when one kills the child.
bool run_child(Shared* shared, const std::vector<std::string>& corpus, std::uint64_t seed, Clock::time_point end,
               const fs::path& crashes) {
    std::fflush(nullptr);
    pid_t child = fork();
    if (child == 0) {
        Mutator mutator(corpus, seed);
        for (unsigned i = 0; i < inputs_per_child && Clock::now() < end; ++i) {
            std::string text = mutator.next();
            shared->size = text.size();
            std::memcpy(shared->bytes, text.data(), text.size());
            alarm(seconds_per_input);
            LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
            ++shared->count;
        }
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return true;
    fs::create_directories(crashes);
    fs::path path = crashes / ("crash-" + std::to_string(seed) + ".tn");
    std::ofstream(path, std::ios::binary).write(shared->bytes, static_cast<std::streamsize>(shared->size));
    std::printf("%s: %s\n", path.c_str(),
                WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM ? "takes too long" : "kills the process");
    return false;
}

} // namespace

int main(int argc, char** argv) {
    double seconds = 60;
    std::uint64_t seed = std::random_device{}();
    fs::path crashes = "crashes";
    std::vector<std::string> corpus;
    std::vector<std::string> files;
    for (int i = 1; i < argc; ++i) {
        std::string_view option = argv[i];
        if (option.rfind("--", 0) != 0) files.emplace_back(option);
        else if (i + 1 == argc) return 2;
        else if (option == "--seconds") seconds = std::atof(argv[++i]);
        else if (option == "--seed") seed = std::strtoull(argv[++i], nullptr, 10);
        else if (option == "--crashes") crashes = argv[++i];
        else if (option == "--corpus") {
            for (const fs::directory_entry& entry : fs::recursive_directory_iterator(argv[++i])) {
                if (entry.path().extension() == ".tn") corpus.push_back(read_text(entry.path()));
            }
        }
    }
    for (const std::string& file : files) {
        std::string text = read_text(file);
        LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
    }
    if (!files.empty()) return 0;
    if (corpus.empty()) corpus.emplace_back("fn main() {}");
    std::sort(corpus.begin(), corpus.end());

    auto* shared = static_cast<Shared*>(
        mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    if (shared == MAP_FAILED) return 2;
    std::printf("seed %llu, %zu files of corpus\n", static_cast<unsigned long long>(seed), corpus.size());
    auto end = Clock::now() + std::chrono::milliseconds(static_cast<long long>(seconds * 1000));
    unsigned crash_count = 0;
    while (Clock::now() < end) crash_count += run_child(shared, corpus, seed++, end, crashes) ? 0 : 1;
    std::printf("%llu inputs, %u crashes\n", static_cast<unsigned long long>(shared->count), crash_count);
    return crash_count == 0 ? 0 : 1;
}
