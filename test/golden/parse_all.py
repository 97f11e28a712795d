#!/usr/bin/env python3
"""Feeds every statement of the golden cases to the parser.

usage: parse_all.py GOLDEN_PARSE [DIR]

GOLDEN_PARSE is the program built from golden_parse.c; DIR (or WEIR_GOLDEN_DIR) holds the cases. A case
whose expected error is none, or one that comes after parsing, must parse; one whose expected error is
PARSE_SYNTAX_ERROR must be refused. Prints the failures and the share of cases that are right; exit
status 1 when that is below 99 %, 77 (skipped) without the cases.
"""
import glob
import json
import os
import subprocess
import sys

LEAST_SHARE = 0.99


def parse(program, texts):
    answer = subprocess.run([program], input=b"".join(t.encode() + b"\0" for t in texts),
                            stdout=subprocess.PIPE, check=True).stdout.decode()
    lines = answer.split("\n")[:-1]
    assert len(lines) == len(texts), (len(lines), len(texts))
    return lines


def main():
    program = sys.argv[1]
    folder = sys.argv[2] if len(sys.argv) > 2 else os.environ.get("WEIR_GOLDEN_DIR", "")
    cases_path = os.path.join(folder, "spark-sql-dev.jsonl")
    if not folder or not os.path.exists(cases_path):
        print("skipped: WEIR_GOLDEN_DIR does not name the folder of the golden cases")
        return 77
    with open(cases_path) as file:
        cases = [json.loads(line) for line in file]
    texts = []   # (what, text, class that is expected)
    for case in cases:
        expected = case["error"]["class"] if case["error"] else "ok"
        texts.append((case["id"], case["sql"], expected))
    for setup in sorted({s for case in cases for s in case["setup"]}):
        texts.append(("setup", setup, "ok"))
    for path in sorted(glob.glob(os.path.join(folder, "builtins", "*.sql")) +
                       glob.glob(os.path.join(folder, "nexmark", "queries", "*.sql"))):
        with open(path) as file:
            texts.append((os.path.basename(path), file.read(), "ok"))

    wrong = 0
    early = 0
    for (what, text, expected), line in zip(texts, parse(program, [t[1] for t in texts])):
        found = line.split("\t")[0]
        if expected == "PARSE_SYNTAX_ERROR":
            right = found != "ok"
        elif expected == "ok":
            right = found == "ok"
        else:
            # Spark tells some mistakes while parsing, under classes of their own.
            right = found in ("ok", expected)
            early += found == expected
        if not right:
            wrong += 1
            print(f"{what}: expected {expected}, found {line}\n    {text[:300]!r}")
    share = 1 - wrong / len(texts)
    print(f"{len(texts) - wrong} of {len(texts)} texts are right ({share:.2%}); "
          f"{early} mistakes of other classes are told by the parser itself")
    return 0 if share >= LEAST_SHARE else 1


if __name__ == "__main__":
    sys.exit(main())
