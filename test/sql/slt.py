"""Files in the manner of sqllogictest, run against `weir sql`.

A file is a list of records, separated by empty lines; '#' begins a comment.

    statement ok                 statement error [CLASS]
    SELECT ...                   SELECT ...

    query [TYPES] [SORT] [LABEL]
    SELECT ...
    ----
    results

SORT is nosort (the default), rowsort or valuesort. With TYPES (a letter a column: T text, I integer,
R real, as SQLite's corpus has them) results are one value a line, or `N values hashing to MD5`.
Without TYPES, our own files: one row a line, its cells separated by ` | `.

All statements of a file go to one `weir sql --format json`, which answers each by a line of JSON.
"""

import hashlib
import json
import os
import resource
import subprocess

SORTS = ("nosort", "rowsort", "valuesort")


class Record:
    """One statement with what is expected of it; `line` is where it begins."""

    def __init__(self, kind, line):
        self.kind = kind  # "statement" or "query"
        self.line = line
        self.sql = ""
        self.error = None  # A class, or "" for any; None: no error.
        self.types = None
        self.sort = "nosort"
        self.label = None
        self.expected = []


def _blocks(text):
    block, start = [], 0
    for number, line in enumerate(text.split("\n"), 1):
        line = line.rstrip("\r")
        if line.startswith("#"):
            continue
        if line.strip():
            if not block:
                start = number
            block.append(line)
        elif block:
            yield start, block
            block = []
    if block:
        yield start, block


def _record(words, line):
    record = Record(words[0], line)
    if words[0] == "statement":
        if words[1] == "error":
            record.error = words[2] if len(words) > 2 else ""
        return record
    rest = words[1:]
    if rest and rest[0] not in SORTS:
        record.types = rest.pop(0)
    if rest and rest[0] in SORTS:
        record.sort = rest.pop(0)
    record.label = rest[0] if rest else None
    return record


def parse(text, engine="weir"):
    """The records of a file, as far as `engine` runs them (skipif, onlyif, halt)."""
    records = []
    for line, block in _blocks(text):
        skipped = False
        while block:
            words = block[0].split()
            if words[0] == "skipif":
                skipped = skipped or words[1] == engine
            elif words[0] == "onlyif":
                skipped = skipped or words[1] != engine
            elif words[0] == "halt":
                if not skipped:
                    return records
                break
            elif words[0] not in ("statement", "query"):
                break  # hash-threshold
            elif not skipped:
                record = _record(words, line)
                body = block[1:]
                if "----" in body:
                    at = body.index("----")
                    body, record.expected = body[:at], body[at + 1:]
                record.sql = "\n".join(body)
                records.append(record)
                break
            else:
                break
            block = block[1:]
    return records


MEMORY_BYTES = 3 << 30


def _limit_memory():
    if os.environ.get("WEIR_SANITIZER", "none") != "none":
        return  # AddressSanitizer reserves terabytes of addresses.
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))


def run(weir, statements, settings=(), timeout=600):
    """The answers to the statements, in order, of one session in memory."""
    command = [weir, "sql", "--format", "json"]
    for setting in settings:
        command += ["--set", setting]
    script = "".join(sql.rstrip().rstrip(";") + "\n;\n" for sql in statements)
    done = subprocess.run(command, input=script.encode(), stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=timeout, check=False,
                          preexec_fn=None if "build-test-" in weir else _limit_memory)
    answers = [json.loads(line) for line in done.stdout.decode().splitlines()]
    if len(answers) != len(statements):
        raise RuntimeError("%d answers to %d statements; status %d: %s" % (
            len(answers), len(statements), done.returncode, done.stderr.decode()[-2000:]))
    return answers


def _cell_text(value):
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, dict)):
        return json.dumps(value, separators=(",", ":"))
    return str(value)


def typed_text(value, letter):
    """A value as sqllogictest writes it: I %d, R %.3f, T as it is."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        value = int(value)
    try:
        if letter == "I":
            return "%d" % (value if isinstance(value, int) else int(float(value)))
        if letter == "R":
            return "%.3f" % float(value)
    except ValueError:
        return "0" if letter == "I" else "0.000"  # As SQLite reads a text that is no number.
    text = str(value)
    return "(empty)" if text == "" else text


def _typed_values(record, rows):
    rows = [[typed_text(cell, letter) for cell, letter in zip(row, record.types)] for row in rows]
    if record.sort == "rowsort":
        rows.sort()
    values = [cell for row in rows for cell in row]
    if record.sort == "valuesort":
        values.sort()
    return values


def check(record, answer):
    """None, or what is wrong."""
    error = answer.get("error")
    if record.error is not None:
        if not error:
            return "no error, expected %s" % (record.error or "one")
        if record.error and error["class"] != record.error:
            return "error %s, expected %s" % (error["class"], record.error)
        return None
    if error:
        return "error %s: %s" % (error["class"], error["message"])
    if record.kind == "statement":
        return None
    if record.types is None:
        got = [" | ".join(_cell_text(cell) for cell in row) for row in answer["rows"]]
        expected = [line.strip() for line in record.expected]
        if record.sort != "nosort":
            got.sort()
            expected.sort()
        return None if got == expected else "got %s" % got
    if answer["rows"] and len(answer["rows"][0]) != len(record.types):
        return "%d columns, expected %d" % (len(answer["rows"][0]), len(record.types))
    got = _typed_values(record, answer["rows"])
    if len(record.expected) == 1 and " values hashing to " in record.expected[0]:
        count, digest = record.expected[0].split(" values hashing to ")
        mine = hashlib.md5("".join(value + "\n" for value in got).encode()).hexdigest()
        if int(count) == len(got) and mine == digest.strip():
            return None
        return "%d values hashing to %s, expected %s" % (len(got), mine, record.expected[0])
    return None if got == record.expected else "got %s, expected %s" % (got[:20],
                                                                       record.expected[:20])
