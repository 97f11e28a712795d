#!/usr/bin/env python3
"""Compares `weir sql` with real Spark on random typed queries: schemas, rows and error classes.

  diff_spark.py WEIR --seed 1 --count 2000      generate, compare, shrink and print what differs; exit 1 then
  diff_spark.py WEIR --replay                   the kept cases (cases.jsonl) against what Spark had answered
                                                once; needs no Spark; this is what CI runs
  diff_spark.py WEIR --keep N ...               also append N of the agreeing cases to cases.jsonl
  diff_spark.py WEIR --sql 'SELECT ...'         one query against both
  diff_spark.py WEIR --ask FILE                 each line of FILE, a query, against both, names too; those in
                                                which they agree are kept (once)
  diff_spark.py WEIR --mutate PART ...          queries like the golden cases (WEIR_GOLDEN_DIR) of the files whose name
                                                holds PART ('' for all), each with a word or two changed (mutate.py)
  diff_spark.py WEIR --recheck                  the kept cases, asked of Spark again
  diff_spark.py WEIR --examples                 the example of every function in docs/functions.md

How values are compared: exactly, except DOUBLE and FLOAT, which may differ by 4 units in the last place
(the mathematical functions of Java and C are both allowed one or two), and moments (stddev, corr, ...) by
1e-9 relatively. Rows are compared as a multiset, or in order where the query ends in ORDER BY.
"""
import argparse
import json
import math
import os
import random
import re
import struct
import subprocess
import sys
import time

import mutate
from grammar import Generator, SQL_TYPES, VALUES, leaf

HERE = os.path.dirname(os.path.abspath(__file__))
CASES = os.path.join(HERE, "cases.jsonl")
ZONES = ["UTC", "America/Los_Angeles", "Asia/Kolkata", "Europe/London"]
MOMENTS = re.compile(r"\b(stddev|variance|var_pop|corr|covar|skewness|kurtosis|regr_|avg|sum|percentile)", re.I)


class Peer:
    """A program that answers one JSON line for each JSON line."""

    def __init__(self, command, name):
        self.command, self.name, self.process = command, name, None

    def ask(self, request):
        if self.process is None:
            self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                            stderr=open(os.devnull, "w"), text=True, encoding="utf-8")
        try:
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            status = self.process.wait()
            self.process = None
            return [{"error": {"class": f"CRASH {status}", "message": f"{self.name} ended with {status}"}}]
        return json.loads(line)

    def close(self):
        if self.process:
            self.process.stdin.close()
            self.process.wait()


def spark_peer():
    root = os.path.dirname(os.path.dirname(HERE))
    script = os.path.join(root, "script", "spark")
    python = subprocess.run([script, "--python"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    return Peer([python, os.path.join(HERE, "spark_server.py")], "Spark")


# ── comparing ──────────────────────────────────────────────────────────────────────────────────


def ulps_apart(a, b, single):
    def ordered(x):
        bits = struct.unpack("<i", struct.pack("<f", x))[0] if single else struct.unpack("<q", struct.pack("<d", x))[0]
        return bits if bits >= 0 else (-0x80000000 if single else -0x8000000000000000) - bits
    try:
        return abs(ordered(a) - ordered(b))
    except (OverflowError, struct.error):
        return 1 << 62


def trimmed(text):
    return re.sub(r"(\.\d*?)0+$", r"\1", text).rstrip(".") if "." in text else text


def same(a, b, kind, loose):
    if a is None or b is None:
        return a is b
    if kind in ("double", "float"):
        x, y = (float(str(v).replace("Infinity", "inf")) for v in (a, b))
        if math.isnan(x) or math.isnan(y):
            return math.isnan(x) and math.isnan(y)
        if x == y:
            return math.copysign(1, x) == math.copysign(1, y)
        return ulps_apart(x, y, kind == "float") <= 4 or (
            loose and abs(x - y) <= 1e-9 * max(abs(x), abs(y)))
    if kind.startswith("timestamp"):
        return trimmed(str(a)) == trimmed(str(b))
    if kind.startswith("decimal"):
        return str(a) == str(b)
    return without_order(a) == without_order(b) if "map<" in kind else a == b


def without_order(value):
    """A map's entries come from Spark through Java's hash table: pairs are compared as a set."""
    if not isinstance(value, list):
        return value
    inner = [without_order(x) for x in value]
    pairs = inner and all(isinstance(x, list) and len(x) == 2 for x in inner)
    return sorted(inner, key=json.dumps) if pairs else inner


def rows_differ(got, want, kinds, ordered, loose):
    if len(got) != len(want):
        return f"{len(got)} rows, Spark has {len(want)}"

    def equal(a, b):
        return all(same(x, y, k, loose) for x, y, k in zip(a, b, kinds))
    if ordered:
        for i, (a, b) in enumerate(zip(got, want)):
            if not equal(a, b):
                return f"row {i}: {a}, Spark has {b}"
        return None
    left, extra = list(want), []
    for row in got:
        for i, other in enumerate(left):
            if equal(row, other):
                del left[i]
                break
        else:
            extra.append(row)
    return f"{extra[:3]} where Spark has {left[:3]}" if extra else None


def difference(sql, got, want):
    """None, or (kind, words)."""
    if "error" in want or "error" in got:
        a = got.get("error", {}).get("class", "none") if "error" in got else "none"
        b = want["error"]["class"] if "error" in want else "none"
        # Where Spark fails with an exception of Java's alone, it has no class to agree with.
        if a == b or b is None and a != "none":
            return None
        if a.startswith("CRASH"):
            return "crash", a
        if a == "none" or b == "none":
            said = (want.get("error") or got.get("error"))["message"]
            return "error", f"error class {a}, Spark has {b} ({said[:160]})"
        return "class", f"error class {a}, Spark has {b}"
    if [t for _, t in got["schema"]] != [t for _, t in want["schema"]]:
        return "type", f"types {[t for _, t in got['schema']]}, Spark has {[t for _, t in want['schema']]}"
    kinds = [t for _, t in want["schema"]]
    found = rows_differ(got["rows"], want["rows"], kinds, " ORDER BY id" in sql, bool(MOMENTS.search(sql)))
    if found:
        return "rows", found
    if [n for n, _ in got["schema"]] != [n for n, _ in want["schema"]]:
        return "name", f"names {[n for n, _ in got['schema']]}, Spark has {[n for n, _ in want['schema']]}"
    return None


class Pair:
    def __init__(self, weir, zone, setup):
        self.weir, self.spark = weir
        self.zone, self.setup = zone, setup

    def answers(self, sql):
        request = {"id": "diff", "statements": self.setup + [sql], "timezone": self.zone}
        return self.weir.ask(request)[-1], self.spark.ask(request)[-1]

    def differs(self, sql):
        got, want = self.answers(sql)
        return difference(sql, got, want)


# ── making a difference small ──────────────────────────────────────────────────────────────────


def smaller(tree):
    """Trees with one piece less, the greatest steps first."""
    for node in tree.nodes():
        if node.drop is not None and node.text() != node.drop:
            yield tree.replaced(node, leaf("gone", node.drop))
    for node in tree.nodes():
        if node.kind in SQL_TYPES or node.kind == "NUM":
            inner = [n for n in node.nodes() if n is not node and (
                n.kind == node.kind or node.kind == "NUM" and n.kind in SQL_TYPES)]
            for other in inner:
                yield tree.replaced(node, other)
    for node in tree.nodes():
        kinds = [node.kind] if node.kind in VALUES else ["I4"] if node.kind == "NUM" else []
        if kinds and len(node.parts) > 1:
            for value in VALUES[kinds[0]][:3]:
                yield tree.replaced(node, leaf(node.kind, value))


def shrink(pair, tree, found, budget=60):
    tried = set()
    better = True
    while better and budget > 0:
        better = False
        for candidate in smaller(tree):
            sql = candidate.text()
            if sql in tried or len(sql) >= len(tree.text()):
                continue
            tried.add(sql)
            budget -= 1
            now = pair.differs(sql)
            if now and now[0] == found[0]:
                tree, found, better = candidate, now, True
                break
            if budget <= 0:
                break
    return tree, found


# ── the modes ──────────────────────────────────────────────────────────────────────────────────


def report(zone, kind, sql, words, setup):
    print(f"--- {kind} [{zone}]\n    {sql}\n    {words}")
    sys.stdout.flush()


def fuzz(options, peers):
    started, done, kept, counts, classes, seen, written = time.time(), 0, [], {}, {}, set(), set()
    deadline = started + options.seconds if options.seconds else None
    batch = 0
    while done < options.count and not (deadline and time.time() > deadline):
        generator = Generator(options.seed * 1000003 + batch)
        generator.only = options.only
        zone = ZONES[batch % len(ZONES)]
        setup = [generator.table_sql("t1", 12), generator.table_sql("t2", 7)]
        pair = Pair(peers, zone, setup)
        for answer in pair.answers("SELECT * FROM t1 CROSS JOIN t2"):
            if "error" in answer:
                sys.exit(f"the tables of batch {batch} cannot be made: {answer['error']['message']}")
        for _ in range(min(100, options.count - done)):
            tree = generator.query()
            sql = tree.text()
            got, want = pair.answers(sql)
            done += 1
            counts["errors of Spark"] = counts.get("errors of Spark", 0) + ("error" in want)
            if "error" in want:
                name = want["error"]["class"]
                classes[name] = classes.get(name, 0) + 1
            found = difference(sql, got, want)
            if found is None:
                if len(kept) < options.keep and generator.random.random() < 0.2:
                    tables = f"seed {options.seed} batch {batch}"
                    uses = bool(re.search(r"\bt[12]\b", sql))
                    if uses and tables not in written:
                        written.add(tables)
                        kept.append({"tables": tables, "setup": setup})
                    kept.append({"zone": zone, "tables": tables if uses else None, "sql": sql,
                                 "want": want if "error" not in want else {"error": {"class": want["error"]["class"]}}})
                continue
            if options.shrink:
                tree, found = shrink(pair, tree, found)
            sql = tree.text()
            shape = (found[0], re.sub(r"`?\b[a-z]\w?\b`?|'[^']*'|\d+", "", sql), found[1][:60] if found[0] in ("error", "class") else "")
            counts[found[0]] = counts.get(found[0], 0) + 1
            if shape in seen:
                continue
            seen.add(shape)
            report(zone, found[0], sql, found[1], setup)
        batch += 1
    print(f"{done} queries, seed {options.seed}, {time.time() - started:.0f} s: "
          + (", ".join(f"{n} {k}" for k, n in sorted(counts.items())) or "no difference"))
    common = sorted(classes.items(), key=lambda item: -item[1])[:12]
    print("Spark's errors: " + ", ".join(f"{n} {name}" for name, n in common))
    keep(kept)
    return sum(n for k, n in counts.items() if k != "errors of Spark")


def golden_cases(part):
    """The golden cases by file, those of the same tables together."""
    folder = os.environ.get("WEIR_GOLDEN_DIR") or sys.exit("WEIR_GOLDEN_DIR names the folder of the golden cases")
    files = {}
    with open(os.path.join(folder, "spark-sql-dev.jsonl"), encoding="utf-8") as file:
        for line in file:
            case = json.loads(line)
            if part in case["file"]:
                setup = [open(os.path.join(folder, "builtins", name + ".sql"), encoding="utf-8").read().strip().rstrip(";")
                         for name in case["builtins"]] + case["setup"]
                files.setdefault(case["file"], {}).setdefault((case["timezone"], tuple(setup)), []).append(case["sql"])
    return files


def mutants(options, peers):
    """Changed golden cases. Rows that have no order of their own are compared by their number alone."""
    chance = random.Random(options.seed)
    files = golden_cases(options.mutate)
    # Without the great tables: a join that has lost its condition would run for hours.
    groups = [(name, place, texts) for name, places in files.items() for place, texts in places.items()
              if sum(len(statement) for statement in place[1]) < 50000]
    makers = {name: mutate.Mutator([text for texts in places.values() for text in texts], chance)
              for name, places in files.items()}
    started, done, counts, seen, kept, known = time.time(), 0, {}, set(), [], {c["sql"] for c in read_cases()}
    while done < options.count and not (options.seconds and time.time() - started > options.seconds):
        name, (zone, setup), texts = chance.choices(groups, [len(texts) ** 0.5 for _, _, texts in groups])[0]
        pair = Pair(peers, zone, list(setup))
        for _ in range(min(12, 3 * len(texts))):
            sql = makers[name].mutate(chance.choice(texts))
            if sql is None:
                continue
            got, want = pair.answers(sql)
            done += 1
            found = difference(sql, got, want)
            if found and found[0] == "rows" and mutate.UNORDERED.search(sql) and len(got["rows"]) == len(want["rows"]):
                continue
            if found is None:
                if not setup and len(sql) < 300 and len(kept) < options.keep and sql not in known and chance.random() < 0.3:
                    known.add(sql)
                    kept.append(kept_case(zone, sql, want))
                continue
            shape = (found[0], re.sub(r"'[^']*'|\d+", "", found[1])[:90])
            counts[found[0]] = counts.get(found[0], 0) + 1
            if shape not in seen:
                seen.add(shape)
                report(zone, found[0], f"{name}: {sql}", found[1], list(setup))
    print(f"{done} mutants, seed {options.seed}, {time.time() - started:.0f} s: "
          + (", ".join(f"{n} {k}" for k, n in sorted(counts.items())) or "no difference"))
    keep(kept)
    return sum(counts.values())


def kept_case(zone, sql, want):
    return {"zone": zone, "tables": None, "sql": sql,
            "want": want if "error" not in want else {"error": {"class": want["error"]["class"]}}}


def keep(cases):
    with open(CASES, "a", encoding="utf-8") as file:
        for case in cases:
            file.write(json.dumps(case, ensure_ascii=False) + "\n")


def read_cases():
    """Tables are written once, before the first case that names them."""
    setups, cases = {None: []}, []
    with open(CASES, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            entry = json.loads(line)
            if "setup" in entry:
                setups[entry["tables"]] = entry["setup"]
            else:
                cases.append({**entry, "setup": setups[entry["tables"]], "line": number})
    return cases


def replay(weir):
    failed, cases = 0, read_cases()
    for case in cases:
        got = weir.ask({"id": case["line"], "statements": case["setup"] + [case["sql"]],
                        "timezone": case["zone"]})[-1]
        found = difference(case["sql"], got, case["want"])
        if found:
            failed += 1
            print(f"{CASES}:{case['line']}: {found[1]}\n    {case['sql']}")
    print(f"{len(cases)} cases that Spark has answered: {len(cases) - failed} equal, {failed} different")
    return failed


def recheck(spark):
    """What the kept cases say that Spark answers, asked again."""
    failed, cases = 0, read_cases()
    for case in cases:
        now = spark.ask({"statements": case["setup"] + [case["sql"]], "timezone": case["zone"]})[-1]
        found = difference(case["sql"], case["want"], now)
        if found:
            failed += 1
            print(f"{CASES}:{case['line']}: kept and now: {found[1]}\n    {case['sql']}")
    print(f"{len(cases)} kept cases: Spark answers {failed} otherwise")
    return failed


def ask(peers, path):
    """Each line is a query: the same answer, names too, is kept."""
    known = {(case["zone"], case["sql"]) for case in read_cases()}
    kept, found, zone = [], 0, "UTC"
    with open(path, encoding="utf-8") as file:
        for line in file:
            sql = line.strip()
            if sql.startswith("-- zone "):
                zone = sql.split()[2]
            if not sql or sql.startswith("--"):
                continue
            got, want = Pair(peers, zone, []).answers(sql)
            what = difference(sql, got, want)
            if what:
                found += 1
                report(zone, what[0], sql, what[1], [])
            elif (zone, sql) not in known and want.get("error", {}).get("class", "") is not None:
                known.add((zone, sql))
                kept.append(kept_case(zone, sql, want))
    keep(kept)
    print(f"{len(kept)} kept, {found} differ")
    return found


def examples(peers):
    """Each example is a condition; what it computes must be TRUE in both, or the same error."""
    found = 0
    count = 0
    root = os.path.dirname(os.path.dirname(HERE))
    pair = Pair(peers, "UTC", [])
    with open(os.path.join(root, "docs", "functions.md"), encoding="utf-8") as file:
        for line in file:
            cells = [c.strip() for c in re.split(r"(?<!\\)\|", line)]
            if len(cells) < 6 or not cells[4].startswith("`"):
                continue
            sql = "SELECT " + cells[4].strip("`").replace("\\|", "|")
            count += 1
            got, want = pair.answers(sql)
            what = difference(sql, got, want)
            if what and what[0] != "name":
                found += 1
                report("UTC", what[0], sql, what[1], [])
    print(f"{count} examples, {found} differ")
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weir")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seconds", type=int, default=0, help="stop after so many")
    parser.add_argument("--keep", type=int, default=0)
    parser.add_argument("--only", help="the kinds of queries whose name holds this: wild_call, cast, relation, window, ...")
    parser.add_argument("--no-shrink", dest="shrink", action="store_false")
    parser.add_argument("--replay", action="store_true")
    parser.add_argument("--examples", action="store_true")
    parser.add_argument("--recheck", action="store_true", help="ask Spark the kept cases again")
    parser.add_argument("--sql")
    parser.add_argument("--ask", metavar="FILE")
    parser.add_argument("--mutate", metavar="PART")
    options = parser.parse_args()
    weir = Peer([options.weir, "sql", "--persistent"], "weir")
    if options.replay:
        return 1 if replay(weir) else 0
    peers = (weir, spark_peer())
    if options.recheck:
        return 1 if recheck(peers[1]) else 0
    if options.sql:
        generator = Generator(options.seed * 1000003)
        setup = [generator.table_sql("t1", 12), generator.table_sql("t2", 7)]
        for name, answer in zip(("weir ", "Spark"), Pair(peers, "UTC", setup).answers(options.sql)):
            print(name, json.dumps(answer, ensure_ascii=False))
        return 0
    if options.ask:
        failed = ask(peers, options.ask)
    elif options.mutate is not None:
        failed = mutants(options, peers)
    else:
        failed = examples(peers) if options.examples else fuzz(options, peers)
    for peer in peers:
        peer.close()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
