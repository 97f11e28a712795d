"""weir sql: where an error of a running query is told to be."""

import json
import os
import subprocess

import weir
from weir import WeirTest


class Sql(WeirTest):
    def error(self, text):
        out, _ = self.weir("sql", "--format", "json", "-e", text, status=1)
        return json.loads(out.splitlines()[-1])["error"]

    def test_an_error_of_a_row_points_at_its_expression(self):
        for text, line, column, name in (
                ("SELECT 1/0", 1, 8, "DIVIDE_BY_ZERO"),
                ("SELECT 1,\n  2 + 1/(id - 1) FROM range(3)", 2, 7, "DIVIDE_BY_ZERO"),
                ("SELECT CASE WHEN id > 1 THEN 1/(id-2) END FROM range(3)", 1, 30, "DIVIDE_BY_ZERO"),
                ("SELECT 1 FROM range(4)\nWHERE cast(id || 'x' AS INT) = 1", 2, 7,
                 "CAST_INVALID_INPUT"),
                ("SELECT transform(array(1, 0), x -> 1/x)", 1, 36, "DIVIDE_BY_ZERO"),
                ("SELECT coalesce(nullif(1, 1), 1 % (id - id)) FROM range(2)", 1, 31,
                 "REMAINDER_BY_ZERO"),
                ("SELECT sum(x) FROM VALUES (9223372036854775807), (1) t(x)", 1, 8,
                 "ARITHMETIC_OVERFLOW"),
                ("SELECT 1, sum(x) OVER () FROM VALUES (9223372036854775807), (1) t(x)", 1, 11,
                 "ARITHMETIC_OVERFLOW"),
                ("SELECT * FROM range(3) ORDER BY 1/(id-1)", 1, 33, "DIVIDE_BY_ZERO")):
            with self.subTest(text):
                error = self.error(text)
                self.assertEqual((error["line"], error["column"], error["class"]),
                                 (line, column, name))

    def test_a_server_that_is_away_is_worth_another_try(self):
        table = "CREATE TABLE t (id INT) USING postgres OPTIONS ('url' = 'postgresql://u@127.0.0.1:1/d');\n"
        _, err = self.weir("sql", "-e", table + "SELECT * FROM t", status=3)
        self.assertIn("-e:2:1: error: read 't': ", err)
        self.weir("sql", "-e", table + "SELECT nosuch FROM t", status=1)

    def test_within_a_view_it_points_at_the_statement(self):
        """The view's text is another one."""
        error = self.error("CREATE TEMPORARY VIEW v AS SELECT 1/(id - 2) AS x FROM range(3);\n"
                           "  SELECT x FROM v")
        self.assertEqual((error["line"], error["column"]), (2, 3))

    def test_a_query_that_makes_many_rows_holds_few(self):
        """Twelve million pairs, and what is computed of them: a gigabyte, were they all held."""
        for text in ("SELECT sum(a.id * b.id + 1) FROM range(3000) a CROSS JOIN range(4000) b",
                     "SELECT sum(x + y) FROM (SELECT explode(sequence(1, 4000)) AS x)"
                     " LATERAL VIEW explode(sequence(1, 3000)) e AS y"):
            self.assertLess(self.memory_kb("-e", text), 400 * 1024)

    def memory_kb(self, *args):
        """The most that `weir sql` held while it ran; AddressSanitizer keeps nothing of what is given back."""
        options = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1:thread_local_quarantine_size_kb=64"
        process = self.start("sql", *args, stdout=subprocess.DEVNULL, env={**os.environ, "ASAN_OPTIONS": options})
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(process.returncode, 0)
        return used.ru_maxrss

    def test_statements_are_forgotten_when_they_are_done(self):
        """All but what they define."""
        few, many = (os.path.join(self.folder, name) for name in ("few.sql", "many.sql"))
        for path, count in ((few, 100), (many, 8000)):
            with open(path, "w", encoding="utf-8") as file:
                file.write("CREATE TEMPORARY VIEW v AS SELECT id + 1 AS x FROM range(3);\n"
                           "CREATE TABLE t (k INT, s STRING);\n")
                for i in range(count):
                    file.write(f"SELECT {i} + 1, concat('a', {i}), upper('b') FROM range(1) WHERE id < {i} + 1;\n")
                file.write("INSERT INTO t SELECT x, concat('row ', x) FROM v;\nSELECT * FROM t;\n")
        self.assertLess(self.memory_kb(many), 1.5 * self.memory_kb(few))
        out, _ = self.weir("sql", many, "--format", "json")
        self.assertEqual(json.loads(out.splitlines()[-1])["rows"],
                         [[1, "row 1"], [2, "row 2"], [3, "row 3"]])

    def test_a_plan_is_shown_line_by_line(self):
        out, _ = self.weir("sql", "-e", "EXPLAIN SELECT id FROM range(3) WHERE id > 1")
        self.assertGreater(len(out.splitlines()), 1)
        self.assertNotIn("\\n", out)
        out, _ = self.weir("sql", "--format", "json", "-e", "EXPLAIN SELECT 1")
        self.assertEqual(json.loads(out)["schema"], [["plan", "string"]])

    def test_what_a_terminal_takes_for_commands_is_escaped(self):
        out, _ = self.weir("sql", "-e", r"SELECT 'a\u001b[31mb\u009b31mc'")
        self.assertIn(r"a\x1B[31mb\x9B31mc", out.splitlines()[-2])

    def test_an_answer_that_cannot_be_written_is_an_error(self):
        for args in (["sql", "-e", "SELECT 1"], ["sql", "-e", "SELECT * FROM range(100000)"],
                     ["sql", "--help"]):
            with open("/dev/full", "wb") as full:
                done = subprocess.run([weir.WEIR, *args], stdout=full, stderr=subprocess.PIPE,
                                      check=False)
            self.assertEqual(done.returncode, 3)
            self.assertIn(b"weir sql: write to standard output: No space left", done.stderr)

    def test_a_data_directory_that_may_not_be_read_is_told(self):
        """Not: that there is nothing in it."""
        if os.geteuid() == 0:
            self.skipTest("root may read everything")
        os.mkdir(self.data)
        os.chmod(self.data, 0)
        _, err = self.weir("sql", "--data", self.data, "-e", "SHOW TABLES", status=1)
        self.assertNotIn("nothing has run here yet", err)
        os.chmod(self.data, 0o700)

    def test_it_is_shown_with_a_caret(self):
        _, err = self.weir("sql", "-e", "SELECT 7 / 0", status=1)
        self.assertEqual(err.splitlines()[1:], ["    1 | SELECT 7 / 0", "      |        ^~~~~"])


if __name__ == "__main__":
    weir.main()
