#!/usr/bin/env python3
"""weir against a real PostgreSQL: what its tables hold, read back with psql.

usage: test_postgres.py WEIR
"""
import json
import os
import random
import re
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cli"))
import servers
import weir

EVERY_TYPE = """
CREATE TABLE given (
  id BIGINT NOT NULL, flag BOOLEAN, tiny TINYINT, small SMALLINT, number INT, big BIGINT, real FLOAT,
  double DOUBLE, money DECIMAL(10,2), huge DECIMAL(38,10), whole DECIMAL(38,0), text STRING, bytes BINARY,
  day DATE, at TIMESTAMP, local TIMESTAMP_NTZ, numbers ARRAY<BIGINT>, texts ARRAY<STRING>,
  moneys ARRAY<DECIMAL(10,2)>, names MAP<STRING, INT>, place STRUCT<x: DOUBLE, label: STRING>,
  nested ARRAY<STRUCT<a: INT, b: STRING>>
) USING json OPTIONS ('path' = '${folder}/in.json');
CREATE STREAMING TABLE every_type USING postgres TBLPROPERTIES ('primary_key' = 'id')
AS SELECT *, make_ym_interval(1, 2) AS months, make_dt_interval(3, 4, 5, 6.5) AS span,
          make_interval(1, 2, 0, 3, 4, 5, 6.5) AS calendar FROM STREAM given;
CREATE STREAMING TABLE every_type_log USING postgres AS SELECT id, text, numbers FROM STREAM given;
"""
COLUMNS = ["id", "flag", "tiny", "small", "number", "big", "real", "double", "money", "huge", "whole", "text",
           "bytes", "day", "at", "local", "numbers", "texts", "moneys", "names", "place", "nested", "months",
           "span", "calendar"]


class Postgres(weir.WeirTest):
    def setUp(self):
        super().setUp()
        self.db = servers.Database()
        self.addCleanup(self.db.drop)

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def run_pipeline(self, sql, *args, status=0, data=None):
        path = self.write("pipeline.sql", sql)
        return self.weir("run", path, "--drain", "--quiet", "--data", data or self.data, "--set",
                         f"folder={self.folder}", *self.db.settings(), *args, status=status)

    def sql(self, text, *args, status=0):
        out, err = self.weir("sql", "--data", self.data, "--format", "json", *self.db.settings(), *args,
                             "-e", text, status=status)
        return [json.loads(line) for line in out.splitlines()] if status == 0 else out + err

    def rows(self, text):
        answer = self.sql(text)[-1]
        self.assertNotIn("error", answer)
        return answer["rows"]

    def numbers(self, rows, name="in.json"):
        self.write(name, "".join(json.dumps(row) + "\n" for row in rows))

    # ── types ──

    def test_values_of_every_type_stand_there_and_come_back(self):
        self.numbers([
            {"id": 1, "flag": True, "tiny": -128, "small": 32767, "number": -2147483648,
             "big": 9223372036854775807, "real": 1.5, "double": -1.25e300, "money": "-12345678.90",
             "huge": "1234567890123456789012345678.0123456789",
             "whole": "-99999999999999999999999999999999999999", "text": "naïve \t\"\\ 😀",
             "bytes": "AAEC/w==", "day": "2024-02-29", "at": "2026-01-01T12:00:00.123456Z",
             "local": "1969-12-31T23:59:59.999999", "numbers": [1, None, -3], "texts": ["a,b", "{}", None],
             "moneys": [1.5, None], "names": {"a": 1, "b": None}, "place": {"x": 0.1, "label": "k"},
             "nested": [{"a": 1, "b": "x"}, None]},
            {"id": 2, "money": "0.00", "huge": "0.0000000001", "whole": "10000", "numbers": [], "texts": [],
             "names": {}, "text": "", "bytes": "", "day": "0001-01-01", "at": "9999-12-31T23:59:59Z"},
            {"id": 3},
        ])
        self.run_pipeline(EVERY_TYPE)
        shape = dict(line.split("|") for line in self.db.rows(
            "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = "
            "'every_type'::regclass AND attnum > 0"))
        self.assertEqual(shape, {
            "id": "bigint", "flag": "boolean", "tiny": "smallint", "small": "smallint", "number": "integer",
            "big": "bigint", "real": "real", "double": "double precision", "money": "numeric(10,2)",
            "huge": "numeric(38,10)", "whole": "numeric(38,0)", "text": "text", "bytes": "bytea",
            "day": "date", "at": "timestamp with time zone", "local": "timestamp without time zone",
            "numbers": "bigint[]", "texts": "text[]", "moneys": "numeric(10,2)[]", "names": "jsonb",
            "place": "jsonb", "nested": "jsonb", "months": "interval", "span": "interval",
            "calendar": "interval"})
        there = self.db.rows("SET timezone TO 'UTC'; SELECT json_build_array(" +
                             ", ".join(f'"{column}"::text' for column in COLUMNS) +
                             ") FROM every_type ORDER BY id")
        self.assertEqual(json.loads(there[0]), [
            "1", "true", "-128", "32767", "-2147483648", "9223372036854775807", "1.5", "-1.25e+300",
            "-12345678.90", "1234567890123456789012345678.0123456789",
            "-99999999999999999999999999999999999999", "naïve \t\"\\ 😀", "\\x000102ff", "2024-02-29",
            "2026-01-01 12:00:00.123456+00", "1969-12-31 23:59:59.999999", "{1,NULL,-3}",
            '{"a,b","{}",NULL}', "{1.50,NULL}", '{"a": 1, "b": null}', '{"x": 0.1, "label": "k"}',
            '[{"a": 1, "b": "x"}, null]', "1 year 2 mons", "3 days 04:05:06.5",
            "1 year 2 mons 3 days 04:05:06.5"])
        self.assertEqual(json.loads(there[1])[:10], ["2", None, None, None, None, None, None, None, "0.00",
                                                     "0.0000000001"])
        self.assertEqual(json.loads(there[1])[10:20], [
            "10000", "", "\\x", "0001-01-01", "9999-12-31 23:59:59+00", None, "{}", "{}", None, "{}"])
        self.assertEqual(json.loads(there[2])[:22], ["3"] + [None] * 21)
        # Read back through weir: what the embedded store gives.
        embedded = os.path.join(self.folder, "embedded")
        self.weir("run", os.path.join(self.folder, "pipeline.sql"), "--drain", "--quiet", "--data", embedded,
                  "--set", f"folder={self.folder}")
        out, _ = self.weir("sql", "--data", embedded, "--format", "json", "-e",
                           "SELECT * FROM every_type ORDER BY id")
        expected = json.loads(out)
        self.assertEqual(self.sql("SELECT * FROM every_type ORDER BY id")[0], expected)
        self.assertEqual(self.rows("SELECT id FROM every_type_log WHERE text = '' OR id = 3 ORDER BY id"),
                         [["2"], ["3"]] if isinstance(expected["rows"][0][0], str) else [[2], [3]])

    def test_what_has_no_place_there_goes_to_the_dead_letters(self):
        self.numbers([{"id": 1, "text": "a\u0000b"}, {"id": 2, "text": "good"}, {"id": 3, "text": "c\u0000"}])
        self.run_pipeline("""
            CREATE TABLE given (id BIGINT, text STRING) USING json OPTIONS ('path' = '${folder}/in.json');
            CREATE STREAMING TABLE kept USING postgres TBLPROPERTIES ('primary_key' = 'id')
            AS SELECT * FROM STREAM given;
            CREATE STREAMING TABLE nested USING postgres
            AS SELECT id, named_struct('t', text) AS s FROM STREAM given WHERE id < 3;""")
        self.assertEqual(self.db.rows("SELECT * FROM kept"), ["2|good"])
        self.assertEqual(self.db.rows("SELECT s->>'t' FROM nested"), ["good"])
        reasons = self.rows("SELECT reason, message, count(*) FROM given__dead_letter GROUP BY ALL")
        self.assertEqual(reasons, [["not_storable", "PostgreSQL has no text with the character U+0000",
                                    reasons[0][2]]])
        self.assertEqual(int(reasons[0][2]), 3)

    def test_the_extremes_of_types_stand_there_and_come_back(self):
        """Each as PostgreSQL prints it; what is beyond goes to the dead letters."""
        cases = [  # SQL, what stands there, or None: it has no place there.
            ("TIMESTAMP'+294247-01-10T04:00:54.775807Z'", "294247-01-10 04:00:54.775807+00"),
            ("TIMESTAMP'-4712-01-01T00:00:00Z'", "4713-01-01 00:00:00+00 BC"),
            ("TIMESTAMP'-10000-01-01T00:00:00Z'", None),
            ("TIMESTAMP'0000-12-31T23:59:59.999999Z'", "0001-12-31 23:59:59.999999+00 BC"),
            ("TIMESTAMP_NTZ'+294247-01-10T04:00:54.775807'", "294247-01-10 04:00:54.775807"),
            ("DATE'-4712-01-01'", "4713-01-01 BC"),
            ("DATE'-4713-11-24'", "4714-11-24 BC"),
            ("DATE'-4713-11-23'", None),
            ("DATE'0001-01-01'", "0001-01-01"),
            ("date_add(DATE'1970-01-01', 2145042905)", "5874897-12-31"),
            ("date_add(DATE'1970-01-01', 2145042906)", None),
            ("CAST('0.99999999999999999999999999999999999999' AS DECIMAL(38,38))",
             "0.99999999999999999999999999999999999999"),
            ("CAST('-0.00000000000000000000000000000000000001' AS DECIMAL(38,38))",
             "-0.00000000000000000000000000000000000001"),
            ("CAST('99999999999999999999999999999999999999' AS DECIMAL(38,0))",
             "99999999999999999999999999999999999999"),
            ("CAST('-99999999999999999999.999999999999999999' AS DECIMAL(38,18))",
             "-99999999999999999999.999999999999999999"),
            ("CAST(0 AS DECIMAL(38,38))", "0.00000000000000000000000000000000000000"),
            ("CAST('NaN' AS DOUBLE)", "NaN"), ("CAST('-Infinity' AS DOUBLE)", "-Infinity"),
            ("CAST('-0.0' AS DOUBLE)", "-0"), ("CAST(4.9E-324 AS DOUBLE)", "5e-324"),
            ("CAST('Infinity' AS FLOAT)", "Infinity"),
            ("CAST(array() AS ARRAY<BIGINT>)", "{}"), ("array(CAST(NULL AS STRING))", "{NULL}"),
            ("array('', 'NULL', '{\"}', 'é')", '{"","NULL","{\\"}",é}'),
            ("array(X'', X'00FF')", '{"\\\\x","\\\\x00ff"}'),
            ("array(DATE'-4712-01-01')", '{"4713-01-01 BC"}'), ("array(DATE'-9999-01-01')", None),
            ("array('a', concat('b', chr(0)))", None),
            ("array(array(1, NULL), CAST(array() AS ARRAY<INT>), NULL)", "[[1, null], [], null]"),
            ("map('k', CAST('NaN' AS DOUBLE))", '{"k": "NaN"}'),
            ("map('k', concat('b', chr(0)))", None), ("map(concat('b', chr(0)), 1)", None),
            ("named_struct('a', CAST(NULL AS INT), 'b', CAST('12345678901234567890.123456789' AS DECIMAL(38,9)))",
             '{"b": 12345678901234567890.123456789}'),
            ("concat('b', chr(0))", None), ("CAST(X'FF' AS STRING)", None), ("X'00'", "\\x00"),
            ("concat('\\\\', chr(1), chr(127), '\\t')", "\\\x01\x7f\t"),
        ]
        self.numbers([{"id": 1}])
        sql = "CREATE TABLE given (id BIGINT) USING json OPTIONS ('path' = '${folder}/in.json');\n"
        for i, (value, _) in enumerate(cases):
            sql += f"""CREATE STREAMING TABLE t{i} USING postgres TBLPROPERTIES ('primary_key' = 'id')
                       AS SELECT id, {value} AS v FROM STREAM given;\n"""
        self.run_pipeline(sql)
        embedded = os.path.join(self.folder, "embedded")
        self.weir("run", os.path.join(self.folder, "pipeline.sql"), "--drain", "--quiet", "--data", embedded,
                  "--set", f"folder={self.folder}")
        for i, (value, expected) in enumerate(cases):
            there = self.db.rows(f"SET timezone TO 'UTC'; SELECT to_json(v::text) FROM t{i}")
            self.assertEqual([json.loads(line) for line in there], [] if expected is None else [expected], value)
            if expected is not None:
                out, _ = self.weir("sql", "--data", embedded, "--format", "json", "-e", f"SELECT * FROM t{i}")
                self.assertEqual(self.sql(f"SELECT * FROM t{i}")[0], json.loads(out), value)
        self.assertEqual(self.rows("SELECT count(*) FROM given__dead_letter WHERE reason = 'not_storable'"),
                         [[sum(expected is None for _, expected in cases)]])

    def test_values_that_have_no_place_here_are_read_as_null(self):
        self.db.psql("""CREATE TABLE theirs (id int, n numeric, t timestamptz, d date, a int[], j jsonb, i interval);
            INSERT INTO theirs VALUES
              (1, 'NaN', 'infinity', 'infinity', '{{1,2},{3,4}}', 'null', '1 mon 1 day'),
              (2, 'Infinity', '-infinity', '-infinity', '[0:1]={7,8}', '[1, 2]', '-1 day'),
              (3, '-Infinity', '294276-12-31 23:59:59+00', '5874897-12-31', '{}', '{"a": "x"}', '1 year'),
              (4, 1e40, '4714-11-24 00:00:00+00 BC', '4714-11-24 BC', '{NULL,5}', '{"a": 7, "b": 1}', '00:00:01'),
              (5, 1.005, 'epoch', 'epoch', NULL, '{"a": 9999999999}', NULL)""")
        out, _ = self.weir("sql", "--format", "json", *self.db.settings(), "-e", """
            CREATE TABLE theirs (id INT, n DECIMAL(10,2), t TIMESTAMP, d DATE, a ARRAY<INT>, j STRUCT<a: INT>,
                                 i INTERVAL YEAR TO MONTH) USING postgres;
            SELECT id, string(n), t IS NULL, year(t), d IS NULL, a, j.a, i IS NULL FROM theirs ORDER BY id""")
        self.assertEqual(json.loads(out.splitlines()[-1])["rows"], [
                [1, None, True, None, True, None, None, True],
                [2, None, True, None, True, [7, 8], None, True],
                [3, None, True, None, False, [], None, False],
                [4, None, False, -4713, False, [None, 5], 7, True],
                [5, "1.01", False, 1970, False, None, None, True]])

    # ── pipelines ──

    def test_nexmark_queries_give_the_rows_they_give_embedded(self):
        for query in ("q3", "q4", "q5", "q7", "q8", "q15"):
            with open(os.path.join(servers.ROOT, "examples", "nexmark", f"{query}.sql"), encoding="utf-8") as file:
                text = re.sub(r"USING cassandra( PARTITIONED BY \([^)]*\))?", "USING postgres", file.read())
            path = self.write(f"{query}.sql", text)
            found = {}
            for how, settings in (("embedded", []), ("real", self.db.settings())):
                data = os.path.join(self.folder, f"{query}-{how}")
                self.weir("run", path, "--drain", "--quiet", "--data", data, "--set", "events=20000", *settings)
                out, _ = self.weir("sql", "--data", data, "--format", "json", *settings, "-e",
                                   f"SELECT * FROM {query}")
                found[how] = sorted(map(json.dumps, json.loads(out)["rows"]))
            self.assertTrue(found["real"], query)
            self.assertEqual(found["real"], found["embedded"], query)
            self.assertEqual(self.db.rows(f"SELECT count(*) FROM {query}"), [str(len(found["real"]))])

    # ── shapes ──

    PLAIN = """
        CREATE TABLE given (id BIGINT, name STRING, price DECIMAL(10,2)) USING json
        OPTIONS ('path' = '${folder}/in.json');
        CREATE STREAMING TABLE things USING postgres TBLPROPERTIES ('primary_key' = 'id')
        AS SELECT * FROM STREAM given;"""

    def test_a_table_of_another_shape_is_refused_with_the_differences(self):
        self.numbers([{"id": 1, "name": "a", "price": "1.00"}])
        self.db.psql("CREATE TABLE things (id integer, name varchar(10) NOT NULL, other int NOT NULL)")
        _, err = self.run_pipeline(self.PLAIN, status=1)
        for text in ("'things'", "column 'id' is integer there, and would be bigint",
                     "column 'name' is character varying(10) there, and would be text",
                     "column 'price' is not there", "column 'other' is NOT NULL there"):
            self.assertIn(text, err)
        self.db.psql("DROP TABLE things; CREATE TABLE things (id bigint, name text, price numeric(10,2))")
        _, err = self.run_pipeline(self.PLAIN, status=1)
        self.assertIn("no primary key or unique index over", err)
        for columns in ("id bigint PRIMARY KEY, name text GENERATED ALWAYS AS ('x') STORED",
                        "id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text"):
            self.db.psql(f"DROP TABLE things; CREATE TABLE things ({columns}, price numeric(10,2))")
            _, err = self.run_pipeline(self.PLAIN, status=1)
            self.assertIn("is GENERATED ALWAYS there, and cannot be written", err)
        self.db.psql("DROP TABLE things; CREATE VIEW things AS SELECT 1 AS id")
        _, err = self.run_pipeline(self.PLAIN, status=1)
        self.assertIn("view", err)

    def test_a_wider_table_made_by_hand_is_used(self):
        self.numbers([{"id": 1, "name": "a", "price": "1.00"}])
        self.db.psql("CREATE TABLE things (price numeric, ID bigint UNIQUE, Name varchar, "
                     "added timestamptz DEFAULT now(), note text)")
        self.run_pipeline(self.PLAIN)
        self.assertEqual(self.db.rows("SELECT id, name, price, added IS NOT NULL, note FROM things"),
                         ["1|a|1.00|t|"])
        self.assertEqual(len(self.rows("SELECT ID, NAME FROM things")), 1)

    def test_names_are_quoted_and_schemas_used(self):
        self.numbers([{"id": 1, "Select": "x"}])
        self.db.psql('CREATE SCHEMA "my schema"')
        self.run_pipeline("""
            CREATE TABLE given (id BIGINT, `Select` STRING) USING json OPTIONS ('path' = '${folder}/in.json');
            CREATE STREAMING TABLE t USING postgres
            TBLPROPERTIES ('primary_key' = 'id', 'schema' = 'my schema', 'table' = 'T"x''y')
            AS SELECT * FROM STREAM given;""")
        self.assertEqual(self.db.rows('''SELECT id, "Select" FROM "my schema"."T""x'y"'''), ["1|x"])
        self.assertEqual(len(self.rows("SELECT * FROM t WHERE `Select` = 'x'")), 1)
        self.assertEqual(self.db.rows('SELECT epoch > 0 FROM "my schema".weir_epoch'), ["t"])

    # ── views ──

    VIEW = """
        CREATE TABLE given (id BIGINT, name STRING) USING json OPTIONS ('path' = '${folder}/in.json');
        CREATE STREAMING TABLE log USING postgres AS SELECT * FROM STREAM given;
        CREATE MATERIALIZED VIEW counts USING postgres AS SELECT name, count(*) AS n FROM log GROUP BY name;"""

    def test_a_view_is_rebuilt_in_place_with_its_privileges(self):
        self.numbers([{"id": i, "name": "ab"[i % 2]} for i in range(10)])
        self.run_pipeline(self.VIEW)
        self.assertEqual(self.db.rows("SELECT * FROM counts ORDER BY 1"), ["a|5", "b|5"])
        reader = f"reader_{self.db.name}"
        self.db.psql(f"CREATE ROLE {reader}")
        self.addCleanup(servers.psql, f"DROP ROLE {reader}")
        self.db.psql(f"GRANT SELECT ON counts TO {reader}; CREATE INDEX ON counts (n)")
        self.addCleanup(self.db.psql, f"DROP OWNED BY {reader}")
        with open(os.path.join(self.folder, "in.json"), "a", encoding="utf-8") as file:
            file.write('{"id": 10, "name": "c"}\n')
        self.run_pipeline(self.VIEW)
        self.assertEqual(self.db.rows("SELECT * FROM counts ORDER BY 1"), ["a|5", "b|5", "c|1"])
        self.assertEqual(self.db.rows(f"SELECT has_table_privilege('{reader}', 'counts', 'SELECT')"), ["t"])
        self.assertEqual(self.db.rows("SELECT count(*) FROM pg_index WHERE indrelid = 'counts'::regclass"),
                         ["1"])
        self.assertEqual(self.db.rows("SELECT count(*) FROM pg_class WHERE relname LIKE 'weir_new%'"), ["0"])

    def test_views_whose_names_are_long_or_odd_are_rebuilt(self):
        long = "v" * 53 + "é"  # The cut must not fall into the last letter, nor two names together.
        names = ["$weir$ x", "it's", long + "_one", long + "_two", "w" * 36 + "é" + "w" * 20]
        self.numbers([{"id": 1, "name": "a"}, {"id": 2, "name": "a"}])
        sql = """CREATE TABLE given (id BIGINT, name STRING) USING json OPTIONS ('path' = '${folder}/in.json');
            CREATE STREAMING TABLE log USING postgres AS SELECT * FROM STREAM given;""" + "".join(f"""
            CREATE MATERIALIZED VIEW v{i} USING postgres TBLPROPERTIES ('table' = "{name}")
            AS SELECT name, count(*) + {i} AS n FROM log GROUP BY name;""" for i, name in enumerate(names))
        self.run_pipeline(sql)
        for name in names:
            self.db.psql(f'CREATE INDEX ON "{name}" (n)')
        self.db.psql('CREATE INDEX mine ON "it\'s" (name); COMMENT ON TABLE "it\'s" IS \'a $weir$ note\'')
        indexes = "SELECT indexname FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"
        before = self.db.rows(indexes)
        with open(os.path.join(self.folder, "in.json"), "a", encoding="utf-8") as file:
            file.write('{"id": 3, "name": "a"}\n')
        self.run_pipeline(sql)
        for i, name in enumerate(names):
            self.assertEqual(self.db.rows(f'SELECT n FROM "{name}"'), [str(3 + i)], name)
        self.assertEqual(self.db.rows(indexes), before)
        self.assertEqual(self.db.rows("SELECT obj_description('\"it''s\"'::regclass, 'pg_class')"),
                         ["a $weir$ note"])

    def test_a_reader_of_a_view_sees_the_old_rows_or_the_new(self):
        rows = 20000
        self.write("in.json", "".join(f'{{"id": {i}, "name": "{i}"}}\n' for i in range(rows)))
        sql = """
            CREATE TABLE given (id BIGINT, name STRING) USING json OPTIONS ('path' = '${folder}/in.json');
            CREATE STREAMING TABLE log USING postgres AS SELECT * FROM STREAM given;
            CREATE MATERIALIZED VIEW all_rows USING postgres
            AS SELECT id, (SELECT max(id) FROM log) AS newest FROM log;"""
        self.run_pipeline(sql)
        for round_i in range(1, 4):
            with open(os.path.join(self.folder, "in.json"), "a", encoding="utf-8") as file:
                file.write(f'{{"id": {rows - 1 + round_i}, "name": "x"}}\n')
            path = os.path.join(self.folder, "pipeline.sql")
            run = self.start("run", path, "--drain", "--quiet", "--data", self.data, "--set",
                             f"folder={self.folder}", *self.db.settings())
            seen = set()
            while run.poll() is None:
                seen.add(self.db.psql("SELECT count(*), min(newest), max(newest) FROM all_rows"))
            seen.add(self.db.psql("SELECT count(*), min(newest), max(newest) FROM all_rows"))
            self.assertEqual(run.returncode, 0)
            whole = [f"{count}|{count - 1}|{count - 1}" for count in (rows + round_i - 1, rows + round_i)]
            self.assertLessEqual(seen, set(whole))
            self.assertIn(whole[1], seen)

    def test_a_view_that_others_look_at_is_rebuilt_too(self):
        self.numbers([{"id": 1, "name": "a"}])
        self.run_pipeline(self.VIEW)
        self.db.psql("CREATE VIEW on_top AS SELECT name FROM counts")
        with open(os.path.join(self.folder, "in.json"), "a", encoding="utf-8") as file:
            file.write('{"id": 2, "name": "b"}\n')
        self.run_pipeline(self.VIEW)
        self.assertEqual(self.db.rows("SELECT name FROM on_top ORDER BY 1"), ["a", "b"])

    # ── the server ──

    def test_a_server_that_cannot_be_reached_is_one_sentence(self):
        self.numbers([{"id": 1}])
        path = self.write("pipeline.sql", self.PLAIN)
        _, err = self.weir("run", path, "--once", "--quiet", "--data", self.data, "--set",
                           f"folder={self.folder}", "--set", "postgres.url=postgresql://u@127.0.0.1:1/x",
                           status=3)
        self.assertIn("PostgreSQL at 127.0.0.1:1/x cannot be reached", err)
        _, err = self.weir("run", path, "--once", "--quiet", "--data", self.data, "--set",
                           f"folder={self.folder}", *self.db.settings(), "--set", "postgres.password=wrong",
                           status=1)
        self.assertIn("password authentication failed", err)
        self.assertNotIn("wrong", err)
        _, err = self.weir("run", path, "--once", "--quiet", "--data", self.data, "--set",
                           f"folder={self.folder}", "--set", "postgres.url=postgresql://u:hidden@[::x/", status=1)
        self.assertIn("cannot be read as one", err)
        self.assertNotIn("hidden", err)

    def live(self, *settings):
        """A run that passes records on; started, and stopped by Ctrl-C."""
        path = self.write("live.sql", """
            CREATE TABLE sent (n BIGINT, text STRING) USING kafka OPTIONS ('format' = 'json');
            CREATE STREAMING TABLE arrived USING postgres AS SELECT n, text FROM STREAM sent;""")
        run = self.start("run", path, "--data", self.data, *self.db.settings(), *settings)
        self.assertIn(b"ready", run.stdout.readline())
        return run

    def stop(self, run):
        run.send_signal(signal.SIGINT)
        out, err = run.communicate(timeout=120)
        self.assertEqual(run.returncode, 0, err)
        return out.decode()

    def send(self, first, count, text="x"):
        self.topic("produce", "sent", stdin="".join(f'{{"n": {n}, "text": "{text}"}}\n'
                                                    for n in range(first, first + count)))

    def test_what_a_server_that_is_away_did_not_get_is_kept_for_the_next_run(self):
        run = self.live("--set", "outbox.stop_wait=300 ms")
        self.send(0, 10)
        weir.wait_until(lambda: self.db.rows("SELECT count(*) FROM arrived") == ["10"])
        servers.service("kill", "postgres")
        try:
            self.send(10, 10)
            out = self.stop(run)
            self.assertIn("arrived: not all is delivered yet; it is kept, and delivered by the next run", out)
            # The table is known: a run starts without the server, and takes records in.
            run = self.live("--set", "outbox.stop_wait=300 ms")
            self.send(20, 10)
        finally:
            servers.service("up", "postgres")
        weir.wait_until(lambda: self.db.rows("SELECT count(*), count(DISTINCT n) FROM arrived") == ["30|30"])
        self.assertNotIn("not all is delivered", self.stop(run))

    def test_lost_connections_and_serialization_failures_are_tried_again(self):
        """Others update the same rows, serializably, and weir's connections are cut off."""
        self.db.psql(f"ALTER DATABASE {self.db.name} SET default_transaction_isolation = 'serializable'")
        path = self.write("live.sql", """
            CREATE TABLE sent (n BIGINT, text STRING) USING kafka OPTIONS ('format' = 'json');
            CREATE STREAMING TABLE latest USING postgres TBLPROPERTIES ('primary_key' = 'k')
            AS SELECT n % 3 AS k, n FROM STREAM sent;
            CREATE STREAMING TABLE every USING postgres AS SELECT n FROM STREAM sent;""")
        run = self.start("run", path, "--data", self.data, *self.db.settings(), "--set",
                         "commit.interval=10 ms")
        self.assertIn(b"ready", run.stdout.readline())
        cut = 0
        for i in range(30):
            self.send(i * 100, 100)
            if i % 3 == 0:
                cut += int(self.db.psql(
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = "
                    "current_database() AND application_name = 'weir'"))
            try:
                self.db.psql("UPDATE latest SET n = n; SELECT pg_sleep(0.01); UPDATE latest SET n = n")
            except AssertionError:
                pass  # It was the other one's turn to fail.
        self.assertGreater(cut, 5)
        weir.wait_until(lambda: self.db.rows("SELECT count(*), count(DISTINCT n) FROM every") == ["3000|3000"])
        weir.wait_until(lambda: self.db.rows("SELECT k, n FROM latest ORDER BY 1") ==
                        ["0|2997", "1|2998", "2|2999"])
        self.stop(run)

    def told_in_the_log(self, words):
        """How often the server said so of this database."""
        with open(os.path.join(os.path.dirname(servers.conf()["postgres.password.file"]), "log"),
                  encoding="utf-8", errors="replace") as log:
            return log.read().count(words)

    def upserting(self):
        """A run that has upserted (0, 0) to (9, 9), and a session of psql besides."""
        path = self.write("live.sql", """
            CREATE TABLE sent (n BIGINT, text STRING) USING kafka OPTIONS ('format' = 'json');
            CREATE STREAMING TABLE latest USING postgres TBLPROPERTIES ('primary_key' = 'k')
            AS SELECT n % 10 AS k, n FROM STREAM sent;""")
        run = self.start("run", path, "--data", self.data, *self.db.settings())
        self.assertIn(b"ready", run.stdout.readline())
        self.send(0, 10)
        weir.wait_until(lambda: self.db.rows("SELECT count(*) FROM latest") == ["10"])
        other = subprocess.Popen(["psql", "-X", "-q", "-A", "-t", "-d", self.db.name],
                                 env=servers.postgres_environment(), stdin=subprocess.PIPE,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1)
        self.addCleanup(other.communicate)
        self.addCleanup(other.kill)
        return run, other

    def ask(self, session, sql):
        session.stdin.write(sql + "; SELECT 'done';\n")
        session.stdin.flush()
        said = []
        while (line := session.stdout.readline()) and line != "done\n":
            said.append(line.rstrip("\n"))
        return said

    def wait_for_weir_to_wait(self):
        weir.wait_until(lambda: self.db.rows(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'weir' AND datname = "
            "current_database() AND wait_event_type = 'Lock'") == ["1"])

    def test_a_row_that_another_session_changed_meanwhile_is_written_again(self):
        self.db.psql(f"ALTER DATABASE {self.db.name} SET default_transaction_isolation = 'repeatable read'")
        words = "could not serialize access due to concurrent update"
        before = self.told_in_the_log(words)
        run, other = self.upserting()
        self.assertEqual(self.ask(other, "BEGIN; UPDATE latest SET n = -1 WHERE k = 3"), [])
        self.send(10, 10)
        self.wait_for_weir_to_wait()
        self.assertEqual(self.ask(other, "COMMIT"), [])  # What weir's transaction saw is no longer so: 40001.
        weir.wait_until(lambda: self.db.rows("SELECT k, n FROM latest ORDER BY 1") ==
                        [f"{k}|{10 + k}" for k in range(10)])
        self.assertGreater(self.told_in_the_log(words), before)
        self.stop(run)

    def test_a_deadlock_with_another_session_is_retried(self):
        # Who began to wait last finds the deadlock, unless it has more patience than the other: so that weir
        # is the one to be cut off, the other session has an hour.
        self.db.psql(f"ALTER DATABASE {self.db.name} SET deadlock_timeout = '5s'")
        run, other = self.upserting()
        deadlocks = f"SELECT deadlocks FROM pg_stat_database WHERE datname = '{self.db.name}'"
        self.assertEqual(self.ask(other, "SET deadlock_timeout = '1h'"), [])
        for round_i in range(1, 6):  # On a machine that is too busy the other begins to wait too late.
            self.assertEqual(self.ask(other, "BEGIN; SET LOCAL lock_timeout = '20s'; "
                                             "UPDATE latest SET n = -1 WHERE k = 3"), [])
            self.send(round_i * 10, 10)
            self.wait_for_weir_to_wait()
            # weir's transaction holds the row of weir_epoch, and waits for that of latest.
            said = self.ask(other, "UPDATE weir_epoch SET delivered_at = delivered_at")
            self.ask(other, "COMMIT")
            weir.wait_until(lambda: self.db.rows("SELECT k, n FROM latest ORDER BY 1") ==
                            [f"{k}|{round_i * 10 + k}" for k in range(10)])
            if not said:
                break
        self.assertEqual(said, [])
        weir.wait_until(lambda: self.db.rows(deadlocks) >= ["1"])
        self.stop(run)

    def test_keys_that_come_again_in_other_epochs_and_of_other_workers_are_written_once(self):
        rows = [{"id": i, "f": [-0.0, 0.0, 1.5, None][i % 4] if i % 4 < 3 else 2.5, "n": f"é{i % 7}"}
                for i in range(5000)]
        self.numbers(rows)
        self.run_pipeline("""
            CREATE TABLE given (id BIGINT, f DOUBLE, n STRING) USING json OPTIONS ('path' = '${folder}/in.json');
            CREATE STREAMING TABLE latest USING postgres TBLPROPERTIES ('primary_key' = 'n, f')
            AS SELECT f, id, n FROM STREAM given;""", "--workers", "3", "--set", "batch.rows=100", "--set",
                          "commit.interval=1 ms")
        last = {(row["n"], row["f"] + 0.0): row["id"] for row in rows}
        self.assertEqual(sorted(self.db.rows("SELECT n, f, id FROM latest")),
                         sorted(f"{n}|{f:g}|{i}" for (n, f), i in last.items()))

    def test_while_too_much_waits_nothing_more_is_read(self):
        run = self.live("--set", "outbox.limit=1 MB", "--set", "commit.interval=20 ms")
        self.send(0, 1)
        weir.wait_until(lambda: self.db.rows("SELECT count(*) FROM arrived") == ["1"])
        servers.service("kill", "postgres")
        try:
            self.send(1, 40000, "y" * 100)
            outbox = os.path.join(self.data, "topics", "_outbox.arrived-0")
            size = lambda: sum(os.path.getsize(os.path.join(outbox, name)) for name in os.listdir(outbox)
                               if name.endswith(".log"))
            weir.wait_until(lambda: size() > 1 << 20)
            time.sleep(0.5)
            waits = size()
            self.send(40001, 40000, "y" * 100)
            time.sleep(1)
            self.assertEqual(size(), waits)
        finally:
            servers.service("up", "postgres")
        weir.wait_until(lambda: self.db.rows("SELECT count(*), count(DISTINCT n) FROM arrived") ==
                        ["80001|80001"], 120)
        self.stop(run)

    def test_doctor_asks_the_server(self):
        out, _ = self.weir("doctor", "--data", self.data, *self.db.settings())
        self.assertRegex(out, r"ok +postgres +PostgreSQL \d+")
        out, _ = self.weir("doctor", "--data", self.data, *self.db.settings(), "--set",
                           "postgres.password=wrong", status=1)
        self.assertRegex(out, r"BROKEN +postgres +.*password authentication failed")
        self.assertNotIn("wrong", out)
        for url, words in ((self.db.url + "?sslmode=require", "does not support SSL"),
                           (self.db.url.replace("/weir_test", "/no_test"), "does not exist"),
                           ("postgresql://weir@127.0.0.1:1/weir", "Connection refused")):
            out, _ = self.weir("doctor", "--data", self.data, *self.db.settings(), "--set",
                               f"postgres.url={url}", status=1)
            self.assertRegex(out, f"BROKEN +postgres +.*{words}")

    def test_doctor_tells_of_a_right_that_is_missing(self):
        role = f"weir_poor_{os.getpid()}"
        self.db.psql(f"CREATE ROLE {role} LOGIN PASSWORD 'poor'")
        try:
            out, _ = self.weir("doctor", "--data", self.data, "--set",
                               f"postgres.url={self.db.url.replace('weir@', role + '@')}", "--set",
                               "postgres.password=poor")
            self.assertRegex(out, f"ok +postgres +.*'{role}' may not make tables in schema 'public'")
        finally:
            self.db.psql(f"DROP ROLE {role}")

    def test_rows_that_change_are_upserted_and_another_directory_is_another_writer(self):
        self.numbers([{"id": i % 3, "name": str(i), "price": "1.00"} for i in range(10)])
        self.run_pipeline(self.PLAIN)
        self.assertEqual(self.db.rows("SELECT id, name FROM things ORDER BY id"), ["0|9", "1|7", "2|8"])
        with open(os.path.join(self.folder, "in.json"), "a", encoding="utf-8") as file:
            file.write('{"id": 1, "name": null}\n{"id": null, "name": "nobody"}\n')
        self.run_pipeline(self.PLAIN)
        self.assertEqual(self.db.rows("SELECT id, name FROM things ORDER BY id"), ["0|9", "1|", "2|8"])
        self.assertEqual(self.rows("SELECT reason FROM given__dead_letter"), [["null_key"]])
        self.run_pipeline(self.PLAIN, data=os.path.join(self.folder, "other"))
        self.assertEqual(self.db.rows("SELECT count(*) FROM weir_epoch"), ["2"])

    def test_two_tables_here_may_write_to_one_table_there(self):
        self.numbers([{"id": i, "name": "a", "price": "1.00"} for i in range(5)])
        self.write("b.json", "")
        sql = """
CREATE TABLE a_in (id BIGINT NOT NULL, name STRING) USING json OPTIONS ('path' = '${folder}/in.json');
CREATE TABLE b_in (id BIGINT NOT NULL, name STRING) USING json OPTIONS ('path' = '${folder}/b.json');
CREATE STREAMING TABLE one USING postgres TBLPROPERTIES ('primary_key' = 'id', 'table' = 'both')
AS SELECT id, name FROM STREAM a_in;
CREATE STREAMING TABLE two USING postgres TBLPROPERTIES ('primary_key' = 'id', 'table' = 'both')
AS SELECT id + 100 AS id, name FROM STREAM b_in;
"""
        for round_i in range(3):
            for name in ("in.json", "b.json"):
                with open(os.path.join(self.folder, name), "a", encoding="utf-8") as file:
                    file.write(f'{{"id": {10 + round_i}, "name": "{name}"}}\n')
            self.run_pipeline(sql)
        self.assertEqual(self.db.rows('SELECT count(*), sum((id > 100)::int) FROM "both"'), ["11|3"])

    # ── reading ──

    def test_conditions_and_columns_go_to_the_server(self):
        self.numbers([{"id": i, "name": f"n{i}", "price": f"{i}.50"} for i in range(1000)])
        self.run_pipeline(self.PLAIN)
        self.db.psql(f"ALTER DATABASE {self.db.name} SET log_min_duration_statement = 0")
        self.assertEqual([list(map(str, row)) for row in self.rows(
            "SELECT name FROM things WHERE id = 17")], [["n17"]])
        self.assertEqual([list(map(str, row)) for row in self.rows(
            "SELECT count(*) FROM things WHERE name >= 'n99' AND price > 10 AND id IS NOT NULL")], [["11"]])
        self.assertEqual([list(map(str, row)) for row in self.rows("SELECT count(*) FROM things")], [["1000"]])
        for asked in ('COPY (SELECT "id"::bigint, "name"::text FROM "things" WHERE "id" = '
                      "'17'::bigint) TO STDOUT", '"name" COLLATE "C" >= '):
            self.assertTrue(self.told_in_the_log(asked), asked)

    # Columns as the server has them and as they are declared; values there; values they are compared with.
    KINDS = [
        ("boolean", "BOOLEAN", ["true", "false"], ["true", "false"]),
        ("smallint", "TINYINT", ["-128", "127", "200", "-300", "0"], ["CAST(0 AS TINYINT)", "CAST(127 AS TINYINT)"]),
        ("int", "INT", ["-2147483648", "0", "7", "2147483647"], ["7", "-2147483648", "2147483647"]),
        ("int", "BIGINT", ["-1", "0", "7"], ["7L", "9223372036854775807L"]),
        ("numeric", "DECIMAL(10,2)", ["'NaN'", "'Infinity'", "'-Infinity'", "1.005", "1.004", "-1.005", "0.00",
                                      "1e30", "99999999.994", "99999999.995", "1.01"],
         ["1.01BD", "CAST(1.01 AS DECIMAL(10,2))", "CAST(-1.01 AS DECIMAL(10,2))", "CAST(0 AS DECIMAL(10,2))",
          "CAST(99999999.99 AS DECIMAL(10,2))", "CAST(1 AS DECIMAL(10,2))"]),
        ("numeric(10,2)", "DECIMAL(10,2)", ["'NaN'", "1.01", "0", "-5.5"], ["CAST(1.01 AS DECIMAL(10,2))", "1.005BD"]),
        ("numeric(4,3)", "DECIMAL(10,2)", ["1.005", "1.004", "9.999"], ["CAST(1.01 AS DECIMAL(10,2))",
                                                                       "CAST(10 AS DECIMAL(10,2))"]),
        ("double precision", "DOUBLE", ["'NaN'", "'Infinity'", "'-Infinity'", "'-0.0'", "0", "1e300"],
         ["CAST('NaN' AS DOUBLE)", "0D", "-0D", "CAST('Infinity' AS DOUBLE)"]),
        ("real", "FLOAT", ["'NaN'", "'-0.0'", "0", "0.1"], ["CAST('NaN' AS FLOAT)", "0F", "CAST('0.1' AS FLOAT)"]),
        ("text COLLATE \"en-x-icu\"", "STRING", ["''", "'a'", "'B'", "'b'", "'é'", "'Z'", "'aa '", "'\U0001F600'",
                                                 "'\uffee'", "'%_'"],
         ["''", "'a'", "'b'", "'é'", "'aa'", "'\U0001F600'", "CAST(X'FF' AS STRING)", "concat('a', chr(0))"]),
        ("char(5)", "STRING", ["'a'", "'a b'", "''", "'zzzzz'"], ["'a'", "'a    '", "''", "'zzzz'"]),
        ("varchar(20)", "STRING", ["'a'", "'a  '", "''"], ["'a'", "'a  '"]),
        ("date", "DATE", ["'infinity'", "'-infinity'", "'epoch'", "'4714-11-24 BC'", "'0001-01-01'", "'9999-12-31'",
                          "'10000-01-01'"],
         ["DATE'1970-01-01'", "DATE'0001-01-01'", "DATE'9999-12-31'", "DATE'+10000-01-01'", "DATE'-0100-01-01'"]),
        ("timestamptz", "TIMESTAMP", ["'infinity'", "'-infinity'", "'2024-03-31 01:30:00+02'",
                                      "'2024-03-30 23:30:00.000001+00'", "'294276-12-31 23:59:59.999999+00'",
                                      "'0001-01-01 00:00:00+00 BC'"],
         ["TIMESTAMP'2024-03-30T23:30:00Z'", "TIMESTAMP'2024-03-31T01:30:00+02:00'", "TIMESTAMP'0001-01-01T00:00:00Z'",
          "TIMESTAMP'+294246-12-31T23:59:59Z'"]),
        ("timestamp", "TIMESTAMP", ["'2024-03-31 02:30:00'", "'infinity'"], ["TIMESTAMP'2024-03-31T02:30:00Z'",
                                                                            "TIMESTAMP'2024-03-31 02:30:00'"]),
        ("timestamp", "TIMESTAMP_NTZ", ["'2024-03-31 02:30:00.5'", "'-infinity'"],
         ["TIMESTAMP_NTZ'2024-03-31 02:30:00.5'", "TIMESTAMP_NTZ'2024-03-31 02:30:00'"]),
        ("interval", "INTERVAL DAY TO SECOND", ["'1 day'", "'24:00:00'", "'1 mon'"], ["INTERVAL '1' DAY"]),
        ("bytea", "BINARY", ["'\\x00'", "'\\xff'", "''"], ["X'00'", "X'FF'"]),
        ("int[]", "ARRAY<INT>", ["'{}'", "'{1,NULL}'", "'{{1},{2}}'", "'[5:6]={1,2}'"], ["array(1, 2)"]),
        ("jsonb", "STRUCT<a: INT>", ["'null'", "'{}'", "'5'", "'{\"a\": 1}'"], ["named_struct('a', 1)"]),
    ]

    def test_conditions_that_go_to_the_server_mean_what_they_mean_here(self):
        """The same conditions in WHERE, and as a column of rows that were all read: the same rows."""
        chance = random.Random(int(os.environ.get("WEIR_TEST_SEED", "11")))
        theirs = ", ".join(f"c{i} {kind[0]}" for i, kind in enumerate(self.KINDS))
        rows = [[str(n)] + [chance.choice([*kind[2], "NULL"]) for kind in self.KINDS] for n in range(120)]
        self.db.psql(f"CREATE TABLE theirs (id int, {theirs}); INSERT INTO theirs VALUES " +
                     ", ".join(f"({', '.join(row)})" for row in rows))
        self.db.psql("CREATE INDEX ON theirs (c9 COLLATE \"C\"); CREATE INDEX ON theirs (c5); ANALYZE theirs")
        declared = ", ".join(f"c{i} {kind[1]}" for i, kind in enumerate(self.KINDS))

        def condition():
            i = chance.randrange(len(self.KINDS))
            if chance.random() < 0.3 or self.KINDS[i][1] == "STRUCT<a: INT>":
                return f"c{i} IS {chance.choice(['', 'NOT '])}NULL"
            pair = [f"c{i}", chance.choice(self.KINDS[i][3])]
            chance.shuffle(pair)
            return chance.choice([" = ", " < ", " <= ", " > ", " >= ", " <=> ", " <> "]).join(pair)

        conditions = [" AND ".join(condition() for _ in range(chance.choice([1, 1, 2])))
                      for _ in range(400 if os.environ.get("WEIR_TEST_LONG") else 120)]
        text = f"CREATE TABLE theirs (id INT, {declared}) USING postgres;\n" + "".join(
            f"SELECT id FROM theirs WHERE {c};\nSELECT id, {c} AS c FROM theirs;\n" for c in conditions)
        out, _ = self.weir("sql", "--format", "json", *self.db.settings(), self.write("conditions.sql", text))
        answers = [json.loads(line)["rows"] for line in out.splitlines()[1:]]
        self.assertEqual(len(answers), 2 * len(conditions))
        found = 0
        for i, c in enumerate(conditions):
            pushed = sorted(row[0] for row in answers[2 * i])
            self.assertEqual(pushed, sorted(row[0] for row in answers[2 * i + 1] if row[1]), c)
            found += len(pushed)
        self.assertGreater(found, 1000)

    def test_tables_of_others_are_read_and_joined(self):
        self.db.psql("""CREATE TABLE customers (customer_id int PRIMARY KEY, "Name" varchar(20), since date,
            tags text[], extra jsonb, kind text);
            INSERT INTO customers SELECT i, 'c' || i, '2020-01-01'::date + i, ARRAY['x', i::text],
                jsonb_build_object('level', i), 'k' FROM generate_series(1, 100) i""")
        declared = """
            CREATE TABLE customers (customer_id BIGINT, name STRING, since DATE, tags ARRAY<STRING>,
                extra STRUCT<level: INT>, kind STRING) USING postgres;"""
        self.numbers([{"id": i, "customer": i % 3 + 1} for i in range(10)])
        self.run_pipeline(declared + """
            CREATE TABLE given (id BIGINT, customer BIGINT) USING json OPTIONS ('path' = '${folder}/in.json');
            CREATE STREAMING TABLE named USING postgres TBLPROPERTIES ('primary_key' = 'id')
            AS SELECT g.id, c.name, c.extra.level AS level FROM STREAM given g JOIN customers c
               ON g.customer = c.customer_id;""")
        self.assertEqual(self.db.rows("SELECT name, level, count(*) FROM named GROUP BY 1, 2 ORDER BY 1"),
                         ["c1|1|4", "c2|2|3", "c3|3|3"])
        answer = self.sql(declared + """
            SELECT name, since, tags, extra.level FROM customers WHERE customer_id = 7 AND kind = 'k';
            SELECT count(*) FROM customers WHERE extra.level > 50""")
        self.assertEqual([list(map(str, row)) for row in answer[-1]["rows"]], [["50"]])
        self.assertEqual(str(answer[-2]["rows"][0][0]), "c7")
        self.assertEqual(str(answer[-2]["rows"][0][1]), "2020-01-08")
        out = self.sql("CREATE TABLE nothing (a INT) USING postgres OPTIONS ('table' = 'not_there'); "
                       "SELECT * FROM nothing", status=1)
        self.assertIn("there is no table 'not_there' in PostgreSQL", out)

    def test_a_joined_table_is_looked_up_by_key_with_the_same_rows(self):
        """Every kind of join with a table, looked up and read whole: the same rows."""
        self.db.psql("""CREATE TABLE names (id int, part text, name text, price numeric, active boolean);
            INSERT INTO names SELECT i % 700, CASE WHEN i % 5 = 0 THEN NULL ELSE 'p' || i % 3 END, 'n' || i, i / 3.0,
                i % 2 = 0 FROM generate_series(1, 2000) i;
            CREATE INDEX ON names (id)""")
        rows = [{"n": i, "id": [i % 900, None][i % 10 == 0], "part": f"p{i % 4}"} for i in range(3000)]
        rows[5]["part"] = "a\u0000b"
        self.numbers(rows)
        joins = {
            "by_one": "LEFT JOIN names t ON g.id = t.id",
            "by_two": "JOIN names t ON g.id = t.id AND g.part = t.part",
            "filtered": "LEFT JOIN (SELECT * FROM names WHERE active AND price > 100) t ON g.id = t.id AND t.name <> 'n4'",
        }
        sql = """CREATE TABLE names (id BIGINT, part STRING, name STRING, price DECIMAL(10,2), active BOOLEAN)
                 USING postgres;
                 CREATE TABLE given (n BIGINT, id BIGINT, part STRING) USING json
                 OPTIONS ('path' = '${folder}/in.json');""" + "".join(f"""
            CREATE STREAMING TABLE {name} USING json TBLPROPERTIES ('path' = '${{out}}/{name}')
            AS SELECT g.n, t.id AS found, t.name, t.price FROM STREAM given g {join};"""
                                                                      for name, join in joins.items()) + """
            CREATE STREAMING TABLE some USING json TBLPROPERTIES ('path' = '${out}/some')
            AS SELECT n FROM STREAM given g LEFT SEMI JOIN names t ON g.id = t.id;
            CREATE STREAMING TABLE none USING json TBLPROPERTIES ('path' = '${out}/none')
            AS SELECT n FROM STREAM given g LEFT ANTI JOIN names t ON g.id = t.id AND g.part = t.part;"""
        found = {}
        self.db.psql(f"ALTER DATABASE {self.db.name} SET log_min_duration_statement = 0")
        asked = lambda: [self.told_in_the_log(f'FROM "names" WHERE {words}') for words in (
            '("id") IN (', '("id", "part"::text) IN (VALUES (', '("id", "part") IN (VALUES (')]
        before = asked()
        for by_key in ("never", "always"):
            out = os.path.join(self.folder, by_key)
            self.run_pipeline(sql, "--set", f"lookup.by_key={by_key}", "--set", f"out={out}", "--set",
                              "batch.rows=500", "--set", "commit.interval=5 ms", "--workers", "2",
                              data=os.path.join(self.folder, f"data-{by_key}"))
            for name in (*joins, "some", "none"):
                lines = []
                for file in os.listdir(os.path.join(out, name)):
                    with open(os.path.join(out, name, file), encoding="utf-8") as text:
                        lines += text.read().splitlines()
                found.setdefault(name, []).append(sorted(lines))
            if by_key == "never":
                self.assertEqual(asked(), before)
        for name, (whole, looked_up) in found.items():
            self.assertGreater(len(whole), 100, name)
            self.assertEqual(looked_up, whole, name)
        self.assertGreater(asked()[0], before[0])
        self.assertGreater(asked()[2], before[2])

    def test_a_joined_table_that_changes_is_read_again(self):
        self.joined_table_changes("lookup.by_key=never")

    def test_a_joined_table_that_changes_is_looked_up_again(self):
        self.joined_table_changes("lookup.by_key=always")

    def joined_table_changes(self, how):
        self.db.psql("CREATE TABLE names (id bigint PRIMARY KEY, name text); INSERT INTO names VALUES (1, 'old')")
        path = self.write("pipeline.sql", """
            CREATE TABLE names (id BIGINT, name STRING) USING postgres;
            CREATE TABLE asked (id BIGINT, n BIGINT) USING kafka OPTIONS ('format' = 'json');
            CREATE STREAMING TABLE told USING postgres
            AS SELECT a.n, names.name FROM STREAM asked a LEFT JOIN names ON a.id = names.id;""")
        settings = [*self.db.settings(), "--set", "lookup.refresh=50 ms", "--set", how]
        self.start("run", path, "--quiet", "--data", self.data, *settings)
        weir.wait_until(lambda: os.path.exists(os.path.join(self.data, "socket")))
        self.topic("produce", "asked", stdin='{"id": 1, "n": 1}\n')
        weir.wait_until(lambda: self.db.rows("SELECT name FROM told WHERE n = 1") == ["old"])
        self.db.psql("UPDATE names SET name = 'new'")

        def ask_again(count=[1]):
            count[0] += 1
            self.topic("produce", "asked", stdin=f'{{"id": 1, "n": {count[0]}}}\n')
            weir.wait_until(lambda: self.db.rows(f"SELECT 1 FROM told WHERE n = {count[0]}"))
            return self.db.rows(f"SELECT name FROM told WHERE n = {count[0]}") == ["new"]
        weir.wait_until(ask_again)

    def test_without_its_connection_a_table_says_where_it_is(self):
        self.numbers([{"id": 1, "name": "a", "price": "1.00"}])
        self.run_pipeline(self.PLAIN)
        out, _ = self.weir("sql", "--data", self.data, "--format", "json", "-e", "SELECT * FROM things",
                           status=1)
        self.assertIn("its rows are in PostgreSQL", out)
        self.assertIn("postgres.url", out)


if __name__ == "__main__":
    servers.need("postgres")
    weir.main()
