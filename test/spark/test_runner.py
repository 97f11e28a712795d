#!/usr/bin/env python3
"""The runner's own tests, types and lint; random pipelines that weir and Spark must run alike; and the proof
that the comparison can fail: a planted mistake is found.

  test_runner.py WEIR                    a dozen pipelines; WEIR_TEST_LONG=1: 200
  test_runner.py WEIR --seeds 7,12       these
"""
import os
import subprocess
import sys
import tempfile

import spark
from pipelines import Pipelines


def check_package(python):
    """Its unit tests, mypy, ruff."""
    failed = False
    bin_folder = os.path.dirname(python)
    for command in ([python, "-m", "unittest", "discover", "-s", "tests"], [bin_folder + "/mypy"],
                    [bin_folder + "/ruff", "check", "--no-cache", "."]):
        said = subprocess.run(command, cwd=spark.ROOT + "/spark", env=spark.environment(),
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        print(f"{os.path.basename(command[0])}: {said.stdout.strip().splitlines()[-1]}")
        if said.returncode:
            print(said.stdout)
            failed = True
    return failed


def planted(weir, scratch):
    """A pipeline of sums, run by a weir that adds wrongly; None where this build has no such switch."""
    folder = f"{scratch}/planted"
    os.makedirs(folder)
    with open(folder + "/rows.json", "w", encoding="utf-8") as file:
        for i in range(200):
            file.write(f'{{"id":{i},"d":{i}.25,"ts":"2026-01-01T00:{i // 60:02d}:{i % 60:02d}Z"}}\n')
    with open(folder + "/pipeline.sql", "w", encoding="utf-8") as file:
        file.write(f"CREATE TABLE rows (id BIGINT, d DECIMAL(10,2), ts TIMESTAMP) USING json OPTIONS ('path' = '{folder}/rows.json');\n"
                   "CREATE STREAMING TABLE sums USING postgres AS SELECT window.start AS w, sum(d) AS d FROM STREAM rows\n"
                   "WATERMARK ts DELAY OF INTERVAL 1 SECOND GROUP BY window(ts, '5 seconds');\n")
    complaint = spark.prepare(weir, folder + "/pipeline.sql", folder + "/verify", env={"WEIR_PLANTED_MISTAKE": "1"})
    if complaint:
        sys.exit(complaint)
    return folder + "/verify"


def main():
    weir = os.path.abspath(sys.argv[1])
    python = spark.python()
    failed = check_package(python)
    seeds = list(range(1, 201 if spark.LONG else 13))
    if "--seeds" in sys.argv:
        seeds = [int(s) for s in sys.argv[sys.argv.index("--seeds") + 1].split(",")]
    keep = os.environ.get("WEIR_TEST_KEEP")
    with tempfile.TemporaryDirectory(prefix="weir-spark-") as scratch:
        scratch = keep or scratch
        folders = []
        for seed in seeds:
            folder = f"{scratch}/{seed}"
            os.makedirs(folder)
            complaint = spark.prepare(weir, Pipelines(seed).write(folder), folder + "/verify")
            if complaint:
                print(f"seed {seed}: {complaint}")
                failed = True
            else:
                folders.append(folder + "/verify")
        status, said, errors = spark.compare(python, folders, "--allow-empty")
        equal = said.count(": equal;")
        print(said if status else f"{equal} random pipelines are equal (seeds {seeds[0]} to {seeds[-1]})")
        if status or equal != len(seeds):
            print(errors[-3000:])
            failed = True
        status, said, errors = spark.compare(python, [planted(weir, scratch)])
        if status != 1 or "sums: only in weir" not in said:
            print("a planted mistake was not found:\n" + said + errors[-2000:])
            failed = True
        else:
            print("a planted mistake is found")
    return failed


if __name__ == "__main__":
    sys.exit(main())
