// Packages in memory, and the names that files of packages may have.
#include "driver/package.h"

#include "diag/text_width.h"
#include "syntax/unicode.h"

#include <algorithm>
#include <set>

namespace tn::driver {

namespace {

std::string as_file_stem(std::string_view module_path) {
    std::string stem(module_path);
    std::ranges::replace(stem, '.', '/');
    return stem;
}

class TextPackage final : public Package {
public:
    TextPackage(std::string_view prefix, std::map<std::string, std::string> texts)
        : prefix_(prefix), texts_(std::move(texts)) {
        if (!prefix_.empty() && !prefix_.ends_with('/')) prefix_ += '/';
    }

    std::string root_name() const override { return "main"; }

    FoundModule find(std::string_view module_path) override {
        FoundModule result;
        const std::string stem = as_file_stem(module_path);
        if (stem == "main") {
            result.what = FoundModule::What::Root;
            return result;
        }
        const auto file = texts_.find(stem + ".tn"), inner = texts_.find(stem + "/main.tn");
        if (file != texts_.end() && inner != texts_.end()) {
            result.what = FoundModule::What::Ambiguous;
            result.reason = "`" + file->first + "` and `" + inner->first + "`";
            return result;
        }
        const auto found = file != texts_.end() ? file : inner;
        if (found == texts_.end()) return result;
        result.what = FoundModule::What::Found;
        result.file = {prefix_ + found->first, found->second};
        return result;
    }

    std::string places(std::string_view module_path) const override {
        const std::string stem = prefix_ + as_file_stem(module_path);
        return "`" + stem + ".tn` and `" + stem + "/main.tn`";
    }

    bool is_folder(std::string_view module_path) const override {
        const std::string start = as_file_stem(module_path) + "/";
        const auto first = texts_.lower_bound(start);
        return first != texts_.end() && first->first.starts_with(start);
    }

    std::vector<std::string> names_in(std::string_view module_path) const override {
        const std::string start = module_path.empty() ? "" : as_file_stem(module_path) + "/";
        std::set<std::string> names;
        for (auto it = texts_.lower_bound(start); it != texts_.end() && it->first.starts_with(start); ++it) {
            const std::string rest = it->first.substr(start.size());
            const std::size_t slash = rest.find('/');
            const std::string name = slash == rest.npos ? rest.substr(0, rest.size() - 3) : rest.substr(0, slash);
            if (name != "main") names.insert(name);
        }
        return {names.begin(), names.end()};
    }

    std::vector<std::string> all_modules() const override {
        std::set<std::string> modules;
        for (const auto& [name, text] : texts_) {
            std::string stem = name.substr(0, name.size() - 3);
            if (stem == "main") continue;
            if (stem.ends_with("/main")) stem.resize(stem.size() - 5);
            std::ranges::replace(stem, '/', '.');
            modules.insert(std::move(stem));
        }
        return {modules.begin(), modules.end()};
    }

private:
    std::string prefix_;
    std::map<std::string, std::string> texts_;
};

class SingleText final : public Package {
public:
    explicit SingleText(std::string_view file_name) {
        if (std::size_t slash = file_name.rfind('/'); slash != file_name.npos) file_name.remove_prefix(slash + 1);
        if (file_name.ends_with(".tn")) file_name.remove_suffix(3);
        name_ = is_identifier(file_name) ? file_name : "main";
    }

    std::string root_name() const override { return name_; }
    FoundModule find(std::string_view module_path) override {
        FoundModule result;
        if (module_path == name_) result.what = FoundModule::What::Root;
        return result;
    }
    std::string places(std::string_view) const override { return {}; }
    bool is_folder(std::string_view) const override { return false; }
    std::vector<std::string> names_in(std::string_view) const override { return {}; }
    std::vector<std::string> all_modules() const override { return {}; }

private:
    std::string name_;
};

} // namespace

std::unique_ptr<Package> package_of_texts(std::string_view prefix, std::map<std::string, std::string> texts) {
    return std::make_unique<TextPackage>(prefix, std::move(texts));
}

std::unique_ptr<Package> package_of_one(std::string_view file_name) {
    return std::make_unique<SingleText>(file_name);
}

bool is_identifier(std::string_view text) {
    static const std::set<std::string_view> keywords = {
#define KEYWORD(name, text) text,
#include "syntax/token.def"
    };
    if (text.empty() || text == "_" || keywords.contains(text)) return false;
    for (std::size_t at = 0; at < text.size();) {
        const diag::DecodedScalar decoded = diag::decode_scalar(text, at);
        if (!decoded.is_valid) return false;
        if (at == 0 ? !syntax::is_name_start(decoded.scalar) : !syntax::is_name_continue(decoded.scalar)) return false;
        at += decoded.size;
    }
    return true;
}

std::string bad_file_name(std::string_view name) {
    if (!name.ends_with(".tn")) return "it does not end in `.tn`";
    std::string_view rest = name.substr(0, name.size() - 3);
    for (;;) {
        const std::size_t slash = rest.find('/');
        const std::string_view part = rest.substr(0, slash);
        if (!is_identifier(part)) return "`" + std::string(part) + "` is not an identifier";
        if (slash == rest.npos) return {};
        rest.remove_prefix(slash + 1);
    }
}

} // namespace tn::driver
