#!/usr/bin/env python3
"""Prints one closing line for a run of the tests, and names what was skipped.

usage: test_summary.py TESTLOG.json
"""
import json
import sys


def main() -> int:
    counts = {"OK": 0, "FAIL": 0, "SKIP": 0}
    with open(sys.argv[1], encoding="utf-8") as log:
        for line in log:
            test = json.loads(line)
            result = test["result"]
            kind = result if result in ("OK", "SKIP") else "FAIL"
            if result == "EXPECTEDFAIL":
                kind = "OK"
            counts[kind] += 1
            if kind == "SKIP":
                print(f"skipped: {test['name']}")
    print(f"{counts['OK']} passed, {counts['FAIL']} failed, {counts['SKIP']} skipped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
