// Rows of runtime_fn.def on strings: comparing, searching, changing. Offsets are bytes.
#include "runtime/runtime_fns.h"
#include "runtime/seq.h"
#include "runtime/text_search.h"
#include "runtime/utf8.h"

#include <algorithm>
#include <cstring>

namespace tn::rt {

namespace {

// -1, 0 or 1: scripts see it, and what memcmp returns beyond the sign differs from machine to machine.
int compare_bytes(std::string_view a, std::string_view b) {
    const std::size_t common = std::min(a.size(), b.size());
    if (const int order = common ? std::memcmp(a.data(), b.data(), common) : 0) return order < 0 ? -1 : 1;
    return a.size() < b.size() ? -1 : a.size() > b.size();
}

// Whether the first and the last bytes of two texts of n >= sizeof(Word) bytes are the same.
template <typename Word> bool equal_ends(const char* a, const char* b, std::size_t n) {
    Word words[4];
    std::memcpy(&words[0], a, sizeof(Word));
    std::memcpy(&words[1], b, sizeof(Word));
    std::memcpy(&words[2], a + n - sizeof(Word), sizeof(Word));
    std::memcpy(&words[3], b + n - sizeof(Word), sizeof(Word));
    return ((words[0] ^ words[1]) | (words[2] ^ words[3])) == 0;
}

bool equal_bytes(std::string_view a, std::string_view b) {
    const std::size_t n = a.size();
    if (n != b.size()) return false;
    if (n > 16) return a.data() == b.data() || std::memcmp(a.data(), b.data(), n) == 0;
    if (n >= 8) return equal_ends<std::uint64_t>(a.data(), b.data(), n);
    if (n >= 4) return equal_ends<std::uint32_t>(a.data(), b.data(), n);
    if (n >= 2) return equal_ends<std::uint16_t>(a.data(), b.data(), n);
    return n == 0 || a[0] == b[0];
}

std::string_view trimmed_start(std::string_view text) {
    while (!text.empty()) {
        const Decoded d = decode_char(text);
        if (!is_white_space(d.c)) break;
        text.remove_prefix(d.size);
    }
    return text;
}

std::string_view trimmed_end(std::string_view text) {
    while (!text.empty()) {
        std::size_t start = text.size() - 1;
        while (start > 0 && text.size() - start < 4 && is_continuation(text[start])) --start;
        if (!is_white_space(decode_char(text.substr(start)).c)) break;
        text = text.substr(0, start);
    }
    return text;
}

// `part` lies inside the text; the text itself when it is all of it.
Object* part_of(Context* context, Object* text, std::string_view part) {
    return part.size() == view(text).size() ? share(text) : new_string(context, part);
}

} // namespace

extern "C" {

Object* rt_string_concat(Context* context, Object* a, Object* b) noexcept {
    const std::string_view left = view(a), right = view(b);
    if (right.empty()) return share(a);
    if (left.empty()) return share(b);
    Seq* text = new_text(context, static_cast<std::int64_t>(left.size() + right.size()));
    if (!text) return nullptr;
    copy_bytes(text->data, left);
    copy_bytes(text->data + left.size(), right);
    return text;
}

Object* rt_string_append(Context* context, Object* text, Object* other) noexcept {
    return append(context, text, view(other));
}

Object* rt_string_append_char(Context* context, Object* text, std::uint32_t c) noexcept {
    char bytes[short_buffer];
    return append(context, text, {bytes, encode_char(c, bytes)});
}

Object* rt_string_from_char(Context* context, std::uint32_t c) noexcept {
    char bytes[short_buffer];
    return new_string(context, {bytes, encode_char(c, bytes)});
}

bool rt_string_eq(Context*, Object* a, Object* b) noexcept { return equal_bytes(view(a), view(b)); }
bool rt_bytes_eq(Context*, Object* a, Object* b) noexcept { return equal_bytes(view(a), view(b)); }
std::int64_t rt_string_compare(Context*, Object* a, Object* b) noexcept {
    return compare_bytes(view(a), view(b));
}
std::int64_t rt_bytes_compare(Context*, Object* a, Object* b) noexcept {
    return compare_bytes(view(a), view(b));
}

Object* rt_string_slice(Context* context, Object* object, std::int64_t from, std::int64_t to) noexcept {
    const std::string_view text = view(object);
    const auto first = static_cast<std::size_t>(from), last = static_cast<std::size_t>(to);
    if (from < 0 || to < from || last > text.size() || !is_boundary(text, first) ||
        !is_boundary(text, last)) {
        return fail(context, TrapCode::InvalidSlice);
    }
    return part_of(context, object, text.substr(first, last - first));
}

Object* rt_string_copy(Context* context, Object* text) noexcept { return new_string(context, view(text)); }

void rt_string_find(Context* context, Object* text, Object* part) noexcept {
    const std::size_t at = find_from(view(text), view(part), 0);
    const bool found = at != std::string_view::npos;
    context->results[0].u = found; // the tag of Some is 1
    context->results[1].i = found ? static_cast<std::int64_t>(at) : 0;
}

std::int64_t rt_string_find_from(Context*, Object* text, Object* part, std::int64_t from) noexcept {
    const std::size_t at = find_from(view(text), view(part), static_cast<std::size_t>(from));
    return at == std::string_view::npos ? -1 : static_cast<std::int64_t>(at);
}

bool rt_string_contains(Context*, Object* text, Object* part) noexcept {
    return find_from(view(text), view(part), 0) != std::string_view::npos;
}
bool rt_string_starts_with(Context*, Object* text, Object* part) noexcept {
    return view(text).starts_with(view(part));
}
bool rt_string_ends_with(Context*, Object* text, Object* part) noexcept {
    return view(text).ends_with(view(part));
}

Object* rt_string_trim(Context* context, Object* text) noexcept {
    return part_of(context, text, trimmed_start(trimmed_end(view(text))));
}
Object* rt_string_trim_start(Context* context, Object* text) noexcept {
    return part_of(context, text, trimmed_start(view(text)));
}
Object* rt_string_trim_end(Context* context, Object* text) noexcept {
    return part_of(context, text, trimmed_end(view(text)));
}

// As in Python, an empty `from` stands before every character and at the end.
Object* rt_string_replace(Context* context, Object* object, Object* from, Object* to) noexcept {
    const std::string_view text = view(object), old_part = view(from), new_part = view(to);
    std::size_t at = find_from(text, old_part, 0);
    if (at == std::string_view::npos) return share(object);
    Object* out = empty_seq(context, string_desc_id);
    std::size_t done = 0, steps = 0;
    while (at != std::string_view::npos) {
        out = append(context, out, text.substr(done, at - done));
        if (out) out = append(context, out, new_part);
        if (!out) return nullptr;
        if (++steps % 1024 == 0 && interrupted(context)) {
            rt_release(context, out);
            return nullptr;
        }
        done = at + old_part.size();
        if (!old_part.empty()) {
            at = find_from(text, old_part, done);
        } else {
            at = at == text.size() ? std::string_view::npos : at + decode_char(text.substr(at)).size;
        }
    }
    return append(context, out, text.substr(done));
}

Object* rt_string_repeat(Context* context, Object* object, std::int64_t times) noexcept {
    if (times < 0) return fail(context, TrapCode::InvalidArgument, "a negative number of repetitions");
    const std::string_view part = view(object);
    if (times == 1) return share(object);
    if (times == 0 || part.empty()) return empty_seq(context, string_desc_id);
    std::int64_t length;
    if (__builtin_mul_overflow(static_cast<std::int64_t>(part.size()), times, &length)) {
        return fail(context, TrapCode::MemoryLimit);
    }
    Seq* text = new_text(context, length);
    if (!text) return nullptr;
    // Copies what is there already, in steps that stay in the cache.
    const auto total = static_cast<std::size_t>(length);
    std::memcpy(text->data, part.data(), part.size());
    for (std::size_t done = part.size(); done < total;) {
        const std::size_t whole = done - done % part.size();
        const std::size_t most = std::max(part.size(), check_interval - check_interval % part.size());
        const std::size_t step = std::min({whole, most, total - done});
        std::memcpy(text->data + done, text->data, step);
        done += step;
        if (interrupted(context)) {
            rt_release(context, text);
            return nullptr;
        }
    }
    return text;
}

std::int64_t rt_string_char_count(Context*, Object* text) noexcept { return count_chars(view(text)); }

} // extern "C"

} // namespace tn::rt
