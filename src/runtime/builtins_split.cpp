// Rows of runtime_fn.def that take a text apart, or put one together: characters, bytes, lines, words.
#include "runtime/runtime_fns.h"
#include "runtime/seq.h"
#include "runtime/text_search.h"
#include "runtime/utf8.h"
#include "runtime/utf8_check.h"

#include <bit>
#include <cstring>

namespace tn::rt {

namespace {

// Adds one string to an owned list of strings; consumes and answers the list.
Object* push_string(Context* context, Object* list, std::string_view text) {
    Object* part = new_string(context, text);
    if (!part) {
        rt_release(context, list);
        return nullptr;
    }
    Seq* grown = as_seq(list);
    if (grown->count != 1 || grown->length >= grown->capacity) grown = with_room(context, list, 1);
    if (!grown) {
        rt_release(context, part);
        return nullptr;
    }
    std::memcpy(grown->data + grown->length * static_cast<std::int64_t>(sizeof part), &part, sizeof part);
    ++grown->length;
    return grown;
}

// Now and then looks for an interrupt, between two parts; then the list is given back.
bool stops(Context* context, Object*& list, std::size_t& steps) {
    if (++steps % 1024 != 0 || !interrupted(context)) return false;
    rt_release(context, list);
    list = nullptr;
    return true;
}

const ObjectDesc& desc_of(Context* context, std::int64_t id) { return *context->descs[id]; }

bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }
bool is_ascii_space(char c) { return c == ' ' || (c >= 9 && c <= 13); }

std::size_t skip_space(std::string_view text, std::size_t at) {
    while (at < text.size()) {
        if (is_ascii(text[at])) {
            if (!is_ascii_space(text[at])) break;
            ++at;
            continue;
        }
        const Decoded d = decode_char(text.substr(at));
        if (!is_white_space(d.c)) break;
        at += d.size;
    }
    return at;
}

std::size_t find_space(std::string_view text, std::size_t at) {
    while (at < text.size()) {
        // Eight bytes at once: the first one that is below 0x21 or beyond ASCII (a borrow reaches only later ones).
        if (std::uint64_t word; std::endian::native == std::endian::little && text.size() - at >= sizeof word) {
            std::memcpy(&word, text.data() + at, sizeof word);
            const std::uint64_t found = ((word - 0x2121212121212121) | word) & 0x8080808080808080;
            at += found == 0 ? sizeof word : static_cast<std::size_t>(std::countr_zero(found)) / 8;
            if (found == 0) continue;
        }
        if (is_ascii(text[at])) {
            if (is_ascii_space(text[at])) break;
            ++at;
            continue;
        }
        const Decoded d = decode_char(text.substr(at));
        if (is_white_space(d.c)) break;
        at += d.size;
    }
    return at;
}

} // namespace

extern "C" {

Object* rt_string_split(Context* context, Object* object, Object* separator,
                        std::int64_t list_desc) noexcept {
    std::string_view rest = view(object);
    const std::string_view mark = view(separator);
    Object* list = empty_seq(context, static_cast<std::uint32_t>(list_desc));
    std::size_t steps = 0;
    while (list) {
        if (++steps % 1024 == 0 && interrupted(context)) {
            rt_release(context, list);
            return nullptr;
        }
        if (mark.empty()) { // the characters
            if (rest.empty()) return list;
            const unsigned size = decode_char(rest).size;
            list = push_string(context, list, rest.substr(0, size));
            rest.remove_prefix(size);
            continue;
        }
        const std::size_t at = find_from(rest, mark, 0);
        if (at == std::string_view::npos) return push_string(context, list, rest);
        list = push_string(context, list, rest.substr(0, at));
        rest.remove_prefix(at + mark.size());
    }
    return nullptr;
}

Object* rt_string_lines(Context* context, Object* object, std::int64_t list_desc) noexcept {
    std::string_view rest = view(object);
    Object* list = empty_seq(context, static_cast<std::uint32_t>(list_desc));
    std::size_t steps = 0;
    while (list && !rest.empty() && !stops(context, list, steps)) {
        const std::size_t end = rest.find('\n');
        std::string_view line = rest.substr(0, end);
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
        if (end != std::string_view::npos && line.ends_with('\r')) line.remove_suffix(1);
        list = push_string(context, list, line);
    }
    return list;
}

Object* rt_string_words(Context* context, Object* object, std::int64_t list_desc) noexcept {
    const std::string_view text = view(object);
    Object* list = empty_seq(context, static_cast<std::uint32_t>(list_desc));
    std::size_t steps = 0;
    for (std::size_t at = skip_space(text, 0); list && at < text.size() && !stops(context, list, steps);) {
        const std::size_t end = find_space(text, at);
        list = push_string(context, list, text.substr(at, end - at));
        at = skip_space(text, end);
    }
    return list;
}

Object* rt_string_chars(Context* context, Object* object, std::int64_t list_desc) noexcept {
    const std::string_view text = view(object);
    if (text.empty()) return empty_seq(context, static_cast<std::uint32_t>(list_desc));
    Seq* list = new_seq(context, desc_of(context, list_desc), count_chars(text));
    if (!list) return nullptr;
    for (std::size_t at = 0; at < text.size();) {
        const Decoded d = decode_char(text.substr(at));
        const auto c = static_cast<std::uint32_t>(d.c);
        std::memcpy(list->data + list->length * 4, &c, sizeof c);
        ++list->length;
        at += d.size;
        if (list->length % check_interval == 0 && interrupted(context)) {
            rt_release(context, list);
            return nullptr;
        }
    }
    return list;
}

Object* rt_string_bytes(Context* context, Object* object, std::int64_t list_desc) noexcept {
    const std::string_view text = view(object);
    if (text.empty()) return empty_seq(context, static_cast<std::uint32_t>(list_desc));
    Seq* list = new_seq(context, desc_of(context, list_desc), static_cast<std::int64_t>(text.size()));
    if (!list) return nullptr;
    std::memcpy(list->data, text.data(), text.size());
    list->length = static_cast<std::int64_t>(text.size());
    return list;
}

Object* rt_string_from_chars(Context* context, Object* object) noexcept {
    const Seq* chars = as_seq(object);
    const auto at = [&](std::int64_t i) {
        std::uint32_t c;
        std::memcpy(&c, chars->data + i * 4, sizeof c);
        return char32_t(c);
    };
    char bytes[4];
    std::int64_t size = 0;
    for (std::int64_t i = 0; i < chars->length; ++i) size += encode_char(at(i), bytes);
    if (size == 0) return empty_seq(context, string_desc_id);
    Seq* text = new_text(context, size);
    if (!text) return nullptr;
    auto* end = reinterpret_cast<char*>(text->data);
    for (std::int64_t i = 0; i < chars->length; ++i) end += encode_char(at(i), end);
    return text;
}

Object* rt_string_reverse(Context* context, Object* object) noexcept {
    std::string_view text = view(object);
    if (text.size() < 2) return share(object);
    Seq* reversed = new_text(context, static_cast<std::int64_t>(text.size()));
    if (!reversed) return nullptr;
    std::uint8_t* end = reversed->data + text.size();
    while (!text.empty()) {
        const unsigned size = decode_char(text).size;
        end -= size;
        std::memcpy(end, text.data(), size);
        text.remove_prefix(size);
    }
    return reversed;
}

Object* rt_string_to_bytes(Context* context, Object* object) noexcept {
    const std::string_view text = view(object);
    return rt_bytes_new(context, text.data(), static_cast<std::int64_t>(text.size()), bytes_desc_id);
}

bool rt_bytes_is_text(Context*, Object* object) noexcept {
    const std::string_view bytes = view(object);
    return find_bad_utf8(bytes.data(), bytes.size()) == bytes.size();
}

Object* rt_bytes_to_text(Context* context, Object* object) noexcept { return new_string(context, view(object)); }

Object* rt_bytes_to_hex(Context* context, Object* object) noexcept {
    constexpr char digits[] = "0123456789abcdef";
    const std::string_view bytes = view(object);
    if (bytes.empty()) return empty_seq(context, string_desc_id);
    Seq* text = new_text(context, static_cast<std::int64_t>(bytes.size()) * 2);
    if (!text) return nullptr;
    std::uint8_t* out = text->data;
    for (const char byte : bytes) {
        const auto value = static_cast<unsigned char>(byte);
        *out++ = static_cast<std::uint8_t>(digits[value >> 4]);
        *out++ = static_cast<std::uint8_t>(digits[value & 15]);
    }
    return text;
}

std::uint32_t rt_string_char_at(Context*, Object* text, std::int64_t at) noexcept {
    return static_cast<std::uint32_t>(decode_char(view(text).substr(static_cast<std::size_t>(at))).c);
}

std::int64_t rt_string_char_end(Context*, Object* text, std::int64_t at) noexcept {
    return at + decode_char(view(text).substr(static_cast<std::size_t>(at))).size;
}

std::int64_t rt_string_skip_space(Context*, Object* text, std::int64_t at) noexcept {
    return static_cast<std::int64_t>(skip_space(view(text), static_cast<std::size_t>(at)));
}

std::int64_t rt_string_find_space(Context*, Object* text, std::int64_t at) noexcept {
    return static_cast<std::int64_t>(find_space(view(text), static_cast<std::size_t>(at)));
}

} // extern "C"

} // namespace tn::rt
