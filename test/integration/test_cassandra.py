#!/usr/bin/env python3
"""weir's real-time tables in a real Apache Cassandra, read back with the server's own driver.

usage: test_cassandra.py WEIR [CHECK...]

Without names all checks are run; WEIR_TEST_LONG=1: 50 kills instead of 10, more rows.
"""
import contextlib
import os
import pathlib
import random
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

import cassandra_server
import servers
from cassandra_server import Server, Weir, check_answers, plain
from kills import Feed, kill_often

HERE = pathlib.Path(__file__).resolve().parent
ORDERS = HERE / "cassandra_orders.sql"
LONG = bool(os.environ.get("WEIR_TEST_LONG"))

TABLES = {
    "revenue_by_minute": "SELECT category, minute, orders, revenue FROM {}revenue_by_minute",
    "order_history": "SELECT order_id, category, customer_id, price, quantity, ts "
                     "FROM {}order_history",
    "daily_revenue": "SELECT day, category, revenue FROM {}daily_revenue",
}


@contextlib.contextmanager
def answering(answer: bytes):
    """A port where everyone gets this answer, and then the end."""
    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = host.accept()
                with connection:
                    connection.recv(4096)
                    connection.sendall(answer)

    host = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=serve, daemon=True).start()
    try:
        yield host.getsockname()[1]
    finally:
        host.shutdown(socket.SHUT_RDWR)
        host.close()


class Tests:
    def __init__(self, program: str, folder: pathlib.Path):
        self.program = os.path.abspath(program)
        self.folder = folder
        self.server = Server(servers.conf())
        self.random = random.Random(7)

    def weir(self, name: str, **settings: str) -> Weir:
        """A data directory and a keyspace of its own, both empty."""
        keyspace = f"weir_{name}"
        self.server.run(f"DROP KEYSPACE IF EXISTS {keyspace}")
        return Weir(self.program, self.folder / name, keyspace,
                    {k.replace("__", "."): v for k, v in settings.items()})

    def file(self, name: str, text: str) -> pathlib.Path:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def same_rows(self, quiet: Weir, other: Weir) -> None:
        """What stands in Cassandra, by the driver and by weir, is what the embedded role holds."""
        for name, cql in TABLES.items():
            expected = sorted(map(tuple, quiet.sql(cql.format(""), embedded=True)))
            keyspace = other.settings["cassandra.keyspace"] + "."
            there = plain(self.server.rows(cql.format(keyspace)))
            assert len(expected) > 0, name
            assert there == expected, (name, len(there), len(expected),
                                       [r for r in there if r not in expected][:2],
                                       [r for r in expected if r not in there][:2])
            assert sorted(map(tuple, other.sql(cql.format("")))) == expected, name

    # ── the client ───────────────────────────────────────────────────────────────────────────────

    def the_client_speaks_both_versions_compressed_and_secured(self) -> None:
        program = pathlib.Path(self.program).parent / "test/integration/cql_server"
        ca = cassandra_server.folder("cassandra") / "tls/server.crt"
        point = servers.conf()["cassandra.contact.points"]
        for version, how in (("4", "plain"), ("4", "lz4"), ("5", "plain"), ("5", "lz4"),
                             ("5", "tls")):
            done = subprocess.run([program, point, "cassandra", "cassandra", version, how, ca],
                                  capture_output=True, text=True, timeout=300, check=False)
            assert done.returncode == 0, f"version {version}, {how}: {done.stdout}{done.stderr}"

    def a_wrong_login_or_certificate_is_told(self) -> None:
        weir = self.weir("login", cassandra__password="wrong")
        file = self.file("login.sql", self.RATE +
                         "CREATE STREAMING TABLE t USING cassandra TBLPROPERTIES "
                         "('primary_key' = 'value') AS SELECT value FROM STREAM r;\n")
        said = weir.run(file, "--drain", status=1)
        assert "cassandra.password" in said and "wrong" not in said, said
        del weir.settings["cassandra.password"]
        weir.settings["cassandra.tls"] = "true"
        said = weir.run(file, "--drain", status=1)
        assert "certificate is refused" in said, said
        weir.settings["cassandra.tls.ca"] = str(cassandra_server.folder("cassandra") /
                                                "tls/server.crt")
        weir.run(file, "--drain")
        assert len(self.server.rows("SELECT value FROM weir_login.t")) == 5

    # ── rows ─────────────────────────────────────────────────────────────────────────────────────

    def rows_are_those_of_the_embedded_role(self) -> None:
        feed = Feed(self.program, 20000)
        try:
            weir = self.weir("orders", feed=feed.address)
            quiet = self.weir("orders_quiet", feed=feed.address)
            weir.run(ORDERS, "--drain")
            quiet.run(ORDERS, "--drain", embedded=True)
            self.same_rows(quiet, weir)
            check_answers(self.server, "weir_orders", feed.answers())
            # The refreshed view keeps no row of before.
            self.server.run("INSERT INTO weir_orders.daily_revenue (day, category, revenue) VALUES "
                            "('1999-01-01', 'old', 1) USING TIMESTAMP 1000")
            weir.run(ORDERS, "--drain")
            self.same_rows(quiet, weir)
        finally:
            feed.close()

    TYPES = """
      CAST(id AS BIGINT) AS id, CAST(id % 3 = 0 AS BOOLEAN) AS bo, CAST(-id AS TINYINT) AS ti,
      CAST(id * 100 AS SMALLINT) AS sm, CAST(-id AS INT) AS i, CAST(id / 4 AS FLOAT) AS f,
      CASE WHEN id = 3 THEN CAST('NaN' AS DOUBLE) ELSE id / 8 END AS d,
      CAST(-id * 1000000007 AS DECIMAL(38,10)) AS de, concat('é', id, "'") AS s,
      CAST(concat('b', id) AS BINARY) AS b, date_add(DATE'1969-12-30', CAST(id AS INT)) AS da,
      timestamp_millis(id * 1001 - 2500) AS ts, TIMESTAMP_NTZ'2024-01-01 10:00:00' AS tn,
      CASE WHEN id <> 2 THEN array(id, NULL, 2) END AS ar, map(concat('k', id), id) AS ma,
      named_struct('x', id, 'y', 'z') AS st, CASE WHEN id <> 4 THEN 'set' END AS nu
    """

    def every_type_comes_back(self) -> None:
        weir = self.weir("types")
        file = self.file("types.sql", f"""
            CREATE TABLE r (timestamp TIMESTAMP, value BIGINT) USING rate
            OPTIONS ('rows' = '12', 'rowsPerSecond' = '10000000');
            CREATE STREAMING TABLE kinds USING cassandra
            TBLPROPERTIES ('primary_key' = 'id') AS
            SELECT {self.TYPES} FROM (SELECT value AS id FROM STREAM r);
        """)
        quiet = self.weir("types_quiet")
        weir.run(file, "--drain")
        quiet.run(file, "--drain", embedded=True)
        sql = "SELECT * FROM kinds ORDER BY id"
        expected = quiet.sql(sql, embedded=True)
        assert len(expected) == 12
        assert weir.sql(sql) == expected, (weir.sql(sql), expected)
        row = self.server.rows("SELECT * FROM weir_types.kinds WHERE id = 5")[0]
        assert (row["ti"], row["sm"], row["f"], row["d"], row["s"], row["b"]) == \
            (-5, 500, 1.25, 0.625, "é5'", b"b5"), row
        assert str(row["de"]) == "-5000000035.0000000000" and str(row["da"]) == "1970-01-04", row
        assert row["ar"] == "[5,null,2]" and row["st"] == '{"x":5,"y":"z"}', row

    def five_nexmark_queries_give_the_same_rows(self) -> None:
        for query in ("q5", "q7", "q8", "q9", "q17"):
            text = (HERE.parents[1] / f"examples/nexmark/{query}.sql").read_text(encoding="utf-8")
            file = self.file(f"{query}.sql", text.replace("USING postgres", "USING cassandra"))
            weir, quiet = (self.weir(f"{query}{which}", events="20000") for which in ("", "_quiet"))
            weir.run(file, "--drain")
            quiet.run(file, "--drain", embedded=True)
            sql = f"SELECT * FROM {query}"
            expected = sorted(quiet.sql(sql, embedded=True), key=str)
            assert expected and sorted(weir.sql(sql), key=str) == expected, query
            there = self.server.rows(f"SELECT * FROM weir_{query}.{query}")
            assert len(there) == len(expected), (query, len(there), len(expected))

    def keys_are_looked_up_where_they_lie(self) -> None:
        weir = Weir(self.program, self.folder / "types", "weir_types", {})
        assert weir.sql("SELECT s FROM kinds WHERE id = 7") == [["é7'"]]
        assert weir.sql("SELECT count(*) FROM kinds WHERE id = 70") == [[0]]
        assert weir.sql("SELECT count(*) FROM kinds WHERE id > 7 AND d IS NOT NULL") == [[4]]
        orders = Weir(self.program, self.folder / "orders", "weir_orders", {})
        one = orders.sql("SELECT minute, orders FROM revenue_by_minute WHERE category = 'tea'")
        assert len(one) > 3, one
        some = orders.sql(f"SELECT minute FROM revenue_by_minute WHERE category = 'tea' AND minute > "
                          f"TIMESTAMP'{one[0][0]}' AND TIMESTAMP'{one[2][0]}' >= minute")
        assert sorted(some) == sorted([[one[1][0]], [one[2][0]]]), (one, some)

    def a_stream_is_joined_with_a_table_there(self) -> None:
        self.server.run("DROP KEYSPACE IF EXISTS weir_join")
        weir = self.weir("join")
        file = self.file("join.sql", """
            CREATE TABLE r (timestamp TIMESTAMP, value BIGINT) USING rate
            OPTIONS ('rows' = '1000', 'rowsPerSecond' = '10000000');
            CREATE STREAMING TABLE names USING cassandra TBLPROPERTIES ('primary_key' = 'k') AS
            SELECT value AS k, concat('name ', value) AS name FROM STREAM r WHERE value < 10;
        """)
        weir.run(file, "--drain")
        file.write_text(file.read_text() + """
            CREATE STREAMING TABLE named USING cassandra TBLPROPERTIES ('primary_key' = 'v') AS
            SELECT value AS v, name FROM STREAM r JOIN names ON value % 20 = k;
        """)
        weir.run(file, "--drain")
        rows = self.server.rows("SELECT v, name FROM weir_join.named")
        assert len(rows) == 500 and all(r["name"] == f"name {r['v'] % 20}" for r in rows), len(rows)

    def a_joined_table_is_looked_up_by_key_with_the_same_rows(self) -> None:
        self.weir("lookup")  # The keyspace is new.
        self.server.run(
            "CREATE KEYSPACE weir_lookup WITH replication = "
            "{'class': 'NetworkTopologyStrategy', 'datacenter1': 1}",
            "CREATE TABLE weir_lookup.parts (p text, q int, c bigint, d text, v text, PRIMARY KEY ((p, q), c, d))")
        insert = self.server.session.prepare("INSERT INTO weir_lookup.parts (p, q, c, d, v) VALUES (?, ?, ?, ?, ?)")
        for i in range(600):
            self.server.session.execute(insert, (f"é{i % 100}", i % 2, i % 7, f"d{i % 3}", f"v{i}"))
        self.server.session.execute(insert, ("y" * 30000, 2, 1, "d1", "of a long key"))
        joins = {
            "partition": "LEFT JOIN parts t ON t.p = concat('é', n % 130) AND t.q = g.q",
            "row": "LEFT JOIN parts t ON t.p = g.p AND t.q = g.q AND t.c = n % 7 AND t.d = 'd1'",
            "long": "JOIN parts t ON t.p = g.p AND t.q = g.q AND t.c = n % 7 AND "
                    "t.d = CASE WHEN n % 7 < 6 THEN 'd1' ELSE repeat('d', 70000) END",
            "skipping": "JOIN (SELECT * FROM parts WHERE v <> 'v8' AND c < 5) t ON t.p = g.p AND t.q = g.q AND "
                        "t.d = concat('d', n % 3)",
        }
        source = """CREATE TABLE r (timestamp TIMESTAMP, value BIGINT) USING rate
            OPTIONS ('rows' = '2000', 'rowsPerSecond' = '10000000');
            CREATE TABLE parts (P STRING, q INT, c BIGINT, d STRING, v STRING) USING cassandra;
            CREATE TEMPORARY VIEW g AS SELECT value AS n, CAST(value % 3 AS INT) AS q,
                CASE WHEN value % 11 = 0 THEN NULL WHEN value = 5 THEN '' WHEN value = 6 THEN repeat('x', 70000)
                     WHEN value = 7 THEN CAST(X'FF' AS STRING) WHEN value = 8 THEN repeat('y', 30000)
                     ELSE concat('é', value % 110) END AS p
            FROM STREAM r;\n"""
        found: dict[str, list] = {}
        for by_key in ("never", "auto"):
            out = self.folder / f"lookup-{by_key}"
            sql = source + "".join(f"""CREATE STREAMING TABLE {name} USING json
                TBLPROPERTIES ('path' = '{out}/{name}') AS SELECT g.n, t.c, t.d, t.v FROM g {join};\n"""
                                   for name, join in joins.items())
            one = Weir(self.program, self.folder / f"lookup-data-{by_key}", "weir_lookup",
                       {"lookup.by_key": by_key, "batch.rows": "300"})
            one.run(self.file("lookup.sql", sql), "--drain", "--workers", "2")
            for name in joins:
                found.setdefault(name, []).append(sorted(
                    line for file in (out / name).iterdir() for line in file.read_text().splitlines()))
        for name, (whole, looked_up) in found.items():
            assert len(whole) > 100 and whole == looked_up, (name, len(whole), len(looked_up))
        for name in ("partition", "row", "long"):
            assert sum('"of a long key"' in row for row in found[name][1]) == (name != "partition"), name
        asked = [row["query_string"] for row in self.server.rows("SELECT query_string FROM system.prepared_statements")]
        for words in ('"p" = ? AND "q" = ?', '"p" = ? AND "q" = ? AND "c" = ?'):
            assert any(text.endswith(f'"weir_lookup"."parts" WHERE {words}') for text in asked), words

    # ── what cannot be ───────────────────────────────────────────────────────────────────────────

    RATE = ("CREATE TABLE r (timestamp TIMESTAMP, value BIGINT) USING rate "
            "OPTIONS ('rows' = '5', 'rowsPerSecond' = '10000000');\n")

    def tables_of_another_shape_are_refused(self) -> None:
        weir = self.weir("shape")
        self.server.run(
            "CREATE KEYSPACE weir_shape WITH replication = "
            "{'class': 'NetworkTopologyStrategy', 'datacenter1': 1}",
            "CREATE TABLE weir_shape.types (value bigint PRIMARY KEY, n int)",
            "CREATE TABLE weir_shape.keys (n bigint, value bigint, PRIMARY KEY ((n), value))",
            "CREATE TABLE weir_shape.more (value bigint PRIMARY KEY, n bigint, extra text)",
            "CREATE TABLE weir_shape.less (value bigint PRIMARY KEY)")
        for table, wanted in (("types", "column 'n' is int there, and bigint here"),
                              ("keys", "PRIMARY KEY ((value))"),
                              ("more", "it has a column 'extra' (text) more"),
                              ("less", "column 'n' is missing there")):
            file = self.file("shape.sql", self.RATE +
                             f"CREATE STREAMING TABLE {table} USING cassandra TBLPROPERTIES "
                             f"('primary_key' = 'value') AS "
                             f"SELECT value, value AS n FROM STREAM r;\n")
            said = weir.run(file, "--drain", status=1)
            assert wanted in said, said
        file = self.file("nokey.sql", self.RATE + "CREATE STREAMING TABLE t USING cassandra AS "
                                                  "SELECT value FROM STREAM r;\n")
        assert "'primary_key'" in weir.run(file, "--drain", status=1)
        file = self.file("nopart.sql", self.RATE +
                         "CREATE STREAMING TABLE t USING cassandra PARTITIONED BY (n) TBLPROPERTIES "
                         "('primary_key' = 'value') AS SELECT value, value AS n FROM STREAM r;\n")
        assert "is part of its 'primary_key'" in weir.run(file, "--drain", status=1)
        weir.settings["cassandra.keyspace"] = "weir_nowhere"
        weir.settings["cassandra.keyspace.create"] = "false"
        file = self.file("keyspace.sql", self.RATE +
                         "CREATE STREAMING TABLE t USING cassandra TBLPROPERTIES "
                         "('primary_key' = 'value') AS SELECT value FROM STREAM r;\n")
        assert "no keyspace 'weir_nowhere'" in weir.run(file, "--drain", status=1)

    def keys_that_cassandra_has_not_go_to_the_dead_letters(self) -> None:
        weir = self.weir("keys")
        file = self.file("keys.sql", self.RATE + """
            CREATE STREAMING TABLE texts USING cassandra TBLPROPERTIES ('primary_key' = 'k') AS
            SELECT CASE WHEN value = 2 THEN '' WHEN value = 3 THEN repeat('x', 70000)
                        WHEN value = 4 THEN NULL ELSE concat('k', value) END AS k, value
            FROM STREAM r;
            CREATE STREAMING TABLE spoilt USING cassandra TBLPROPERTIES ('primary_key' = 'k, c') AS
            SELECT CASE WHEN value = 2 THEN CAST(X'FF61' AS STRING) ELSE 'k' END AS k,
                   CASE WHEN value = 3 THEN array(repeat('x', 70000)) WHEN value = 4 THEN
                   array(repeat('x', 65000)) ELSE array(string(value)) END AS c FROM STREAM r;
            CREATE STREAMING TABLE times USING cassandra TBLPROPERTIES ('primary_key' = 't') AS
            SELECT timestamp_micros(value * 500) AS t, value FROM STREAM r;
            CREATE STREAMING TABLE exact USING cassandra
            TBLPROPERTIES ('primary_key' = 't', 'timestamps' = 'microseconds') AS
            SELECT timestamp_micros(value * 500) AS t, value FROM STREAM r;
        """)
        weir.run(file, "--drain")
        assert len(self.server.rows("SELECT * FROM weir_keys.texts")) == 2
        assert len(self.server.rows("SELECT * FROM weir_keys.times")) == 3
        assert len(self.server.rows("SELECT * FROM weir_keys.spoilt")) == 3
        exact = self.server.rows("SELECT t, value FROM weir_keys.exact")
        assert sorted(r["t"] for r in exact) == [0, 500, 1000, 1500, 2000], exact
        assert weir.sql("SELECT max(t) FROM exact") == [["1970-01-01 00:00:00.002"]]
        # Nor are there rows of such keys to be found; Cassandra itself calls the question an error.
        assert weir.sql("SELECT k FROM texts WHERE k = '' UNION ALL SELECT k FROM texts WHERE k = repeat('x', 70000)") == []
        said = weir.sql("SELECT message, count(*) FROM r__dead_letter GROUP BY message")
        assert sum(count for _, count in said) == 6, said
        # A nested key is met when it has been encoded: with the table's own dead letters.
        said = weir.sql("SELECT reason, message FROM spoilt__dead_letter")
        assert said == [["not_storable", "the key is longer than the 64 KiB that Cassandra takes"]], said

    def rows_too_large_for_the_server_go_to_the_dead_letters(self) -> None:
        limit = min(self.size(name) for name in ("max_mutation_size", "native_transport_max_message_size"))
        weir = self.weir("large")
        # The sizes around the limit, and one above the protocol's own (256 MiB); in the last flow a row that
        # comes of no record.
        file = self.file("large.sql", f"""
            CREATE TABLE r (timestamp TIMESTAMP, value BIGINT) USING rate
            OPTIONS ('rows' = '8', 'rowsPerSecond' = '10000000');
            CREATE STREAMING TABLE large USING cassandra TBLPROPERTIES ('primary_key' = 'k') AS
            SELECT value AS k, repeat('x', CASE value WHEN 1 THEN {limit - 1000} WHEN 2 THEN {limit}
                WHEN 3 THEN {limit + 1} WHEN 4 THEN 60000000 ELSE 3 END) AS a,
                repeat('y', CASE value WHEN 4 THEN 60000000 ELSE 3 END) AS b,
                repeat('z', CASE value WHEN 4 THEN 60000000 ELSE 3 END) AS c,
                repeat('z', CASE value WHEN 4 THEN 60000000 ELSE 3 END) AS d,
                repeat('z', CASE value WHEN 4 THEN 60000000 ELSE 3 END) AS e
            FROM STREAM r;
            CREATE STREAMING TABLE gathered USING cassandra
            TBLPROPERTIES ('primary_key' = 'k', 'unbounded_state' = 'true') AS
            SELECT value % 2 AS k, max(repeat('x', CASE value WHEN 1 THEN {limit} ELSE 3 END)) AS a
            FROM STREAM r GROUP BY value % 2;
        """)
        weir.run(file, "--drain")
        there = {r["k"]: len(r["a"]) for r in self.server.rows("SELECT k, a FROM weir_large.large")}
        assert there == {k: limit - 1000 if k == 1 else 3 for k in (0, 1, 5, 6, 7)}, there
        assert [r["k"] for r in self.server.rows("SELECT k FROM weir_large.gathered")] == [0]
        said = weir.sql("SELECT reason, substr(string(raw), 1, 14), length(raw), message FROM large__dead_letter")
        assert sorted(row[:3] for row in said) == [["too_large", f'{{"k":{k},"a":"xx', 1 << 20]
                                                   for k in (2, 3, 4)], said
        assert all(row[3].endswith(f"Cassandra takes at most {limit} of table weir_large.large (max_mutation_size, "
                                   f"native_transport_max_message_size)") for row in said), said
        said = weir.sql("SELECT reason, substr(string(raw), 1, 5) FROM gathered__dead_letter")
        assert said == [["too_large", '{"k":']], said
        # Read page by page, whatever a page's rows take.
        assert weir.sql("SELECT sum(length(a)) FROM large") == [[limit - 1000 + 4 * 3]]

    def size(self, name: str) -> int:
        """A setting of the server, in bytes."""
        value = self.server.rows(f"SELECT value FROM system_views.settings WHERE name = '{name}'")[0]["value"]
        for unit, factor in (("KiB", 1 << 10), ("MiB", 1 << 20), ("B", 1)):
            if value.endswith(unit):
                return int(value.removesuffix(unit)) * factor
        raise AssertionError(value)

    def values_of_no_bytes_and_collections_of_others_are_read(self) -> None:
        weir = self.weir("others")
        self.server.run(
            "CREATE KEYSPACE weir_others WITH replication = "
            "{'class': 'NetworkTopologyStrategy', 'datacenter1': 1}",
            "CREATE TYPE weir_others.place (x double, label text)",
            "CREATE TABLE weir_others.kinds (k bigint PRIMARY KEY, numbers list<int>, names map<text, bigint>, "
            "blobs set<blob>, at frozen<place>, pair tuple<int, int>, n int, deep list<frozen<list<int>>>)",
            "INSERT INTO weir_others.kinds (k, numbers, names, blobs, at, pair, n, deep) VALUES (1, [1, 2], "
            "{'a': 1}, {0x00ff}, {x: 0.5, label: 'l'}, (1, null), blobAsInt(0x), [[], [3]])",
            "INSERT INTO weir_others.kinds (k, numbers) VALUES (2, [])")
        weir.run(self.file("others.sql", self.RATE + "CREATE STREAMING TABLE t USING cassandra TBLPROPERTIES "
                                                     "('primary_key' = 'value') AS SELECT value FROM STREAM r;"),
                 "--drain")
        rows = weir.sql("""CREATE TABLE kinds (k BIGINT, numbers ARRAY<INT>, names MAP<STRING, BIGINT>,
            blobs ARRAY<BINARY>, at STRUCT<x: DOUBLE, label: STRING>, pair ARRAY<INT>, n INT,
            deep ARRAY<ARRAY<INT>>) USING cassandra;
            SELECT numbers, names, hex(blobs[0]), at, pair, n, deep FROM kinds ORDER BY k""", last=True)
        assert rows[0] == [[1, 2], [["a", 1]], "00FF", [0.5, "l"], [1, None], None, [[], [3]]], rows
        assert rows[1] == [None] * 7, rows
        # Its key was looked up there.
        kinds = "CREATE TABLE kinds (K BIGINT, `Numbers` ARRAY<INT>{}) USING cassandra; SELECT * FROM kinds WHERE k = 1"
        assert weir.sql(kinds.format(""), last=True)[0][0] == 1
        said = weir.sql(kinds.format(", missing INT"), last=True, error=True)
        assert "weir_others.kinds in Cassandra has no column 'missing'" in said, said
        said = weir.sql("CREATE TABLE kinds (k BIGINT, pair STRUCT<a: INT, b: INT>) USING cassandra; SELECT * FROM kinds",
                        last=True, error=True)
        assert "column 'pair' in Cassandra holds what is no STRUCT<a: INT, b: INT>" in said, said
        said = weir.sql("CREATE TABLE none (k BIGINT) USING cassandra; SELECT * FROM none", last=True, error=True)
        assert "there is no table weir_others.none in Cassandra" in said, said

    def rows_live_as_long_as_the_table_says(self) -> None:
        weir = self.weir("ttl")
        file = self.file("ttl.sql", self.RATE +
                         "CREATE STREAMING TABLE t USING cassandra TBLPROPERTIES "
                         "('primary_key' = 'value', 'ttl' = '7 days', 'consistency' = 'one') AS "
                         "SELECT value, value AS n FROM STREAM r;\n")
        weir.run(file, "--drain")
        rows = self.server.rows("SELECT ttl(n) AS left FROM weir_ttl.t")
        assert len(rows) == 5 and all(604000 < r["left"] <= 604800 for r in rows), rows

    def an_impossible_consistency_is_waited_for_and_told(self) -> None:
        weir = self.weir("consistency", outage__patience="2 seconds")
        file = self.file("consistency.sql", self.RATE +
                         "CREATE STREAMING TABLE t USING cassandra TBLPROPERTIES ('primary_key' = "
                         "'value', 'consistency' = 'three') AS SELECT value FROM STREAM r;\n")
        said = weir.run(file, "--drain", status=3)
        assert "consistency" in said.lower() and "THREE" in said, said
        weir.settings["cassandra.consistency"] = "local_one"
        file.write_text(file.read_text().replace(", 'consistency' = 'three'", ""))
        weir.run(file, "--drain")
        assert len(self.server.rows("SELECT * FROM weir_consistency.t")) == 5

    def the_doctor_tells_what_is_there(self) -> None:
        weir = self.weir("doctor")

        def ask(**settings: str) -> tuple[int, str]:
            options = [o for k, v in settings.items()
                       for o in ("--set", f"{k.replace('__', '.')}={v}")]
            done = subprocess.run([self.program, "doctor", *weir.options(), *options],
                                  capture_output=True, text=True, timeout=60, check=False)
            return done.returncode, done.stdout + done.stderr

        status, said = ask()
        name = self.server.rows("SELECT cluster_name FROM system.local")[0]["cluster_name"]
        assert "5.0." in said and f"cluster '{name}'" in said, said
        status, said = ask(cassandra__password="not-the-one")
        assert status != 0 and "refuses the login" in said and "not-the-one" not in said, said
        status, said = ask(cassandra__contact__points="127.0.0.1:1")
        assert status != 0 and "127.0.0.1 port 1" in said, said
        # TLS where none is spoken, and the other way round: closed, or waited for in vain.
        for secure, answer in ((True, b"\x84\0\0\0\0\0\0\0\0"), (False, b""), (False, b"\x15\3\3\0\2\2\x46")):
            with answering(answer) as port:
                status, said = ask(cassandra__contact__points=f"127.0.0.1:{port}", cassandra__tls=str(secure).lower())
            assert status != 0 and "see cassandra.tls: whether this port speaks TLS" in said, said

    def a_node_that_goes_while_it_tells_of_the_cluster_is_no_crash(self) -> None:
        """A server of our own, which closes the connection when asked of the other nodes, and comes back."""
        host = socket.create_server(("127.0.0.1", 0))
        port = host.getsockname()[1]
        text, tokens, local = b"\x00\x0d", b"\x00\x22\x00\x0d", [b"\x01" * 16, b"dc", b"r"]
        asked = []

        def string(value: bytes) -> bytes:
            return struct.pack(">H", len(value)) + value

        def rows(types: list[bytes], values: list[bytes]) -> bytes:
            return (struct.pack(">iii", 2, 1, len(types)) + string(b"k") + string(b"t") +
                    b"".join(string(b"c") + kind for kind in types) + struct.pack(">i", 1) +
                    b"".join(struct.pack(">i", len(value)) + value for value in values))

        def serve(connection: socket.socket) -> None:
            with connection, connection.makefile("rb") as stream:
                while header := stream.read(9):
                    body = stream.read(struct.unpack(">I", header[5:])[0])
                    # OPTIONS: SUPPORTED; STARTUP, REGISTER: READY; what is not known here: an empty RESULT.
                    opcode, answer = {5: (6, b"\0\0"), 1: (2, b""), 11: (2, b"")}.get(header[4], (8, b""))
                    if b"system.local" in body:
                        answer = rows([b"\x00\x0c", text, text, tokens, text, text, text],
                                      [*local, b"\0\0\0\0", b"5.0.0", b"c", b"Murmur3Partitioner"])
                    elif b"system.peers" in body:
                        asked.append(body)
                        if len(asked) == 1:
                            return
                        answer = rows([b"\x00\x0c", text, text, tokens, b"\x00\x10", b"\x00\x09"],
                                      [b"\x02" * 16, b"dc", b"r", b"\0\0\0\0", b"\x7f\0\0\1", b"\0\0\0\1"])
                    connection.sendall(b"\x84\0" + header[2:4] + bytes([opcode]) +
                                       struct.pack(">I", len(answer)) + answer)

        def accept() -> None:
            try:
                while True:
                    serve(host.accept()[0])
            except OSError:
                pass  # Closed: the check is over.

        threading.Thread(target=accept, daemon=True).start()
        done = subprocess.run(
            [self.program, "sql", "--set", f"cassandra.contact.points=127.0.0.1:{port}", "--set",
             "cassandra.protocol.version=4", "-e", "CREATE TABLE t (a INT) USING cassandra; SELECT * FROM t"],
            capture_output=True, text=True, timeout=60, check=False)
        host.close()
        assert len(asked) == 2, asked
        assert done.returncode in (1, 3) and "read 't'" in done.stdout + done.stderr, done

    # ── kills ────────────────────────────────────────────────────────────────────────────────────

    def killed_at_any_moment_nothing_is_lost(self) -> None:
        kills = 50 if LONG else 10
        feed = Feed(self.program, 400000 if LONG else 60000)
        settings = {"commit.interval": "10 ms"}
        try:
            quiet = self.weir("kill_quiet", feed=feed.address, **settings)
            quiet.run(ORDERS, "--drain", embedded=True)
            weir = self.weir("kill", feed=feed.address, **settings)
            kill_often(weir.command(ORDERS), weir.data, feed, kills, self.random)
            weir.run(ORDERS, "--drain")
            self.same_rows(quiet, weir)
            check_answers(self.server, "weir_kill", feed.answers())
        finally:
            feed.close()

    def a_killed_server_delays_and_loses_nothing(self) -> None:
        feed = Feed(self.program, 200000 if LONG else 60000)
        try:
            weir = self.weir("crash", feed=feed.address, outage__patience="300 seconds")
            process = subprocess.Popen(weir.command(ORDERS, "--drain"))
            cassandra_server.wait_until(
                lambda: self.has_rows("weir_crash.order_history"), 300, "the first rows")
            servers.service("kill", "cassandra")
            servers.service("up", "cassandra")
            assert process.wait(timeout=600) == 0
            self.server.close()
            self.server = Server(servers.conf())
            check_answers(self.server, "weir_crash", feed.answers())
        finally:
            feed.close()

    def has_rows(self, table: str) -> bool:
        try:
            return bool(self.server.rows(f"SELECT * FROM {table} LIMIT 1"))
        except Exception:  # There is no such table yet.
            return False

    def run(self, names: list[str]) -> int:
        failures = 0
        checks = [n for n in Tests.__dict__ if not n.startswith("_") and n not in
                  ("weir", "file", "same_rows", "has_rows", "run", "size", "TYPES", "RATE")]
        for name in names or checks:
            began = time.monotonic()
            try:
                getattr(self, name)()
                print(f"ok   {name} ({time.monotonic() - began:.1f} s)", flush=True)
            except (AssertionError, subprocess.TimeoutExpired) as failure:
                failures += 1
                print(f"FAIL {name}: {failure}", flush=True)
        self.server.close()
        return 1 if failures else 0


def main() -> int:
    servers.need("cassandra")
    cassandra_server.use_driver("cassandra")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="weir-cassandra-"))
    try:
        return Tests(sys.argv[1], folder).run(sys.argv[2:])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
