"""weir check: typical mistakes, each told with its place, its class and a remedy, all at once."""

import os
import subprocess

import weir
from weir import WeirTest

HEAD = ("CREATE TABLE log (ts TIMESTAMP, host STRING, status INT, cost DECIMAL(8,3)) USING json "
        "OPTIONS ('path' = 'log.json');\n")
TABLE = "CREATE STREAMING TABLE t USING postgres AS SELECT "

# What is written in line 2; where and how its first error begins; what its remedy holds.
MISTAKES = [
    (TABLE + "hots FROM STREAM log;", "2:51", "UNRESOLVED_COLUMN.WITH_SUGGESTION",
     "did you mean `host`?"),
    (TABLE + "host FROM STREAM lug;", "2:68", "TABLE_OR_VIEW_NOT_FOUND", "did you mean `log`?"),
    (TABLE + "uper(host) FROM STREAM log;", "2:51", "UNRESOLVED_ROUTINE", "did you mean `upper`?"),
    (TABLE + "host FORM STREAM log;", "2:56", "PARSE_SYNTAX_ERROR", "did you mean FROM?"),
    (TABLE + "upper(host FROM STREAM log;", "2:62", "PARSE_SYNTAX_ERROR",
     "the '(' in line 2, column 56 is never closed"),
    (TABLE + "'abc FROM STREAM log;", "2:51", "PARSE_SYNTAX_ERROR", "add the closing quote"),
    (TABLE + "host FROM STREAM log WHERE status;", "2:78", "DATATYPE_MISMATCH.FILTER_NOT_BOOLEAN",
     ""),
    (TABLE + "host FROM STREAM log ORDER BY host;", "2:81",
     "STREAMING_OUTPUT_MODE.UNSUPPORTED_OPERATION", "leave ORDER BY out"),
    (TABLE + "host FROM log;", "2:44",
     "INVALID_FLOW_QUERY_TYPE.BATCH_RELATION_FOR_STREAMING_TABLE", "write STREAM before"),
    (TABLE + "host, count(*) AS n FROM STREAM log GROUP BY host;", "2:87",
     "STREAMING_OUTPUT_MODE.UNSUPPORTED_OPERATION", "WATERMARK"),
    (TABLE + "host FROM STREAM log WATERMARK host DELAY OF INTERVAL 1 SECOND;", "2:82",
     "EVENT_TIME_IS_NOT_ON_TIMESTAMP_TYPE", "CAST"),
    ("CREATE TABLE q (a INT) USING json OPTIONS ('paht' = 'x');", "2:44", "UNKNOWN_OPTION",
     "did you mean 'path'?"),
    ("CREATE TABLE q (a INT) USING json;", "2:14", "MISSING_OPTION", "OPTIONS ('path' = '...')"),
    ("CREATE TABLE q (a INT) USING kafak OPTIONS ('topic' = 'q');", "2:30",
     "DATA_SOURCE_NOT_FOUND", "did you mean kafka?"),
    ("CREATE TABLE q (a INT) USING kafka OPTIONS ('topic' = 'q', 'partitions' = 'many');", "2:75",
     "INVALID_OPTION_VALUE", ""),
    ("CREATE TABLE log (a INT) USING json OPTIONS ('path' = 'x');", "2:14",
     "TABLE_OR_VIEW_ALREADY_EXISTS", "the first one is in line 1"),
    ("CREATE TABLE q (a INT) USING kafka OPTIONS ('topic' = 'q', 'partitions' = '0');", "2:75",
     "INVALID_OPTION_VALUE", ""),
    ("CREATE TABLE q (r STRUCT<path: STRING>) USING json OPTIONS ('path' = 'x'); CREATE STREAMING "
     "TABLE s USING postgres AS SELECT r.paht FROM STREAM q;", "2:128", "FIELD_NOT_FOUND",
     "did you mean path?"),
    (TABLE + "host FROM STREAM log WHERE status = 1 && cost > 1;", "2:90", "PARSE_SYNTAX_ERROR",
     "write AND for &&"),
    ("CREATE STREAMING TABLE k USING cassandra TBLPROPERTIES ('primary_key' = 'hour') AS SELECT "
     "host FROM STREAM log;", "2:73", "COLUMN_NOT_FOUND", "its columns are host"),
    ("CREATE TABLE q (a INT) USING json OPTIONS ('path' = x.json);", "2:53",
     "INVALID_OPTION_VALUE", "write it in quotes"),
    ("SET batch.rows = 0;", "2:18", "INVALID_SETTING", ""),
    ("SET comit.interval = 1 second;", "2:1", "INVALID_SETTING", "did you mean 'commit.interval'?"),
    ("SET cassandra.user = joe;", "2:1", "INVALID_SETTING", "did you mean 'cassandra.username'?"),
    ("SET outbox.patience = 1 minute;", "2:1", "INVALID_SETTING", "did you mean 'outage.patience'?"),
    ("SET feed = x; SET fedd = y; CREATE TABLE q (a INT) USING json OPTIONS ('path' = '${feed}');",
     "2:15", "INVALID_SETTING", "did you mean 'feed'?"),
    ("CREATE TABLE q (a INT) USING kafka OPTIONS ('topic' = 'a b');", "2:55",
     "INVALID_OPTION_VALUE", ""),
    ("CREATE TABLE f (a INT) USING http OPTIONS ('url' = 'v1/orders');", "2:52",
     "INVALID_OPTION_VALUE", ""),
    ("CREATE TABLE f (a INT) USING http OPTIONS ('url' = 'http://host:99999/');", "2:52",
     "INVALID_OPTION_VALUE", ""),
    ("CREATE TABLE f (a INT) USING http OPTIONS ('url' = 'ftp://host/');", "2:52",
     "INVALID_OPTION_VALUE", ""),
    ("CREATE TABLE f (a INT) USING kafka OPTIONS ('format' = 'avro', 'schema_registry' = 'host:8081');",
     "2:84", "INVALID_OPTION_VALUE", ""),
    ("CREATE STREAMING TABLE a USING kafka AS SELECT host FROM STREAM log;\nCREATE STREAMING TABLE b "
     "USING kafka TBLPROPERTIES ('topic' = 'a') AS SELECT ts FROM STREAM log;", "3:63",
     "INVALID_OPTION_VALUE", "INSERT INTO a BY NAME"),
    ("CREATE STREAMING TABLE a USING json TBLPROPERTIES ('path' = 'x/') AS SELECT host FROM STREAM log;\n"
     "CREATE STREAMING TABLE b USING csv TBLPROPERTIES ('path' = 'x') AS SELECT ts FROM STREAM log;",
     "3:60", "INVALID_OPTION_VALUE", "INSERT INTO a BY NAME"),
    ("CREATE TABLE `a b` (a INT) USING kafka;", "2:14", "INVALID_OPTION_VALUE",
     "another name than the table"),
    ("SELECT * FROM log;", "2:1", "UNSUPPORTED_PIPELINE_STATEMENT", "weir sql"),
]


class Check(WeirTest):
    def check(self, text, status, *args):
        path = os.path.join(self.folder, "p.sql")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        out, err = self.weir("check", path, *args, status=status)
        return out.replace(path, "p.sql"), err.replace(path, "p.sql")

    def test_each_mistake_is_told_with_place_class_and_remedy(self):
        for text, place, name, remedy in MISTAKES:
            with self.subTest(text):
                _, err = self.check(HEAD + text + "\n", 1)
                lines = err.splitlines()
                self.assertTrue(lines[0].startswith(f"p.sql:{place}: error: "), err)
                self.assertTrue(lines[0].endswith(f" [{name}]"), err)
                self.assertIn("^", lines[2])
                if remedy:
                    self.assertTrue(lines[3].startswith("  help: "), err)
                    self.assertIn(remedy, lines[3])
                self.assertNotIn("\033", err)

    def test_several_mistakes_are_told_at_once(self):
        _, err = self.check(HEAD + "CREATE TABLE q (a INTT, b DECIMAL(50,2)) USING json OPTIONS "
                            "('path' = 'x');\n" + TABLE + "hots FROM STREAM log;\n", 1)
        self.assertEqual([line.split(" ")[0] for line in err.splitlines() if ": error: " in line],
                         ["p.sql:2:19:", "p.sql:2:27:", "p.sql:3:51:"])

    def test_a_mistake_in_one_clause_does_not_hide_those_in_others(self):
        _, err = self.check(HEAD + TABLE + "hots, cuont(*) FROM STREAM log WATERMARK ts DELAY OF "
                            "INTERVAL 1 SECOND\nWHERE statsu = 1\nGROUP BY window(ts, '1 minute'),"
                            "\nhsot\nHAVING max(csot) > 1;\nCREATE TABLE q (a INT) USING json "
                            "OPTIONS ('paht' = 'x',\n'stating' = 'latest');\n", 1)
        self.assertEqual([line.split(" ")[0] for line in err.splitlines() if ": error: " in line],
                         ["p.sql:2:51:", "p.sql:2:57:", "p.sql:3:7:", "p.sql:5:1:", "p.sql:6:12:",
                          "p.sql:7:44:", "p.sql:8:1:"])

    def test_settings_from_outside_are_checked(self):
        for args, told in ((["--set", "wrokers=1"], "did you mean 'workers'?"),
                           (["--set", "batch.rows=65537"], "the most is 65536"),
                           (["--set", "commit.interval=0 ms"], "the least is 1 ms"),
                           (["--set", "state.limit=1"], "the least is 1 MB")):
            _, err = self.check(HEAD, 1, *args)
            self.assertIn(told, err)
        _, err = self.check(HEAD, 0, "--set", "spark.sql.shuffle.partitions=1", "--set",
                            "kafka.security.protocol=SSL")
        self.assertEqual(err, "")
        _, err = self.check(HEAD, 0, "--set", "lamp=on")
        self.assertIn("warning: The setting 'lamp' (--set) is used nowhere in this file", err)
        config = os.path.join(self.folder, "weir.conf")
        with open(config, "w", encoding="utf-8") as file:
            file.write("of.another.pipeline = 1\n")
        _, err = self.check(HEAD, 0, "--config", config)
        self.assertEqual(err, "")

    def test_a_statement_that_cannot_be_read_does_not_make_its_readers_wrong(self):
        _, err = self.check("CREATE TABLE IF NOT EXISTS `log` (a INT) USING json OPTIONS ('path' = "
                            "'${in}');\n" + TABLE + "a FROM STREAM log;\nCREATE FORM;\n"
                            "CREATE STREAMING TABLE u USING postgres AS SELECT a FROM STREAM lug;", 1)
        self.assertEqual([line.split(" ")[0] for line in err.splitlines() if ": error: " in line],
                         ["p.sql:1:72:", "p.sql:3:8:", "p.sql:4:65:"])
        _, err = self.check(HEAD + "CREATE TEMPORARY VIEW v AS SELECT host FROM STREAM log\n"
                            "CREATE STREAMING TABLE t USING postgres AS SELECT host FROM v;\n"
                            "CREATE MATERIALIZED VIEW m USING postgres AS SELECT * FROM t;", 1)
        self.assertEqual(err.count(": error: "), 1, err)
        self.assertIn("does the statement before it end with a semicolon?", err)

    def test_a_file_may_be_a_pipe(self):
        out = subprocess.run([weir.WEIR, "check", "/dev/stdin"], input=(HEAD + "SELEC 1;").encode(),
                             capture_output=True, check=False)
        self.assertIn(b"/dev/stdin:2:1: error: ", out.stderr)

    def test_a_sound_file_is_told_in_one_line(self):
        out, err = self.check(HEAD + TABLE + "host FROM STREAM log;\n", 0)
        self.assertEqual(out, "p.sql: 2 tables, 1 flow, 0 views: no errors\n")
        self.assertIn(" 1 flow,", out)
        self.assertEqual(err, "")

    def test_a_time_zone_that_is_none_is_one_sentence(self):
        _, err = self.check("CREATE MATERIALIZED VIEW v USING postgres TBLPROPERTIES ('schedule' = "
                            "'@daily', 'time_zone' = 'Europe/Lundon') AS SELECT 1 AS a;\n", 1)
        self.assertIn("stand for '+00:00'. [INVALID_OPTION_VALUE]", err)

    def test_missing_files_and_bad_arguments_have_their_statuses(self):
        self.weir("check", status=2)
        self.weir("check", os.path.join(self.folder, "none.sql"), status=1)
        self.weir("check", self.folder, status=1)
        self.check(HEAD, 2, "--set", "foo")
        self.check(HEAD, 2, "--nosuch")


if __name__ == "__main__":
    weir.main()
