#!/usr/bin/env python3
"""weir's Avro beside an independent implementation (fastavro, from PyPI), both ways.

usage: avro_test.py WEIR

Random records of a schema with every type are written by fastavro and read by weir, and written by weir
and read by fastavro; then schemas that change, through a schema registry of the test's own.
"""
import datetime
import decimal
import http.server
import io
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import threading
import time

VENV = pathlib.Path(os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache"))) / "weir/avro"

FIELDS = [
    {"name": "flag", "type": "boolean"},
    {"name": "small", "type": "int"},
    {"name": "large", "type": ["null", "long"]},
    {"name": "single", "type": "float"},
    {"name": "real", "type": ["double", "null"]},
    {"name": "text", "type": "string"},
    {"name": "raw", "type": "bytes"},
    {"name": "fixed", "type": {"type": "fixed", "name": "Four", "size": 4}},
    {"name": "color", "type": {"type": "enum", "name": "Color", "symbols": ["RED", "GREEN", "BLUE"]}},
    {"name": "day", "type": {"type": "int", "logicalType": "date"}},
    {"name": "millis", "type": {"type": "long", "logicalType": "timestamp-millis"}},
    {"name": "micros", "type": ["null", {"type": "long", "logicalType": "timestamp-micros"}]},
    {"name": "price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 10, "scale": 2}},
    {"name": "huge", "type": {"type": "fixed", "name": "Huge", "size": 16, "logicalType": "decimal",
                              "precision": 38, "scale": 10}},
    {"name": "skipped", "type": {"type": "map", "values": ["null", "Color", {
        "type": "record", "name": "Inner", "fields": [{"name": "next", "type": ["null", "Inner"]},
                                                      {"name": "list", "type": {"type": "array",
                                                                                "items": "null"}}]}]}},
    {"name": "list", "type": {"type": "array", "items": ["null", "int"]}},
    {"name": "map", "type": {"type": "map", "values": "long"}},
    {"name": "item", "type": {"type": "record", "name": "Item", "fields": [
        {"name": "a", "type": "int"}, {"name": "b", "type": ["null", "string"]}]}},
    {"name": "items", "type": {"type": "array", "items": "Item"}},
    {"name": "either", "type": ["null", "int", "string"]},
]
SCHEMA = {"type": "record", "name": "Row", "namespace": "weir.test", "fields": FIELDS}
COLUMNS = ("flag BOOLEAN, small INT, large BIGINT, single FLOAT, real DOUBLE, text STRING, raw BINARY, "
           "fixed BINARY, color STRING, day DATE, millis TIMESTAMP, micros TIMESTAMP, "
           "price DECIMAL(10,2), huge DECIMAL(38,10), list ARRAY<INT>, map MAP<STRING, BIGINT>, "
           "item STRUCT<a: INT, b: STRING>, items ARRAY<STRUCT<a: INT, b: STRING>>, "
           "either STRUCT<member0: INT, member1: STRING>")


def with_fastavro() -> None:
    """Runs this file again where fastavro is."""
    try:
        import fastavro  # noqa: F401
        return
    except ImportError:
        pass
    python = VENV / "bin" / "python"
    if sys.executable == str(python) or not python.exists():
        made = subprocess.run([sys.executable, "-m", "venv", str(VENV)], capture_output=True, check=False)
        made = made.returncode == 0 and subprocess.run(
            [str(python), "-m", "pip", "-q", "install", "fastavro"], capture_output=True, check=False)
        if not made or made.returncode:
            print("skipped: fastavro could not be installed from PyPI")
            sys.exit(77)
    os.execv(python, [str(python), *sys.argv])


def random_record(r: random.Random) -> dict:
    def maybe(value):
        return None if r.random() < 0.3 else value

    def when() -> datetime.datetime:
        return datetime.datetime(1960, 1, 1, tzinfo=datetime.timezone.utc) + datetime.timedelta(
            microseconds=r.randrange(4 * 10**15))

    def item() -> dict:
        return {"a": r.randrange(-5, 5), "b": maybe("ä" * r.randrange(3))}

    def inner(depth: int) -> dict:
        return {"next": inner(depth + 1) if depth < 3 and r.random() < 0.5 else None,
                "list": [None] * r.randrange(3)}

    moment = when()
    return {
        "flag": r.random() < 0.5, "small": r.choice([0, -1, 63, 64, -65, 2**31 - 1, -2**31]),
        "large": maybe(r.choice([0, 2**63 - 1, -2**63, r.getrandbits(40)])),
        "single": r.randrange(-1000, 1000) / 8, "real": maybe(r.uniform(-1e9, 1e9)),
        "text": "".join(r.choice("abc \"\n€😀") for _ in range(r.randrange(20))),
        "raw": r.randbytes(r.randrange(6)), "fixed": r.randbytes(4),
        "color": r.choice(["RED", "GREEN", "BLUE"]),
        "day": datetime.date(1900, 1, 1) + datetime.timedelta(days=r.randrange(80000)),
        "millis": moment.replace(microsecond=moment.microsecond // 1000 * 1000),
        "micros": maybe(when()),
        "price": decimal.Decimal(r.randrange(-10**10 + 1, 10**10)).scaleb(-2),
        "huge": decimal.Decimal(r.choice([0, -1, 10**38 - 1, 1 - 10**38, r.getrandbits(90)])).scaleb(-10),
        "skipped": {"k": r.choice([None, "RED", inner(0)])},
        "list": [maybe(r.randrange(100)) for _ in range(r.randrange(4))],
        "map": {str(i): r.getrandbits(30) for i in range(r.randrange(3))},
        "item": item(), "items": [item() for _ in range(r.randrange(3))],
        "either": r.choice([None, 7, "seven"]),
    }


def as_cell(name: str, value):
    """A value as weir sql --format json writes it, made alike for both sides."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.timezone.utc).replace(tzinfo=None).isoformat(" ")
    if isinstance(value, datetime.date):
        return value.isoformat()
    if name == "either":
        return None if value is None else [value if isinstance(value, int) else None,
                                           value if isinstance(value, str) else None]
    if isinstance(value, dict) and set(value) == {"a", "b"}:
        return [value["a"], value["b"]]
    if isinstance(value, list):
        return [as_cell("", item) for item in value]
    return value


def same(ours, theirs) -> bool:
    """Numbers by value, times by what they are; the rest as it stands."""
    if ours is None or theirs is None:
        return ours is theirs
    if isinstance(theirs, bool) or isinstance(ours, bool):
        return str(ours).lower() == str(theirs).lower()
    if isinstance(theirs, decimal.Decimal):
        return decimal.Decimal(ours) == theirs
    if isinstance(theirs, (int, float)):
        return float(ours) == float(theirs) and (not isinstance(theirs, int) or int(ours) == theirs)
    if isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    if isinstance(theirs, dict):
        ours = ours if isinstance(ours, dict) else {pair[0]: pair[1] for pair in ours}
        return {key: str(value) for key, value in ours.items()} == \
            {key: str(value) for key, value in theirs.items()}
    if isinstance(ours, str) and isinstance(theirs, str) and ours[:4].isdigit() and ":" in theirs:
        return ours.rstrip("0").rstrip(".") == theirs.rstrip("0").rstrip(".") or ours == theirs
    return ours == theirs


class Test:
    def __init__(self, weir: str, folder: pathlib.Path):
        import fastavro
        self.fastavro = fastavro
        self.weir = os.path.abspath(weir)
        self.folder = folder
        self.data = str(folder / "data")
        self.failures = 0

    def run(self, *args: str, stdin: str = "", status: int = 0) -> str:
        done = subprocess.run([self.weir, *args], input=stdin, capture_output=True, text=True,
                              check=False)
        assert done.returncode == status, f"weir {args}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout if status == 0 else done.stderr

    def encode(self, schema: dict, record: dict, frame: bytes = b"") -> bytes:
        out = io.BytesIO()
        self.fastavro.schemaless_writer(out, self.fastavro.parse_schema(schema), record)
        return frame + out.getvalue()

    def decode(self, schema: dict, value: bytes) -> dict:
        return self.fastavro.schemaless_reader(io.BytesIO(value), self.fastavro.parse_schema(schema),
                                               None)

    def produce(self, topic: str, values: list) -> None:
        self.run("topic", "produce", topic, "--format", "json", "--data", self.data,
                 stdin="".join(json.dumps({"value_hex": value.hex()}) + "\n" for value in values))

    def values(self, topic: str) -> list:
        lines = self.run("topic", "consume", topic, "--format", "json", "--data", self.data)
        return [bytes.fromhex(record["value_hex"]) if "value_hex" in record
                else record["value"].encode() for record in map(json.loads, lines.splitlines())]

    def pipeline(self, name: str, sql: str, status: int = 0) -> str:
        path = self.folder / f"{name}.sql"
        path.write_text(sql, encoding="utf-8")
        return self.run("run", str(path), "--once", "--quiet", "--data", self.data, status=status)

    def rows(self, sql: str) -> list:
        out = self.run("sql", "--data", self.data, "--format", "json", "-e", sql)
        return json.loads(out.splitlines()[-1])["rows"]

    # ── tests ─────────────────────────────────────────────────────────────────────────────────────

    def every_type_both_ways(self) -> None:
        r = random.Random(11)
        records = [random_record(r) for _ in range(300)]
        schema_file = self.folder / "row.avsc"
        schema_file.write_text(json.dumps(SCHEMA), encoding="utf-8")
        self.produce("rows", [self.encode(SCHEMA, record) for record in records])
        self.pipeline("types", f"""
CREATE TABLE rows ({COLUMNS}, n BIGINT) USING kafka
OPTIONS ('format' = 'avro', 'schema_file' = '{schema_file}', 'metadata' = 'n = offset');
CREATE STREAMING TABLE kept USING postgres TBLPROPERTIES ('primary_key' = 'n')
AS SELECT * FROM STREAM rows;
CREATE STREAMING TABLE copy USING kafka TBLPROPERTIES ('format' = 'avro')
AS SELECT * FROM STREAM rows;
CREATE TABLE again ({COLUMNS}, n BIGINT) USING kafka OPTIONS ('topic' = 'copy', 'format' = 'avro');
CREATE STREAMING TABLE copied USING postgres TBLPROPERTIES ('primary_key' = 'n')
AS SELECT * FROM STREAM copy;
""")
        names = [column.split(" ")[0] for column in COLUMNS.replace("<a: INT, b", "<a b")
                 .replace("<STRING, B", "<B").replace("<member0: INT, m", "<m").split(", ")]
        found = self.rows("SELECT * FROM kept ORDER BY n")
        assert len(found) == len(records), (
            len(found), self.rows("SELECT reason, message FROM rows__dead_letter LIMIT 3"))
        for row, record in zip(found, records):
            for name, cell in zip(names, row):
                assert same(cell, as_cell(name, record[name])), (name, cell, record[name])
        # And back through weir's own encoding, in the schema of the columns.
        again = self.rows("SELECT * FROM copied ORDER BY n")
        assert again == found
        batch = self.rows("SELECT * FROM copy ORDER BY n")
        assert [row[:6] for row in batch] == [row[:6] for row in found]

    def what_weir_writes_others_read(self) -> None:
        schema = {"type": "record", "name": "Out", "fields": [
            {"name": "id", "type": "long"}, {"name": "name", "type": ["null", "string"]},
            {"name": "price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 12,
                                       "scale": 2}},
            {"name": "at", "type": ["null", {"type": "long", "logicalType": "timestamp-millis"}]},
            {"name": "tags", "type": {"type": "array", "items": ["null", "string"]}},
            {"name": "extra", "type": "string", "default": "none"}]}
        (self.folder / "out.avsc").write_text(json.dumps(schema), encoding="utf-8")
        (self.folder / "in.ndjson").write_text(
            '{"id":1,"name":"ä","price":"-12.34","at":"2026-01-02T03:04:05.678Z","tags":["x",null]}\n'
            '{"id":-2,"name":null,"price":"0","at":null,"tags":[]}\n', encoding="utf-8")
        self.pipeline("out", f"""
CREATE TABLE f (id BIGINT, name STRING, price DECIMAL(12,2), at TIMESTAMP, tags ARRAY<STRING>)
USING json OPTIONS ('path' = '{self.folder}/in.ndjson');
CREATE STREAMING TABLE out USING kafka
TBLPROPERTIES ('format' = 'avro', 'schema_file' = '{self.folder}/out.avsc') AS SELECT * FROM STREAM f;
""")
        utc = datetime.timezone.utc
        assert [self.decode(schema, value) for value in self.values("out")] == [
            {"id": 1, "name": "ä", "price": decimal.Decimal("-12.34"),
             "at": datetime.datetime(2026, 1, 2, 3, 4, 5, 678000, utc), "tags": ["x", None],
             "extra": "none"},
            {"id": -2, "name": None, "price": decimal.Decimal("0.00"), "at": None, "tags": [],
             "extra": "none"}]

    def schemas_change_through_a_registry(self) -> None:
        versions = {
            7: {"type": "record", "name": "V", "fields": [{"name": "id", "type": "int"}]},
            8: {"type": "record", "name": "V", "fields": [
                {"name": "full_name", "type": "string"}, {"name": "id", "type": "long"},
                {"name": "score", "type": "float"}]},
        }
        reader = {"type": "record", "name": "V", "fields": [
            {"name": "id", "type": "long"},
            {"name": "name", "type": "string", "aliases": ["full_name"], "default": "nobody"},
            {"name": "score", "type": ["double", "null"], "default": 1.5}]}
        (self.folder / "reader.avsc").write_text(json.dumps(reader), encoding="utf-8")
        asked = []

        class Registry(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append(self.path)
                parts = self.path.strip("/").split("/")
                answer = None
                if parts[:2] == ["schemas", "ids"] and int(parts[2]) in versions:
                    answer = {"schema": json.dumps(versions[int(parts[2])])}
                elif self.path == "/subjects/vout-value/versions/latest":
                    answer = {"subject": "vout-value", "version": 2, "id": 8,
                              "schema": json.dumps(versions[8])}
                self.send_response(200 if answer else 404)
                self.end_headers()
                self.wfile.write(json.dumps(answer or {"error_code": 40403}).encode())

            def log_message(self, *args):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Registry)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        registry = f"http://127.0.0.1:{server.server_port}"
        self.produce("v", [
            self.encode(versions[7], {"id": 1}, b"\0\0\0\0\x07"),
            self.encode(versions[8], {"full_name": "two", "id": 2, "score": 0.25}, b"\0\0\0\0\x08"),
            b"\0\0\0\0\x09x", b"{}", self.encode(versions[7], {"id": 5}, b"\0\0\0\0\x07") + b"!",
            self.encode(versions[7], {"id": 6}, b"\0\0\0\0\x07")])
        self.pipeline("v", f"""
CREATE TABLE v (id BIGINT, name STRING, score DOUBLE) USING kafka
OPTIONS ('format' = 'avro', 'schema_registry' = '{registry}',
         'schema_file' = '{self.folder}/reader.avsc');
CREATE STREAMING TABLE vkept USING postgres TBLPROPERTIES ('primary_key' = 'id')
AS SELECT * FROM STREAM v;
CREATE STREAMING TABLE vout USING kafka
TBLPROPERTIES ('format' = 'avro', 'schema_registry' = '{registry}')
AS SELECT id, name AS full_name, CAST(score AS FLOAT) AS score FROM STREAM v;
""")
        found = self.rows("SELECT id, name, score FROM vkept ORDER BY id")
        assert [[int(row[0]), row[1], float(row[2])] for row in found] == [
            [1, "nobody", 1.5], [2, "two", 0.25], [6, "nobody", 1.5]], found
        dead = self.rows("SELECT position, reason, message FROM v__dead_letter ORDER BY position")
        assert [row[1] for row in dead] == ["bad_schema", "malformed_avro", "malformed_avro"], dead
        assert "404" in dead[0][2], dead
        assert asked.count("/schemas/ids/7") == 1, asked
        written = self.values("vout")
        assert all(value[:5] == b"\0\0\0\0\x08" for value in written)
        assert [self.decode(versions[8], value[5:])["id"] for value in written] == [1, 2, 6]
        server.shutdown()

    def an_outage_of_the_registry_makes_no_record_bad(self) -> None:
        """Refused connections, silence, errors, other people's pages: the source waits, and goes on."""
        schema = {"type": "record", "name": "W", "fields": [{"name": "id", "type": "int"}]}
        how = ["silent"]

        class Registry(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                now = how[0]
                if now == "silent":
                    while how[0] == "silent":
                        time.sleep(0.05)
                    return
                status = int(now) if now.isdigit() else 200
                body = {"schema": json.dumps(schema)}
                if self.path != "/schemas/ids/7":
                    status, body = 404, {"error_code": 40403}
                elif now != "well":
                    body = {"error_code": status * 100 + 1} if now.isdigit() else "<html>"
                self.send_response(status)
                self.end_headers()
                try:
                    self.wfile.write(json.dumps(body).encode())
                except BrokenPipeError:
                    pass

            def log_message(self, *args):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Registry)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.produce("away", [self.encode(schema, {"id": i}, b"\0\0\0\0\x07") for i in range(100)] +
                     [b"\0\0\0\0\x08x"])
        sql = self.folder / "away.sql"
        text = """
CREATE TABLE away (id INT) USING kafka OPTIONS ('format' = 'avro', 'schema_registry' = 'http://127.0.0.1:PORT');
CREATE TABLE other (n INT) USING json OPTIONS ('path' = 'NUMBERS');
CREATE STREAMING TABLE away_kept USING postgres TBLPROPERTIES ('primary_key' = 'id') AS SELECT * FROM STREAM away;
CREATE STREAMING TABLE others USING postgres AS SELECT n FROM STREAM other;
"""
        numbers = self.folder / "numbers.ndjson"
        numbers.write_text('{"n": 1}\n', encoding="utf-8")
        text = text.replace("NUMBERS", str(numbers))
        # Nobody listens: --once gives up after a while and has lost nothing.
        sql.write_text(text.replace("PORT", "1"), encoding="utf-8")
        began = time.monotonic()
        told = self.run("run", str(sql), "--once", "--quiet", "--data", str(self.data), "--set",
                        "outage.patience=200 ms", status=3)
        assert "schema registry: GET http://127.0.0.1:1/schemas/ids/7" in told, told
        assert time.monotonic() - began < 30, "the setting is not heeded"
        sql.write_text(text.replace("PORT", str(server.server_port)), encoding="utf-8")
        live = subprocess.Popen([self.weir, "run", str(sql), "--data", str(self.data)],
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        try:
            # The other flow of the same workers goes on meanwhile.
            until = time.monotonic() + 60
            count = 1
            for now in ("silent", "500", "403", "404", "html"):
                how[0] = now
                with numbers.open("a", encoding="utf-8") as file:
                    file.write('{"n": 1}\n')
                count += 1
                while int(self.rows("SELECT count(*) FROM others")[0][0]) < count:
                    assert time.monotonic() < until and live.poll() is None
                    time.sleep(0.1)
                time.sleep(0.7)
                assert self.rows("SELECT count(*) FROM away_kept") == [[0]], now
                assert self.rows("SELECT count(*) FROM away__dead_letter") == [[0]], now
            how[0] = "well"
            while int(self.rows("SELECT count(*) FROM away_kept")[0][0]) < 100:
                assert time.monotonic() < until and live.poll() is None
                time.sleep(0.1)
        finally:
            live.terminate()
        assert live.wait(timeout=60) == 0, live.stderr.read()
        dead = self.rows("SELECT position, reason, message FROM away__dead_letter")
        assert len(dead) == 1 and dead[0][1] == "bad_schema" and "404" in dead[0][2], dead
        server.shutdown()

    def a_union_of_one_type_is_that_type(self) -> None:
        for kind, column, fits in (("int", "INT", True), ("int", "DATE", False), ("null", "DATE", True)):
            name = f"one_{kind}_{column}".lower()
            (self.folder / "one.avsc").write_text(json.dumps({
                "type": "record", "name": "R", "fields": [{"name": "a", "type": [kind]}]}), encoding="utf-8")
            self.produce(name, [b"\0" + (b"\x02" if kind == "int" else b"")])
            told = self.pipeline(name, f"""
CREATE TABLE {name} (a {column}) USING kafka
OPTIONS ('format' = 'avro', 'schema_file' = '{self.folder}/one.avsc');
CREATE STREAMING TABLE {name}_kept USING postgres AS SELECT a FROM STREAM {name};
""", status=0 if fits else 1)
            assert fits or f"{column} cannot be made of Avro's {kind}" in told, told
            if fits:
                found = self.rows(f"SELECT a FROM {name}_kept")
                assert found in ([[1]], [["1"]]) if kind == "int" else found == [[None]], found

    def a_field_is_one_columns_whatever_its_aliases_say(self) -> None:
        def found(name: str, fields: list, value: bytes) -> list:
            (self.folder / f"{name}.avsc").write_text(json.dumps(
                {"type": "record", "name": "A", "fields": fields}), encoding="utf-8")
            self.produce(name, [value] * 3)
            self.pipeline(name, f"""
CREATE TABLE {name} (a STRING, b INT) USING kafka
OPTIONS ('format' = 'avro', 'schema_file' = '{self.folder}/{name}.avsc');
CREATE STREAMING TABLE {name}_kept USING postgres AS SELECT a, b FROM STREAM {name};
""")
            return [[cell if cell is None else str(cell) for cell in row]
                    for row in self.rows(f"SELECT a, b FROM {name}_kept")]

        renamed = {"name": "a", "type": "string", "aliases": ["b"]}
        rows = found("alias_alone", [renamed], b"\x04xy")
        assert rows == [["xy", None]] * 3, rows
        rows = found("alias_and_name", [renamed, {"name": "b", "type": "int"}], b"\x04xy\x0e")
        assert rows == [["xy", "7"]] * 3, rows

    def records_within_records_do_not_multiply_without_end(self) -> None:
        def nested(leaf: dict, default) -> dict:
            inner = leaf
            for depth in range(40):
                fields = [{"name": name, "type": inner if name == "l" else inner["name"]} for name in "lr"]
                if default is not None:
                    fields = [{**field, "default": default} for field in fields]
                inner = {"type": "record", "name": f"R{depth}", "fields": fields}
            return {"type": "record", "name": "Top", "fields": [{"name": "deep", "type": inner},
                                                                {"name": "n", "type": "int"}]}

        path = self.folder / "nested.avsc"
        path.write_text(json.dumps(nested({"type": "record", "name": "L", "fields": [
            {"name": "x", "type": "null"}]}, None)), encoding="utf-8")
        self.produce("nested", [b"\x02"])
        sql = f"""
CREATE TABLE nested (n INT) USING kafka OPTIONS ('format' = 'avro', 'schema_file' = '{path}');
CREATE STREAMING TABLE flat USING postgres AS SELECT n FROM STREAM nested;
"""
        self.pipeline("nested", sql)
        dead = self.rows("SELECT reason FROM nested__dead_letter")
        assert dead == [["malformed_avro"]], dead
        path.write_text(json.dumps(nested({"type": "record", "name": "L", "fields": [
            {"name": "x", "type": "string", "default": "x" * 100}]}, {})), encoding="utf-8")
        told = self.pipeline("nested2", sql.replace("flat", "flat2"), status=1)
        assert "the default of a field is no value of its type" in told, told

    def bad_records_and_schemas_are_told_of(self) -> None:
        (self.folder / "small.avsc").write_text(json.dumps({
            "type": "record", "name": "S", "fields": [
                {"name": "n", "type": "long"}, {"name": "s", "type": {"type": "array", "items": {
                    "type": "record", "name": "P", "fields": [{"name": "a", "type": "int"},
                                                              {"name": "b", "type": "string"}]}}}]}),
            encoding="utf-8")
        good = b"\x02" + b"\x02\x04\x02x" + b"\x00"
        self.produce("bad", [good, b"", good[:-1], good[:3], good[:4], b"\xff" * 11,
                             b"\x80\x80\x80\x80\x80\x40" + good[1:], good])
        sql = f"""
CREATE TABLE bad (n INT, s ARRAY<STRUCT<a: INT, b: STRING>>) USING kafka
OPTIONS ('format' = 'avro', 'schema_file' = '{self.folder}/small.avsc');
CREATE STREAMING TABLE good USING postgres AS SELECT n, s[0].a AS a, s[0].b AS b, size(s) AS c
FROM STREAM bad;
"""
        self.pipeline("bad", sql)
        assert [[str(cell) for cell in row] for row in self.rows("SELECT * FROM good")] == \
            [["1", "2", "x", "1"]] * 2
        reasons = [row[0] for row in
                   self.rows("SELECT reason FROM bad__dead_letter ORDER BY position")]
        assert reasons == ["malformed_avro"] * 5 + ["bad_value"], reasons
        told = self.pipeline("wrong", sql.replace("n INT", "n DATE").replace("TABLE good", "TABLE good2"),
                             status=1)
        assert "n: DATE cannot be made of Avro's long" in told, told
        (self.folder / "small.avsc").write_text('{"type":"record","name":"S","fields":[{"name":"n"}]}',
                                                encoding="utf-8")
        assert "a type is missing" in self.pipeline("wrong", sql.replace("good", "good3"), status=1)


def main() -> int:
    with_fastavro()
    decimal.getcontext().prec = 60
    with tempfile.TemporaryDirectory(prefix="weir-avro-") as folder:
        test = Test(sys.argv[1], pathlib.Path(folder))
        for each in (test.every_type_both_ways, test.what_weir_writes_others_read,
                     test.schemas_change_through_a_registry,
                     test.an_outage_of_the_registry_makes_no_record_bad,
                     test.a_union_of_one_type_is_that_type,
                     test.a_field_is_one_columns_whatever_its_aliases_say,
                     test.records_within_records_do_not_multiply_without_end,
                     test.bad_records_and_schemas_are_told_of):
            try:
                each()
                print(f"ok {each.__name__}")
            except AssertionError as error:
                test.failures += 1
                print(f"FAIL {each.__name__}: {str(error)[:2000]}")
    return test.failures != 0


if __name__ == "__main__":
    sys.exit(main())
