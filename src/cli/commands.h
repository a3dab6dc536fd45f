// The commands of `tenon`: each takes its options and answers the exit status.
#pragma once

#include "cli/session.h"

#include <string>
#include <vector>

namespace tn::cli {

struct RunOptions {
    std::string function; // "" for main
    std::vector<std::string> arguments;
};
struct CheckOptions {
    bool json = false;
};
struct TestOptions {
    std::string filter;
};
struct DumpOptions {
    std::string stage;
    std::string function;
    std::string target; // "": this machine
    bool stats = false, json = false;
};

struct NewOptions {
    std::string path; // its last part is the name
    bool extension = false;
};

int run(const CommonOptions& common, const RunOptions& options);
int check(const CommonOptions& common, const CheckOptions& options);
int test(const CommonOptions& common, const TestOptions& options);
int dump(const CommonOptions& common, const DumpOptions& options);
int make_new(const NewOptions& options);

} // namespace tn::cli
