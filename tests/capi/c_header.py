"""include/c_api.h read by the tests: its functions with their comments, structs and numbers, and what is made of it.

The header keeps to a form that regular expressions can read: a prototype begins with TN_API, a struct with
`typedef struct NAME {` and ends with `} NAME;`, a comment in column 0 is about what follows it up to the next one.
"""
import re

PROTOTYPE = re.compile(r"^TN_API (?P<result>[\w ]+?[ *]+)(?P<name>tn_\w+)\((?P<parameters>[^;]*)\);", re.M | re.S)
STRUCT = re.compile(r"^typedef (struct|union) (?P<name>\w+) \{(?P<fields>.*?)\n\} (?P=name);", re.M | re.S)
NUMBER = re.compile(r"^#define (TN_\w+)[ ]+(\S.*)$", re.M)
COMMENT = re.compile(r"/\*.*?\*/", re.S)
# Grow with every version.
CHANGING = {"TN_ABI_MINOR", "TN_ABI_VERSION", "TN_API"}
GROWING = {"tn_host_api"}


class Function:
    def __init__(self, match, comment, line):
        self.name = match["name"]
        self.result = " ".join(match["result"].split()).replace(" *", "*")
        text = " ".join(match["parameters"].split())
        # (type without its name, name), "void" being none.
        self.parameters = []
        for parameter in [] if text == "void" else text.split(", "):
            kind, name = re.fullmatch(r"(.*?[ *])(\w+)", parameter).groups()
            self.parameters.append((kind.strip().replace(" *", "*"), name))
        self.comment = comment
        self.line = line
        self.definition = f"TN_API {match['result']}{match['name']}({text})"


class Header:
    def __init__(self, path):
        self.path = str(path)
        with open(path, encoding="utf-8") as file:
            self.text = file.read()
        comments = list(re.finditer(r"^/\*.*?\*/", self.text, re.M | re.S))
        self.functions = []
        for match in PROTOTYPE.finditer(self.text):
            before = [c for c in comments if c.end() <= match.start()]
            comment = re.sub(r"\s*\n \*\s?|\s+", " ", before[-1].group()) if before else ""
            self.functions.append(Function(match, comment, self.text.count("\n", 0, match.start()) + 1))
        if len(self.functions) != len(re.findall(r"^TN_API", self.text, re.M)):
            raise ValueError(f"{path}: a prototype is not in the form that tests/capi/c_header.py reads")

    def structs(self):
        """(name, its fields' names) of every struct and union that hosts can look into."""
        for match in STRUCT.finditer(self.text):
            fields = re.findall(r"(?:\(\*)?(\w+)(?:\)\([^;]*\))?;", COMMENT.sub("", match["fields"]))
            yield match["name"], fields

    def numbers(self):
        """The names of the constants whose numbers hosts compile in."""
        for match in NUMBER.finditer(self.text):
            value = COMMENT.sub("", re.sub(r"/\*.*", "", match[2])).strip()
            if value and match[1] not in CHANGING and not value.startswith("__"):
                yield match[1]

    def layout_program(self):
        """A C program that prints the size and offsets of every struct, and every number."""
        lines = [f'#include "{self.path}"', "#include <stdio.h>", "int main(void) {"]
        for name, fields in self.structs():
            if name not in GROWING:
                lines.append(f'    printf("{name} size %zu\\n", sizeof({name}));')
            for field in fields:
                sizes = f"offsetof({name}, {field}), sizeof((({name} *)0)->{field})"
                lines.append(f'    printf("{name}.{field} at %zu size %zu\\n", {sizes});')
        for name in self.numbers():
            lines.append(f'    printf("{name} %lld\\n", (long long){name});')
        return "\n".join(lines + ["    return 0;", "}", ""])

    def stub(self):
        """C definitions of all functions, which do nothing: to link against, and to describe to abidw."""
        lines = [f'#include "{self.path}"']
        for function in self.functions:
            body = "{}" if function.result == "void" else "{ return 0; }"
            lines.append(f"{function.definition} {body}")
        return "\n".join(lines) + "\n"


if __name__ == "__main__":
    import sys
    with open(sys.argv[2], "w", encoding="utf-8") as out:
        out.write(Header(sys.argv[1]).stub())
