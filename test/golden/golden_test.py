#!/usr/bin/env python3
"""Runs the golden cases and compares with failing.txt: the cases known to fail, and why.

usage: golden_test.py WEIR [DIR] [--write]

DIR, or else WEIR_GOLDEN_DIR, is the folder of the cases: spark-sql-dev.jsonl, builtins/ and the runner
golden_run.py; make_cases.py makes an equal one from Spark's test artifact. Without it: skipped (77).

Column names are compared too, also the generated ones.
Fails when a case that is not listed fails, and when one that is listed passes: then its line is to go.
--write writes the list anew: reasons are kept, new cases get "?", which is to be replaced by one.
"""

import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
LIST = os.path.join(HERE, "failing.txt")
HEAD = """# The golden cases that fail, and why. golden_test.py compares; a case that passes is to be taken out.
# CASE<tab>REASON
"""


def read_list():
    reasons = {}
    if os.path.exists(LIST):
        with open(LIST, encoding="utf-8") as file:
            for line in file:
                if line.strip() and not line.startswith("#"):
                    case, reason = line.rstrip("\n").split("\t")
                    reasons[case] = reason
    return reasons


def run(weir, folder):
    """The verdict of each case, and what the runner printed."""
    runner = os.path.join(folder, "golden_run.py")
    if not os.path.exists(runner):
        runner = os.path.join(HERE, "run_cases.py")
    with tempfile.TemporaryDirectory() as work:
        results = os.path.join(work, "results.jsonl")
        command = "'%s' sql --format json --persistent --set spark.sql.session.timeZone={tz}" % weir
        done = subprocess.run(
            [sys.executable, runner, "--cases", os.path.join(folder, "spark-sql-dev.jsonl"),
             "--cmd", command, "--persistent", "--schema", "names", "--results", results, "--show", "0"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        with open(results, encoding="utf-8") as file:
            verdicts = [json.loads(line) for line in file]
    return verdicts, done.stdout.decode()


def main():
    args = [arg for arg in sys.argv[1:] if arg != "--write"]
    weir = os.path.abspath(args[0])
    folder = args[1] if len(args) > 1 else os.environ.get("WEIR_GOLDEN_DIR", "")
    if not folder or not os.path.exists(os.path.join(folder, "spark-sql-dev.jsonl")):
        print("skipped: WEIR_GOLDEN_DIR does not name the folder of the golden cases "
              "(test/golden/make_cases.py makes one)")
        return 77
    verdicts, printed = run(weir, folder)
    print("\n".join(line for line in printed.splitlines() if line.startswith(("tier", "all "))))
    failing = {v["id"]: v for v in verdicts if v["verdict"] != "pass"}
    known = read_list()
    if "--write" in sys.argv:
        with open(LIST, "w", encoding="utf-8") as file:
            file.write(HEAD)
            for case in failing:
                file.write("%s\t%s\n" % (case, known.get(case, "?")))
        return 0
    ran = {v["id"] for v in verdicts}
    wrong = 0
    for case, verdict in failing.items():
        if case not in known:
            wrong += 1
            print("fails and is not listed: %s: %s: %s" % (case, verdict["verdict"],
                                                            verdict["detail"][:300]))
    for case in known:
        if case in ran and case not in failing:
            wrong += 1
            print("passes, and is listed in failing.txt: %s" % case)
        elif case not in ran:
            wrong += 1
            print("is listed in failing.txt and is no case: %s" % case)
    print("%d cases, %d fail as listed, %d differ from the list" % (len(ran), len(failing), wrong))
    return 1 if wrong or not ran else 0


if __name__ == "__main__":
    sys.exit(main())
