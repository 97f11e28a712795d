#!/usr/bin/env python3
"""Runs golden cases (make_cases.py) and judges the answers: types, rows, error classes.

usage: run_cases.py --cases FILE --cmd COMMAND --results FILE [--persistent] [--show N]

COMMAND is started once for each time zone ({tz} in it) and gets a JSON line a case: {"id",
"statements", "timezone"}; it answers with the list of the statements' results.

Rows are compared as Spark's golden files write them: cells as text, in Hive's manner, joined by tabs;
sorted, unless the query orders them; without the blanks at the very end, which those files have lost.
"""

import argparse
import collections
import json
import math
import os
import re
import shlex
import struct
import subprocess
import sys
from decimal import Decimal

import make_cases


def parse_type(text):
    text = text.strip()
    lower = text.lower()
    if lower.startswith("array<"):
        return ("array", parse_type(text[6:-1]))
    if lower.startswith("map<"):
        end = make_cases.type_end(lower, 4)
        return ("map", parse_type(text[4:end]), parse_type(text[end + 1:-1]))
    if lower.startswith("struct<"):
        return ("struct", [(name, parse_type(kind)) for name, kind in make_cases.columns_of(text)])
    return lower


def java_double(value, single):
    value = float({"NaN": "nan", "Infinity": "inf", "-Infinity": "-inf"}.get(value, value))
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    text = repr(value)
    if single:
        for digits in range(1, 10):
            text = "%.*e" % (digits - 1, value)
            if struct.pack("f", float(text)) == struct.pack("f", value):
                break
    if value == 0:
        return "-0.0" if text.startswith("-") else "0.0"
    sign, digits, exponent = Decimal(text).as_tuple()
    digits = "".join(map(str, digits)).lstrip("0")
    magnitude = len(digits) + exponent - 1
    digits = digits.rstrip("0") or "0"
    out = "-" if sign else ""
    if -3 <= magnitude < 0:
        return out + "0." + "0" * (-magnitude - 1) + digits
    if 0 <= magnitude < 7:
        return out + digits[:magnitude + 1].ljust(magnitude + 1, "0") + "." + (
            digits[magnitude + 1:] or "0")
    return "%s%s.%sE%d" % (out, digits[0], digits[1:] or "0", magnitude)


def cell_text(value, kind, nested=False):
    if value is None:
        return "null" if nested else "NULL"
    if isinstance(kind, tuple):
        if kind[0] == "array":
            return "[" + ",".join(cell_text(v, kind[1], True) for v in value) + "]"
        if kind[0] == "map":
            pairs = value.items() if isinstance(value, dict) else value
            return "{" + ",".join(cell_text(k, kind[1], True) + ":" + cell_text(v, kind[2], True)
                                  for k, v in pairs) + "}"
        values = [value[name] for name, _ in kind[1]] if isinstance(value, dict) else value
        return "{" + ",".join('"%s":%s' % (name, cell_text(v, t, True))
                              for v, (name, t) in zip(values, kind[1])) + "}"
    if kind == "boolean":
        return "true" if value else "false"
    if kind in ("float", "double"):
        return java_double(value, kind == "float")
    if kind.startswith("decimal"):
        return format(Decimal(value), "f")
    if kind.startswith("timestamp") and "." in value:
        return value.rstrip("0").rstrip(".")
    if kind == "binary":
        return bytes.fromhex(value).decode("utf-8", "replace")
    return '"%s"' % value if nested and kind == "string" else str(value)


def type_key(kind):
    if not isinstance(kind, tuple):
        return kind
    if kind[0] == "struct":
        return ("struct", [(name.lower(), type_key(t)) for name, t in kind[1]])
    return (kind[0], ) + tuple(type_key(t) for t in kind[1:])


def as_numbers(lines, types):
    """Doubles by their value: Java writes some otherwise than by the fewest digits."""
    out = []
    for line in lines:
        cells = line.split("\t")
        for i, kind in enumerate(types):
            if kind in ("float", "double") and i < len(cells) and cells[i] != "NULL":
                value = float(cells[i].replace("Infinity", "inf"))
                cells[i] = java_double(struct.unpack("f", struct.pack("f", value))[0]
                                       if kind == "float" and abs(value) < 3e38 else value,
                                       kind == "float")
        out.append("\t".join(cells))
    return out


def hide_ids(lines):
    """Spark's golden files have #x for #12, since numbers of expressions change."""
    return [re.sub(r"#\d+", "#x", line) for line in lines]


def judge(case, results, count):
    if not isinstance(results, list) or len(results) != count:
        return "crash", "no results, or not one for each statement"
    for result in results[:-1]:
        if "error" in result:
            return "setup", json.dumps(result["error"])[:300]
    result, expected = results[-1], case["error"]
    if expected:
        if "error" not in result:
            return "fail-no-error", "expected %s" % expected["class"]
        if expected["class"] in (None, result["error"]["class"]):
            return "pass", ""
        return "class", "expected error %s, got %s" % (expected["class"], result["error"]["class"])
    if "error" in result:
        return "fail-error", json.dumps(result["error"])[:300]
    types = [parse_type(kind) for _, kind in case["columns"]]
    got_types = [parse_type(kind) for _, kind in result["schema"]]
    if [type_key(t) for t in types] != [type_key(t) for t in got_types]:
        return "fail-schema", "types %s, expected %s" % (got_types, types)
    rows = ["\t".join(cell_text(v, t) for v, t in zip(row, types)) for row in result["rows"]]
    lines = [line for row in rows for line in row.split("\n")]
    wanted = case["rows"]
    if any(t in ("float", "double") for t in types):
        lines, wanted = as_numbers(lines, types), as_numbers(wanted, types)
    lines, wanted = hide_ids(lines), hide_ids(wanted)
    if not case["ordered"]:
        lines, wanted = sorted(lines), sorted(wanted)
    if "\n".join(lines).strip() == "\n".join(wanted).strip():
        return "pass", ""
    if sorted(lines) == sorted(wanted):
        return "order", "rows right, order differs"
    return "fail-rows", "got %s expected %s" % (rows[:4], case["rows"][:4])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", required=True)
    parser.add_argument("--cmd", required=True)
    parser.add_argument("--results", required=True)
    parser.add_argument("--persistent", action="store_true")
    parser.add_argument("--show", type=int, default=10)
    options = parser.parse_args()
    folder = os.path.join(os.path.dirname(os.path.abspath(options.cases)), "builtins")
    builtins, program, counts = {}, None, collections.Counter()
    with open(options.cases, encoding="utf-8") as file:
        cases = [json.loads(line) for line in file]
    with open(options.results, "w", encoding="utf-8") as out:
        for case in cases:
            for name in case["builtins"]:
                if name not in builtins:
                    with open(os.path.join(folder, name + ".sql"), encoding="utf-8") as file:
                        builtins[name] = file.read().strip().rstrip(";")
            statements = [builtins[name] for name in case["builtins"]] + case["setup"] + [case["sql"]]
            if program is None or program.poll() is not None:
                program = subprocess.Popen(
                    shlex.split(options.cmd.replace("{tz}", case["timezone"])),
                    stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            program.stdin.write((json.dumps({"id": case["id"], "statements": statements,
                                             "timezone": case["timezone"]}) + "\n").encode())
            program.stdin.flush()
            answer = program.stdout.readline()
            verdict, detail = judge(case, json.loads(answer) if answer else None, len(statements))
            counts[verdict] += 1
            if verdict != "pass" and sum(counts.values()) - counts["pass"] <= options.show:
                print("FAIL %s [%s] %s" % (case["id"], verdict, detail))
            out.write(json.dumps({"id": case["id"], "verdict": verdict, "detail": detail}) + "\n")
    if program:
        program.stdin.close()
        program.wait()
    print("all %d cases, %d pass, %s" % (sum(counts.values()), counts["pass"], dict(counts)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
