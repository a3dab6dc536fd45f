#!/usr/bin/env python3
"""Adds up the test cases of every suite that ./dev test ran.

In: the folder of reports (ctest's JUnit file and one GoogleTest XML per program, pytest's JUnit file, the
text of ExUnit, NAME.started and NAME.failed marks). Out: a line per suite and, last, `N passed, N failed`;
exit status 1 when something failed. A program that crashed or could not be built counts as failed.
"""
import glob
import os
import re
import sys
import xml.etree.ElementTree as xml

LAST_LINE = re.compile(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?\s*$", re.MULTILINE)
EXUNIT = re.compile(r"^(?:(\d+) doctests?, )?(?:\d+ propert\w+, )?(\d+) tests?, (\d+) failures?(.*)$", re.MULTILINE)
ANSI = re.compile(r"\x1b\[[0-9;]*m")


def parse(path):
    """The root of an XML file, or None where it is missing or cut off."""
    try:
        return xml.parse(path).getroot()
    except (OSError, xml.ParseError):
        return None


def gtest_cases(path):
    root = parse(path)
    if root is None:
        return None
    total = int(root.get("tests", 0)) - int(root.get("disabled", 0))
    failed = int(root.get("failures", 0)) + int(root.get("errors", 0))
    skipped = int(root.get("skipped", 0) or 0) or sum(1 for _ in root.iter("skipped"))
    return total - failed - skipped, failed, skipped


def ctest_suite(report, folder):
    """Every CTest test: by its GoogleTest XML, by a last line `N passed, N failed[, N skipped]`, else as one case."""
    root = parse(report)
    if root is None:
        return []
    rows = []
    for case in root.iter("testcase"):
        name = case.get("name")
        ok = case.get("status") == "run" and case.find("failure") is None
        if case.get("status") == "disabled":
            continue  # does not apply to this build
        if case.get("status") == "notrun" and case.find("skipped") is not None:
            if "SKIP" in (case.find("skipped").get("message") or "").upper():
                rows.append((name, 0, 0, 1))
                continue
        cases = gtest_cases(os.path.join(folder, name + ".xml"))
        output = case.findtext("system-out") or ""
        lines = LAST_LINE.findall(output)
        if cases:
            passed, failed, skipped = cases
        elif lines:
            passed, failed, skipped = (int(count or 0) for count in lines[-1])
        else:
            passed, failed, skipped = (1, 0, 0) if ok else (0, 1, 0)
        if not ok and failed == 0:
            failed = 1  # crashed, timed out or leaked after its last case
        rows.append((name, passed, failed, skipped))
    return rows


def pytest_suite(path):
    root = parse(path)
    if root is None:
        return []
    passed = failed = skipped = 0
    for suite in root.iter("testsuite"):
        bad = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        skip = int(suite.get("skipped", 0))
        passed += int(suite.get("tests", 0)) - bad - skip
        failed += bad
        skipped += skip
    return [("pytest", passed, failed, skipped)]


def exunit_suite(path):
    with open(path, encoding="utf-8", errors="replace") as text:
        found = EXUNIT.findall(ANSI.sub("", text.read()))
    if not found:
        return [("ExUnit", 0, 1, 0)]
    rows = []
    for doctests, tests, failures, rest in found:
        skipped = sum(int(n) for n in re.findall(r"(\d+) (?:skipped|excluded)", rest))
        total = int(doctests or 0) + int(tests)
        rows.append(("ExUnit", total - int(failures) - skipped, int(failures), skipped))
    return rows


def main():
    folder = sys.argv[1]
    rows = []
    for started in sorted(glob.glob(os.path.join(folder, "*.started"))):
        suite = os.path.basename(started).removesuffix(".started")
        base = os.path.join(folder, suite)
        if os.path.exists(base + ".failed"):
            with open(base + ".failed", encoding="utf-8") as reason:
                rows.append((suite, reason.read().strip(), 0, 1, 0))
            continue
        if os.path.exists(base + ".ctest.xml"):
            found = ctest_suite(base + ".ctest.xml", base)
        elif os.path.exists(base + ".pytest.xml"):
            found = pytest_suite(base + ".pytest.xml")
        elif os.path.exists(base + ".exunit"):
            found = exunit_suite(base + ".exunit")
        else:
            found = [("check", 1, 0, 0)]
        rows += [(suite, *row) for row in found] or [(suite, "no results", 0, 1, 0)]

    width = max([len(f"{suite} {name}") for suite, name, *_ in rows] + [10])
    passed = failed = skipped = 0
    for suite, name, good, bad, skip in rows:
        passed, failed, skipped = passed + good, failed + bad, skipped + skip
        note = f"  {bad} FAILED" if bad else ""
        note += f"  {skip} skipped" if skip else ""
        print(f"{f'{suite} {name}':<{width}}  {good:5} passed{note}")
    if not rows:
        failed = 1
        print("no suite ran")
    if skipped:
        print(f"{skipped} skipped")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
