#!/usr/bin/env python3
"""Spark's own parser takes every statement of every pipeline here, and Spark computes what weir computes for
every example: `weir verify`, all comparisons in one Spark session.

  test_examples.py WEIR
"""
import glob
import json
import os
import subprocess
import sys
import tempfile

import spark

# What Spark's streaming does not run (the files say so themselves): not compared.
SPARK_CANNOT = {"q4", "q5", "q6", "q9", "q15", "q16", "q17", "q18", "q19"}


def check_parser(python):
    files = sorted(glob.glob(spark.ROOT + "/examples/**/*.sql", recursive=True)
                   + glob.glob(spark.ROOT + "/test/**/*.sql", recursive=True)
                   + glob.glob(spark.ROOT + "/bench/**/*.sql", recursive=True))
    files = [f for f in files if "/corpus/" not in f]
    texts, places = [], []
    for file in files:
        with open(file, encoding="utf-8") as source:
            for i, statement in enumerate(spark.statements(source.read())):
                texts.append(statement)
                places.append(f"{os.path.relpath(file, spark.ROOT)}, statement {i + 1}")
    texts.append("CREATE STREAMING TABLE t AS SELECT (")  # The parser can say no.
    said = subprocess.run([python, spark.ROOT + "/test/diff/spark_server.py"], input=json.dumps({"parse": texts}) + "\n",
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=spark.environment())
    answers = json.loads(said.stdout)
    refused = [f"{place}: {answer}" for place, answer in zip(places, answers) if answer]
    if answers[-1] is None:
        refused.append("a broken statement was taken: the check proves nothing")
    print(f"{len(places)} statements of {len(files)} files: Spark's parser refuses {len(refused)}")
    for line in refused:
        print("  " + line)
    return bool(refused)


def write_odd(folder):
    """Names that are no file's, a CHECK with text that has quotes, a record late for one of its two hopping windows."""
    with open(folder + "/odd.json", "w", encoding="utf-8") as file:
        for i, (name, second) in enumerate([("a", 1), ("it's", 2), ("b", 12), ("b", 14), ("a", 21), ("a", 17), ("b", 40)]):
            file.write(json.dumps({"id": i, "the name": name, "ts": f"2026-01-01T00:00:{second:02d}Z"}) + "\n")
    path = folder + "/odd.sql"
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"""CREATE TABLE `in/../put` (id BIGINT, `the name` STRING, ts TIMESTAMP, CONSTRAINT odd CHECK (`the name` <> 'it''s'))
USING json OPTIONS ('path' = '{folder}/odd.json');
CREATE STREAMING TABLE `../out put` USING postgres AS SELECT * FROM STREAM `in/../put`;
CREATE STREAMING TABLE hops USING postgres AS SELECT window.start AS w, count(*) AS n FROM STREAM `in/../put`
WATERMARK ts DELAY OF INTERVAL 1 SECOND GROUP BY window(ts, '10 seconds', '5 seconds');
""")
    return path


def main():
    weir = os.path.abspath(sys.argv[1])
    python = spark.python()
    failed = check_parser(python)
    with tempfile.TemporaryDirectory(prefix="weir-spark-") as scratch:
        folders = []
        orders = scratch + "/orders.ndjson"
        with open(orders, "w", encoding="utf-8") as file:
            subprocess.run([weir, "generate", "orders", "--count", "4000", "--seed", "5", "--late", "0.01", "--malformed",
                            "0.01", "--invalid", "0.01", "--duplicate", "0.01"], stdout=file, check=True)
        cases = [(spark.ROOT + "/examples/orders/pipeline.sql", ["--input", f"order_feed={orders}"])]
        for file in sorted(glob.glob(spark.ROOT + "/examples/nexmark/*.sql")):
            if os.path.basename(file)[:-4] not in SPARK_CANNOT:
                # q11: long enough for a bidder to be away.
                events = 60000 if file.endswith("q11.sql") else 15000
                cases.append((file, ["--set", f"events={events}"]))
        cases.append((write_odd(scratch), []))
        for i, (file, arguments) in enumerate(cases):
            folder = f"{scratch}/{i}"
            complaint = spark.prepare(weir, file, folder, *arguments)
            if complaint:
                print(f"{file}: {complaint}")
                failed = True
            else:
                folders.append(folder)
        status, said, errors = spark.compare(python, folders)
        print(said)
        if status:
            print(errors[-3000:])
            failed = True
        if said.count(": equal;") != len(cases):
            print(f"{len(cases)} pipelines were to be equal")
            failed = True
    return failed


if __name__ == "__main__":
    sys.exit(main())
