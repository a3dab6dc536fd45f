#!/usr/bin/env python3
"""The manual in include/c_api.h: each function's comment says what its prototype cannot.

usage: doc_test.py SOURCE_DIR
  Threads: [class], Since: version    every function
  Ownership:                          every one that gives something: a pointer, a handle, a value
  Errors:                             every one that can fail: it answers a status, or is given a pointer
  may be NULL / NULL                  every optional parameter, and what a NULL handle means where no status says it
  the names of its parameters         `x` in a comment is a parameter, or stands elsewhere in the header
A comment holds for the prototypes that follow it up to the next one. "as tn_x" takes over what tn_x says, "as above"
what the comment before says. Section N of the header is src/capi/N.cpp and tests/capi/N_test.c, and the version that
Since names exists. Prints `N passed, N failed`.
"""
import pathlib
import re
import sys

from c_header import Header

CLASSES = {"any", "shared", "instance", "confined", "callback"}
REFERENCE = re.compile(r"\b[Aa]s (tn_\w+|above|the two above)")
# Types of parameters through which a function gives something that the caller then owns or borrows.
GIVES = re.compile(r"(tn_\w+\*\*|const void\*\*|tn_value\*|tn_fnptr\*|const tn_type\*\*)$")


def inherited(function, functions):
    """The comment, and those that it refers to."""
    texts, queue, seen = [], [function], set()
    while queue:
        at = queue.pop()
        if at.comment in seen:
            continue
        seen.add(at.comment)
        texts.append(at.comment)
        for name in REFERENCE.findall(at.comment):
            if name.startswith("tn_"):
                queue += [f for f in functions if f.name == name]
            else:
                queue += [f for f in functions if f.line < at.line and f.comment != at.comment][-1:]
    return " ".join(texts)


def problems_of(function, functions, minor):
    own, all_text = function.comment, inherited(function, functions)
    found = []
    threads = re.search(r"Threads: \[(\w+)\]", all_text)
    if not threads or threads[1] not in CLASSES:
        found.append("no `Threads: [class]`")
    since = re.search(r"Since: (\d+)\.(\d+)", all_text)
    if not since or int(since[1]) != 1 or int(since[2]) > minor:
        found.append("no `Since: version` of a version there is")
    kinds = dict((name, kind) for kind, name in function.parameters)
    outs = [n for n, kind in kinds.items() if GIVES.search(kind) and n != "err" and not kind.startswith("const tn_value")]
    gives = function.result.endswith("*") or any(kinds[n] != "tn_value*" or n in ("out", "ret") for n in outs)
    if gives and "Ownership:" not in all_text and not re.search(r"reference; answers", own):
        found.append("gives something and does not say `Ownership:`")
    takes = [n for n, kind in kinds.items() if kind.endswith("*") and n not in ("err", "len", "ud")]
    if (function.result == "tn_status" or takes) and not re.search(r"Errors|NULL, dead|or NULL if|Dead: nothing", all_text):
        found.append("can fail and does not say `Errors:`")
    for name, kind in kinds.items():
        if kind == "const tn_config*" and name != "c" and not re.search(rf"`{name}` may be NULL|as tn_compile", all_text):
            found.append(f"does not say whether `{name}` may be NULL")
    if function.result != "tn_status" and takes and not re.search(r"NULL|Errors: (0|TN_TAG_NONE)|[Dd]ead", all_text):
        found.append("does not say what it makes of NULL")
    return found


def unknown_names(function, header):
    """Words in backquotes in front of `may be NULL` that are no parameter."""
    names = {name for _, name in function.parameters}
    siblings = {n for f in header.functions if f.comment == function.comment for _, n in f.parameters}
    return [word for word in re.findall(r"`(\w+)` (?:may be|and `\w+` may be) NULL", function.comment)
            if word not in names | siblings]


def sections(header, source):
    for name in re.findall(r"^/\* ==== \d+ (\w+) =", header.text, re.M):
        for path in (f"src/capi/{name}.cpp", f"tests/capi/{name}_test.c"):
            if not (source / path).exists():
                yield f"section {name} has no {path}"


def main():
    source = pathlib.Path(sys.argv[1])
    header = Header(source / "include/c_api.h")
    minor = int(re.search(r"#define TN_ABI_MINOR (\d+)u", header.text)[1])
    problems = list(sections(header, source))
    passed = 0
    for function in header.functions:
        found = problems_of(function, header.functions, minor)
        found += [f"`{name}` is no parameter" for name in unknown_names(function, header)]
        problems += [f"include/c_api.h:{function.line}: {function.name}: {text}" for text in found]
        passed += not found
    for problem in problems:
        print(f"FAILED {problem}")
    print(f"{passed} passed, {len(problems)} failed")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
