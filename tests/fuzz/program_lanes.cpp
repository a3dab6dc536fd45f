// Loops that may run in lanes: element by element over lists long enough for it, of all widths, with one list
// written or some values folded. Operands are what makes such loops hard: the ends of types, NaN, zeros of both signs.
#include "program_writer.h"

namespace tn::fuzz {

namespace {

const std::vector<std::string> int_types = {"i64", "i64", "i64", "i32", "i32", "u32", "u64", "i16", "u16", "u8", "i8"};
const std::vector<std::string> float_types = {"f64", "f64", "f32"};

bool is_float_type(const std::string& type) { return type[0] == 'f'; }
int bits_of_type(const std::string& type) { return std::stoi(type.substr(1)); }

} // namespace

// `i` counts; `lists` are there, with their elements' types, bool among them. Without lists: a constant.
std::string Writer::lane_value(const std::string& type, const std::vector<std::pair<std::string, std::string>>& lists, int depth) {
    auto value = [&] { return lane_value(type, lists, depth - 1); };
    if (depth <= 0 || chance(15)) {
        std::vector<std::string> found;
        for (const auto& [name, element] : lists) {
            if (element == type) found.insert(found.end(), 3, name + "[i]");
            if (element != type && element != "bool" && !is_float_type(element)) found.push_back("(" + name + "[i] as " + type + ")");
        }
        if (!lists.empty() && type == "i64") found.push_back("i");
        if (!lists.empty() && chance(10)) found.push_back("(i as " + type + ")");
        if (found.empty() || chance(20)) return is_float_type(type) ? std::to_string(pick(9)) + ".5" + type : small() + type;
        return one_of(found);
    }
    if (is_float_type(type)) {
        switch (pick(9)) {
        case 0: return "(" + value() + " + " + value() + ")";
        case 1: return "(" + value() + " - " + value() + ")";
        case 2: return "(" + value() + " * " + value() + ")";
        case 3: return "(" + value() + " / " + value() + ")";
        case 4: return "(-" + value() + ")";
        case 5: return value() + ".abs()";
        case 6: return value() + "." + one_of(std::vector<std::string>{"sqrt", "floor", "ceil", "trunc"}) + "()";
        default: return "(if " + lane_condition(lists, depth - 1) + " { " + value() + " } else { " + value() + " })";
        }
    }
    const std::string amount = std::to_string(pick(bits_of_type(type)));
    switch (pick(14)) {
    case 0: case 1: return value() + ".wrapping_add(" + value() + ")";
    case 2: return value() + ".wrapping_sub(" + value() + ")";
    case 3: return value() + ".wrapping_mul(" + value() + ")";
    case 4: return "(" + value() + " & " + value() + ")";
    case 5: return "(" + value() + " | " + value() + ")";
    case 6: return "(" + value() + " ^ " + value() + ")";
    case 7: return "(!" + value() + ")";
    case 8: return "(" + value() + " >> " + amount + ")";
    case 9: return "(" + value() + " << " + amount + ")";
    case 10: return value() + ".rotate_left(" + amount + ")";
    case 11: if (chance(60)) return value();
        return "(" + value() + (chance(50) ? " + " : " - ") + value() + ")"; // may trap
    default: return "(if " + lane_condition(lists, depth - 1) + " { " + value() + " } else { " + value() + " })";
    }
}

std::string Writer::lane_condition(const std::vector<std::pair<std::string, std::string>>& lists, int depth) {
    const auto& [name, type] = one_of(lists);
    if (type == "bool") return (chance(50) ? "" : "!") + name + "[i]";
    const std::string first = lane_value(type, lists, depth), second = lane_value(type, lists, depth);
    const std::string compare = first + " " + one_of(std::vector<std::string>{"<", "<=", ">", ">=", "==", "!="}) + " " + second;
    return chance(85) || depth <= 0 ? compare : "(" + compare + ") " + (chance(50) ? "&&" : "||") + " " + lane_condition(lists, depth - 1);
}

void Writer::lane_loop() {
    const int length = 15 + pick(60);
    if (!affordable(static_cast<std::uint64_t>(length) * 8)) return;
    cost_ += multiplier_ * static_cast<std::uint64_t>(length) * 8;
    const std::string n = std::to_string(length);
    std::vector<std::pair<std::string, std::string>> lists;
    for (int i = 1 + pick(3); i > 0; --i) {
        const std::string name = fresh();
        const std::string type = chance(10) ? "bool" : chance(30) ? one_of(float_types) : one_of(int_types);
        const std::string zero = type == "bool" ? "false" : is_float_type(type) ? "0.0" + type : "0" + type;
        line("let " + name + " = List.filled(" + n + ", " + zero + ");");
        const std::string mixed = "(i * " + std::to_string(1 + pick(1000000)) + " ^ i << " + std::to_string(pick(40)) + ")";
        const std::string made = type == "bool"        ? mixed + " % 3 == 1"
                                 : is_float_type(type) ? "(" + mixed + " - 5000) as " + type + " / " + one_of(std::vector<std::string>{"8.0", "3.0", "0.0"}) + type
                                                       : mixed + " as " + type;
        line("for i in 0.." + n + " { " + name + "[i] = " + made + "; }");
        if (type != "bool" && chance(30)) {
            const std::string end = is_float_type(type) ? one_of(std::vector<std::string>{"(-0.0" + type + ")", "(0.0" + type + " / 0.0" + type + ")"})
                                                        : type + (chance(50) ? ".MAX" : ".MIN");
            line(name + "[" + std::to_string(pick(length)) + "] = " + end + ";");
        }
        lists.emplace_back(name, type);
    }
    const std::string from = chance(80) ? "0" : std::to_string(pick(3));
    const std::string type = chance(30) ? one_of(float_types) : one_of(int_types);
    const std::string zero = is_float_type(type) ? "0.0" + type : "0" + type;
    if (chance(50)) { // a list
        const std::string out = chance(70) || lists[0].second != type ? fresh() : lists[0].first;
        if (out != lists[0].first) line("let " + out + " = List.filled(" + n + ", " + zero + ");");
        line("for i in " + from + ".." + n + " { " + out + "[i] = " + seen("lanes of a list", lane_value(type, lists, 3)) + "; }");
        line("print(" + out + ");");
        return;
    }
    std::vector<std::string> sums, rounds;
    for (int i = 1 + pick(2); i > 0; --i) {
        const std::string s = fresh();
        const std::string with = lane_value(type, lists, 2);
        sums.push_back(s);
        line("let " + s + ": " + type + " = " + lane_value(type, {}, 0) + ";");
        if (chance(35)) {
            rounds.push_back("let x" + s + " = " + with + "; if x" + s + " " + one_of(std::vector<std::string>{"<", "<=", ">", ">="}) + " " + s + " { " + s + " = x" + s + "; }");
        } else if (is_float_type(type)) {
            rounds.push_back(s + " " + one_of(std::vector<std::string>{"+=", "-=", "*="}) + " " + with + ";");
        } else if (chance(30)) {
            rounds.push_back("if " + lane_condition(lists, 1) + " { " + s + " += 1; }");
        } else {
            const std::string op = one_of(std::vector<std::string>{".wrapping_add(", ".wrapping_sub(", " ^ (", " | (", " & (", " + ("});
            rounds.push_back(s + " = " + s + op + with + ");");
        }
    }
    std::string body;
    for (const std::string& round : rounds) body += round + " ";
    line("for i in " + from + ".." + n + " { " + seen("lanes of a fold", body) + "}");
    for (const std::string& s : sums) line("print(" + s + ");");
}

} // namespace tn::fuzz
