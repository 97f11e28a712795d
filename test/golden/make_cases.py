#!/usr/bin/env python3
"""Makes golden cases from Spark's own test artifact, for golden_test.py.

usage: make_cases.py DIR [--jar JAR]

Writes DIR/spark-sql-dev.jsonl and DIR/builtins/*.sql from org.apache.spark:spark-sql_2.13:4.1.1:tests
(fetched by Maven into DIR unless given): the statements of sql-tests/results/**.sql.out that
dev_cases.txt lists, each with the statements before it that make what it names, and what Spark answered.
Then: WEIR_GOLDEN_DIR=DIR script/test golden

A case is one JSON object a line: id, file, index, tier, area, timezone, builtins, setup, sql, columns
[[name, type]], rows (cells joined by tabs), ordered, error {class}. Left out, and counted: statements
whose answer has line breaks or tabs within a cell, which the golden file does not tell from rows.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
ARTIFACT = "org.apache.spark:spark-sql_2.13:4.1.1:jar:tests"
TIME_ZONE = "America/Los_Angeles"
WORD = re.compile(r"[A-Za-z_][A-Za-z_0-9]*")
MAKES = re.compile(r"(?is)^\s*(?:--[^\n]*\n\s*)*(?:CREATE\s+(?:OR\s+REPLACE\s+)?(?:GLOBAL\s+)?(?:TEMP\w*\s+)?"
                   r"(?:VIEW|TABLE)|INSERT\s+(?:INTO|OVERWRITE)(?:\s+TABLE)?)\s+(?:IF\s+NOT\s+EXISTS\s+)?"
                   r"([\w.`]+)")
DROPS = re.compile(r"(?is)^\s*DROP\s+(?:VIEW|TABLE)\s+(?:IF\s+EXISTS\s+)?([\w.`]+)")
TYPE = re.compile(r"(boolean|tinyint|smallint|int|bigint|float|double|string|binary|date|void|variant|"
                  r"decimal\(\d+,\d+\)|char\(\d+\)|varchar\(\d+\)|timestamp_ntz|timestamp|time\(\d\)|"
                  r"interval [a-z]+(?: to [a-z]+)?|interval)(?![a-z_])")
TEST_TABLES = {
    "aggtest": ("SELECT CAST(a AS INT) AS a, CAST(b AS FLOAT) AS b", "agg", "a, b", (0, )),
    "onek": ("SELECT *", "onek", None, range(13)),
    "tenk1": ("SELECT *", "tenk", None, range(13)),
}
ONEK = ("unique1, unique2, two, four, ten, twenty, hundred, thousand, twothousand, fivethous, tenthous, "
        "odd, even, stringu1, stringu2, string4")


def type_end(text, at):
    """Where the type that begins at `at` ends; None: none does."""
    for name, count in (("array<", 1), ("map<", 2)):
        if text.startswith(name, at):
            at += len(name)
            for i in range(count):
                at = type_end(text, at)
                if at is None or text[at:at + 1] != (">" if i + 1 == count else ","):
                    return None
                at += 1
            return at
    if text.startswith("struct<", at):
        at += len("struct<")
        if text[at:at + 1] == ">":
            return at + 1
        while True:
            field = field_end(text, at)
            if field is None:
                return None
            at = field[1]
            if text[at] == ">":
                return at + 1
            at += 1
    match = TYPE.match(text, at)
    return match.end() if match else None


def field_end(text, at):
    """(where the name ends, where the type ends) of the field `name:type` that begins at `at`."""
    colon = text.find(":", at)
    while colon >= 0:
        end = type_end(text, colon + 1)
        if end is not None and text[end:end + 1] in (",", ">"):
            return colon, end
        colon = text.find(":", colon + 1)
    return None


def columns_of(schema):
    columns, at = [], len("struct<")
    while schema[at:] not in (">", ""):
        field = field_end(schema, at)
        if field is None:
            raise ValueError("schema: " + schema)
        columns.append([schema[at:field[0]], schema[field[0] + 1:field[1]]])
        at = field[1] + 1 if schema[field[1]] == "," else field[1]
    return columns


def blocks_of(text):
    """(sql, schema, output) of each statement of a golden file."""
    parts = re.split(r"(?m)^-- !query\n", text)[1:]
    for part in parts:
        sql, rest = part.split("\n-- !query schema\n", 1)
        schema, output = rest.split("\n-- !query output\n", 1) if "\n-- !query output\n" in rest \
            else rest.split("\n-- !query output", 1)
        for end in ("\n\n\n", "\n"):
            if output.endswith(end):
                output = output[:-len(end)]
                break
        yield sql, schema.strip(), output


def error_of(output):
    lines = output.split("\n")
    if not re.match(r"^[\w.$]+(Exception|Error)$", lines[0].strip()):
        return None
    try:
        return {"class": json.loads("\n".join(lines[1:])).get("errorClass")}
    except ValueError:
        return {"class": None}


def is_ordered(sql):
    depth, plain = 0, []
    for token in re.findall(r"'(?:[^'\\]|\\.)*'|\"[^\"]*\"|--[^\n]*|[()]|[^()'\"\-]+|.", sql, re.S):
        depth += (token == "(") - (token == ")")
        if depth == 0 and not token.startswith(("'", '"', "--")):
            plain.append(token)
    return bool(re.search(r"\bORDER\s+BY\b", " ".join(plain), re.I))


def bare(name):
    return name.replace("`", "").split(".")[-1].lower()


def words(sql):
    return {word.lower() for word in WORD.findall(sql)}


def plain(statement):
    """Without a file format; a view over files is a table."""
    stripped = re.sub(r"(?i)\bUSING\s+(parquet|csv|json)\b", "", statement)
    if stripped != statement:
        stripped = re.sub(r"(?i)^\s*CREATE\s+(OR\s+REPLACE\s+)?TEMP\w*\s+VIEW\b", "CREATE TABLE", stripped)
    return stripped


def setup_of(before, sql):
    """The statements before that make what the query's names lead to, in order."""
    needed, chosen, created = words(sql), [], set()
    for statement in reversed(before):
        dropped, made = DROPS.match(statement), MAKES.match(statement)
        name = bare((dropped or made).group(1)) if dropped or made else None
        if dropped:
            created.add(name)
        elif made and name in needed and name not in created:
            if statement.lstrip()[:6].upper() == "CREATE":
                created.add(name)
                chosen.append(plain(statement))
            else:
                chosen.append(statement)
            needed |= words(statement)
    return chosen[::-1]


def make_file(name, text, wanted, builtins, out):
    before, left_out = [], 0
    for index, (sql, schema, output) in enumerate(blocks_of(text)):
        if index in wanted:
            error = error_of(output)
            columns = [] if error else columns_of(schema)
            rows = [] if error or not columns else output.split("\n") if output else []
            if any(row.count("\t") != len(columns) - 1 for row in rows):
                left_out += 1
                continue
            setup = setup_of(before, sql)
            used = set().union(words(sql), *[words(s) for s in setup])
            made = {bare(MAKES.match(s).group(1)) for s in setup}
            out.write(json.dumps({
                "id": "%s#%d" % (name, index), "file": name, "index": index, "tier": 1,
                "area": name.split("/")[0], "timezone": TIME_ZONE,
                "builtins": [b for b in builtins if b in used and b not in made],
                "setup": setup, "sql": sql, "columns": columns, "rows": rows,
                "ordered": is_ordered(sql), "error": error}) + "\n")
        if not error_of(output):
            before.append(sql)
    return left_out


def make_builtins(archive, folder):
    os.makedirs(folder, exist_ok=True)
    views = {
        "testdata": "SELECT * FROM VALUES\n" + ",\n".join("(%d, '%d')" % (i, i)
                                                         for i in range(1, 101)) + "\nAS v(key, value)",
        "arraydata": "SELECT * FROM VALUES\n(ARRAY(1, 2, 3), ARRAY(ARRAY(1, 2, 3))),\n"
                     "(ARRAY(2, 3, 4), ARRAY(ARRAY(2, 3, 4)))\nAS v(arraycol, nestedarraycol)",
        "mapdata": "SELECT * FROM VALUES\n" + ",\n".join(
            "(MAP(%s))" % ", ".join("%d, '%s%d'" % (k + 1, "abcde"[k], n) for k in range(6 - n))
            for n in range(1, 6)) + "\nAS v(mapcol)",
    }
    for name, (select, file, columns, numbers) in TEST_TABLES.items():
        data = archive.read("test-data/postgresql/%s.data" % file).decode()
        rows = [line.split("\t") for line in data.splitlines() if line]
        values = ",\n".join("(%s)" % ", ".join(
            cell if i in numbers else "'%s'" % cell for i, cell in enumerate(row)) for row in rows)
        views[name] = "%s FROM VALUES\n%s\nAS v(%s)" % (select, values, columns or ONEK)
    for name, view in views.items():
        with open(os.path.join(folder, name + ".sql"), "w", encoding="utf-8") as file:
            file.write("CREATE OR REPLACE TEMPORARY VIEW %s AS %s;\n" % (name, view))
    return list(views)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--jar")
    options = parser.parse_args()
    os.makedirs(options.folder, exist_ok=True)
    jar = options.jar or os.path.join(options.folder, "spark-sql_2.13-4.1.1-tests.jar")
    if not os.path.exists(jar):
        subprocess.run(["mvn", "-q", "-B", "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy",
                        "-Dartifact=" + ARTIFACT, "-DoutputDirectory=" + options.folder], check=True)
    left_out = count = 0
    with zipfile.ZipFile(jar) as archive, \
            open(os.path.join(options.folder, "spark-sql-dev.jsonl"), "w", encoding="utf-8") as out, \
            open(os.path.join(HERE, "dev_cases.txt"), encoding="utf-8") as list_file:
        builtins = make_builtins(archive, os.path.join(options.folder, "builtins"))
        for line in list_file:
            if line.startswith("#"):
                continue
            name, *indexes = line.split()
            text = archive.read("sql-tests/results/%s.out" % name).decode()
            left_out += make_file(name, text, set(map(int, indexes)), builtins, out)
            count += len(indexes)
    print("%d cases, %d left out" % (count - left_out, left_out))


if __name__ == "__main__":
    sys.exit(main())
