#!/usr/bin/env python3
"""The runner's own tests, types and lint; random pipelines that weir and Spark must run alike; and the proof
that the comparison can fail: a planted mistake is found.

  test_runner.py WEIR                    twelve pipelines; WEIR_TEST_LONG=1: 200
  test_runner.py WEIR --seeds 7,12       these
"""
import json
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


PLANTED = {
    "sum": ("SELECT window.start AS w, sum(d) AS d FROM STREAM rows WATERMARK ts DELAY OF INTERVAL 1 SECOND "
            "GROUP BY window(ts, '5 seconds')"),
    # Half of the rows have a partner; of these some are told as alone as well.
    "join": ("SELECT l.id AS id, r.id AS rid FROM STREAM rows WATERMARK ts DELAY OF INTERVAL 1 SECOND AS l LEFT JOIN STREAM rows "
             "WATERMARK ts DELAY OF INTERVAL 1 SECOND AS r ON l.id = r.id * 2 AND r.ts BETWEEN l.ts - INTERVAL 200 SECONDS AND l.ts"),
}
OPEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "open_rows.txt")


def planted(weir, scratch, name):
    """The folder of a pipeline that was run by a weir which makes that mistake (src/base/planted.h)."""
    folder = f"{scratch}/planted-{name}"
    os.makedirs(folder)
    with open(folder + "/rows.json", "w", encoding="utf-8") as file:
        for i in range(400):
            file.write(f'{{"id":{i},"d":{i}.25,"ts":"2026-01-01T00:{i // 60:02d}:{i % 60:02d}Z"}}\n')
    with open(folder + "/pipeline.sql", "w", encoding="utf-8") as file:
        file.write(f"CREATE TABLE rows (id BIGINT, d DECIMAL(10,2), ts TIMESTAMP) USING json OPTIONS ('path' = '{folder}/rows.json');\n"
                   f"CREATE STREAMING TABLE wrong USING postgres AS {PLANTED[name]};\n")
    for env, out in (({}, "right"), ({"WEIR_PLANTED_MISTAKE": name}, "verify")):
        complaint = spark.prepare(weir, folder + "/pipeline.sql", f"{folder}/{out}", env=env)
        if complaint:
            sys.exit(complaint)
    return folder


def certificate(folder):
    """None: Spark gave no answer."""
    try:
        with open(folder + "/certificate.json", encoding="utf-8") as file:
            return json.load(file)
    except OSError:
        return None


def not_found(name, folder):
    """A planted mistake that the comparison did not find, or found where there was none."""
    right, wrong = certificate(folder + "/right"), certificate(folder + "/verify")
    if not right or not wrong:
        return f"planted ({name}): Spark gave no answer"
    if not right["equal"]:
        return f"planted ({name}): the pipeline differs without a mistake: {right['tables']}"
    rows = [t for t in wrong["tables"] if t["name"] == "wrong" and t["missing"]]
    return None if not wrong["equal"] and rows else f"planted ({name}): the mistake was not found: {wrong['tables']}"


def open_rows(seed, said):
    """Rows that only one engine held back at the end of the input: "SEED TABLE: IN-WEIR IN-SPARK"."""
    return [f"{seed} {t['name']}: {t['open_in_weir']} {t['open_in_spark']}" for t in said["tables"] if t["open_in_weir"] or t["open_in_spark"]]


def check_pipelines(weir, python, scratch, seeds, known):
    """Random pipelines and planted mistakes, in one Spark session: sentences about what is wrong. `known`: what is open."""
    wrong, folders, found = [], {}, []
    for seed in seeds:
        os.makedirs(f"{scratch}/{seed}")
        complaint = spark.prepare(weir, Pipelines(seed).write(f"{scratch}/{seed}"), f"{scratch}/{seed}/verify")
        if complaint:
            wrong.append(f"seed {seed}: {complaint}")
        else:
            folders[seed] = f"{scratch}/{seed}/verify"
    mistakes = {name: planted(weir, scratch, name) for name in PLANTED}
    _, said, errors = spark.compare(python, [*folders.values(), *(f"{f}/{run}" for f in mistakes.values() for run in ("right", "verify"))],
                                    "--allow-empty")
    for seed, folder in folders.items():
        answer = certificate(folder)
        if not answer:
            return [*wrong, f"seed {seed}: Spark gave no answer: {said[-1000:]} {errors[-2000:]}"]
        if not answer["equal"]:
            wrong.append(f"seed {seed} is NOT equal; its lines below")
        found += open_rows(seed, answer)
    if any("NOT equal" in w for w in wrong):
        wrong.append(said)
    for seed in seeds:
        here, there = ([line for line in lines if line.startswith(f"{seed} ")] for lines in (found, known))
        if here != there:
            wrong.append(f"seed {seed}: open are {here}, {os.path.basename(OPEN)} says {there}")
    return wrong + [w for w in (not_found(name, folder) for name, folder in mistakes.items()) if w]


RUN = """CREATE TABLE rows (id BIGINT NOT NULL, k STRING, v INT, ts TIMESTAMP, CONSTRAINT few CHECK (v < 90))
USING json OPTIONS ('path' = '{folder}/in');
CREATE STREAMING TABLE copies USING json TBLPROPERTIES ('path' = '{folder}/copies') AS SELECT * FROM STREAM rows;
CREATE STREAMING TABLE sums USING postgres TBLPROPERTIES ('primary_key' = 'w, k', 'output_mode' = 'append') AS
SELECT window.start AS w, k, sum(v) AS v FROM STREAM rows WATERMARK ts DELAY OF INTERVAL 1 SECOND
GROUP BY window(ts, '10 seconds'), k;
CREATE MATERIALIZED VIEW total USING json TBLPROPERTIES ('path' = '{folder}/total') AS SELECT count(*) AS n, sum(v) AS v FROM sums;
"""


def read_json(folder):
    rows = []
    for at, _, names in sorted(os.walk(folder)):
        for name in sorted(n for n in names if n.endswith(".json")):
            with open(os.path.join(at, name), encoding="utf-8") as file:
                rows += [json.loads(line) for line in file]
    return rows


def write_json(path, ids):
    with open(path, "w", encoding="utf-8") as file:
        for i in ids:
            v = i % 100
            file.write(json.dumps({"id": i, "k": "ab"[i % 2], "v": v, "ts": f"2026-01-01T00:{i // 60 % 60:02d}:{i % 60:02d}Z"}) + "\n")
        file.write("broken\n")


def check_run(weir, scratch):
    """weir run --engine spark: files in, files out; goes on from its checkpoints; errors have places."""
    folder = f"{scratch}/run"
    os.makedirs(folder + "/in")
    file = folder + "/pipeline.sql"
    with open(file, "w", encoding="utf-8") as out:
        out.write(RUN.format(folder=folder))
    command = [weir, "run", file, "--engine", "spark", "--once", "--data", folder + "/data", "--set", "spark.master=local[2]",
               "--set", "spark.sql.shuffle.partitions=1"]
    wrong = []
    for batch in range(2):
        write_json(f"{folder}/in/{batch}.json", range(batch * 300, batch * 300 + 300))
        said = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if said.returncode:
            return [f"weir run ends with {said.returncode}: {said.stdout[-800:]} {said.stderr[-1500:]}"]
        good = [i for i in range(batch * 300 + 300) if i % 100 < 90]
        copies = sorted(r["id"] for r in read_json(folder + "/copies"))
        if copies != good:
            wrong.append(f"run {batch + 1}: {len(copies)} copies, {len(good)} good rows")
        # Windows of 10 s that ended by the watermark: 1 s before the last row.
        last = max(good) - 1
        closed = [i for i in good if (i // 10 + 1) * 10 <= last]
        total = read_json(folder + "/total")
        want = {"n": len({(i // 10, i % 2) for i in closed}), "v": sum(i % 100 for i in closed)}
        if total != [want]:
            wrong.append(f"run {batch + 1}: the view holds {total}, not {want}")
        if "copies" not in said.stdout:
            wrong.append(f"the picture does not show the flow: {said.stdout[-500:]}")
    with open(file, "a", encoding="utf-8") as out:
        out.write("CREATE STREAMING TABLE ranked USING postgres TBLPROPERTIES ('primary_key' = 'k', 'output_mode' = 'update', "
                  "'unbounded_state' = 'true') AS\n"
                  "SELECT k, v, id FROM (SELECT *, row_number() OVER (PARTITION BY k ORDER BY v DESC, id) AS n FROM STREAM rows) WHERE n <= 1;\n")
    said = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if said.returncode != 1 or "NON_TIME_WINDOW_NOT_SUPPORTED_IN_STREAMING" not in said.stderr or "pipeline.sql:" not in said.stderr:
        wrong.append(f"a refusal of Spark's is not told with its place: {said.returncode} {said.stderr[-600:]}")
    return wrong


def main():
    weir = os.path.abspath(sys.argv[1])
    python = spark.python()
    failed = check_package(python)
    seeds = list(range(1, 201 if spark.LONG else 13))
    if "--seeds" in sys.argv:
        seeds = [int(s) for s in sys.argv[sys.argv.index("--seeds") + 1].split(",")]
    with open(OPEN, encoding="utf-8") as file:
        known = [line.strip() for line in file if line.strip() and not line.startswith("#")]
    keep = os.environ.get("WEIR_TEST_KEEP")
    with tempfile.TemporaryDirectory(prefix="weir-spark-") as scratch:
        scratch = keep or scratch
        wrong = check_pipelines(weir, python, scratch, seeds, known)
        print("\n".join(wrong) or f"{len(seeds)} random pipelines are equal (seeds {seeds[0]} to {seeds[-1]}); "
              f"planted mistakes are found: {', '.join(PLANTED)}")
        failed = failed or bool(wrong)
        wrong = check_run(weir, scratch) if spark.LONG else []
        print("skipped: weir run --engine spark (WEIR_TEST_LONG=1 runs it)" if not spark.LONG else "\n".join(wrong) or "weir run --engine spark: files in, files out, on from the checkpoints")
        failed = failed or bool(wrong)
    return failed


if __name__ == "__main__":
    sys.exit(main())
