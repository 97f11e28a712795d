"""weir run: a pipeline over files, what stops it, and what it holds after it was stopped."""

import fcntl
import http.server
import json
import os
import pty
import re
import resource
import signal
import sqlite3
import struct
import subprocess
import termios
import threading
import urllib.parse

import weir
from weir import WeirTest, wait_until

PIPELINE = """
CREATE TABLE log (
  ts TIMESTAMP NOT NULL, host STRING, r STRUCT<path: STRING, status: INT>, cost DECIMAL(8,3),
  CONSTRAINT good_status CHECK (r.status BETWEEN 100 AND 599)
) USING json OPTIONS ('path' = '${in}');

CREATE STREAMING TABLE by_minute USING cassandra TBLPROPERTIES ('primary_key' = 'host, minute')
AS SELECT host, window.start AS minute, count(*) AS n, sum(cost) AS cost,
          count(DISTINCT r.path) AS paths
   FROM STREAM log WATERMARK ts DELAY OF INTERVAL 10 SECONDS GROUP BY window(ts, '1 minute'), host;

CREATE STREAMING TABLE failed USING kafka TBLPROPERTIES ('topic' = 'failed', 'format' = 'json')
AS SELECT ts, host, r.path FROM STREAM log WHERE r.status >= 500;
"""


def record(i):
    return {"ts": f"2026-03-01T08:{i // 60 % 60:02}:{i % 60:02}Z", "host": f"web{i % 3}",
            "r": {"path": f"/p{i % 7}", "status": 500 if i % 10 == 0 else 200}, "cost": "0.125"}

# Sessions, and windows of the sessions' last moments chained above them.
CHAINED = """
CREATE TABLE log (ts TIMESTAMP, host STRING) USING json OPTIONS ('path' = '${in}');

CREATE TEMPORARY VIEW visits AS
SELECT host, session_window(ts, '10 seconds') AS visit, count(*) AS n
FROM STREAM log WATERMARK ts DELAY OF INTERVAL 0 SECONDS
GROUP BY host, session_window(ts, '10 seconds');

CREATE STREAMING TABLE visits_by_minute USING cassandra
TBLPROPERTIES ('primary_key' = 'minute', 'output_mode' = 'append')
AS SELECT window(window_time(visit), '20 seconds').start AS minute, count(*) AS visits, sum(n) AS n
   FROM visits GROUP BY window(window_time(visit), '20 seconds');
"""

# Keeps a group of a kilobyte for each row.
COUNTS = """
CREATE STREAMING TABLE counts USING cassandra TBLPROPERTIES ('primary_key' = 'k', 'unbounded_state' = 'true')
AS SELECT concat(ts, repeat('x', 1000)) AS k, count(*) AS n FROM STREAM log GROUP BY k;

"""


class Run(WeirTest):
    def setUp(self):
        super().setUp()
        self.log = os.path.join(self.folder, "log.ndjson")
        self.file = os.path.join(self.folder, "p.sql")
        with open(self.file, "w", encoding="utf-8") as file:
            file.write(PIPELINE)
        self.append(range(600))

    def append(self, numbers, text=""):
        with open(self.log, "a", encoding="utf-8") as file:
            file.write("".join(json.dumps(record(i)) + "\n" for i in numbers) + text)

    def run_args(self, *args):
        return ["run", self.file, "--data", self.data, "--set", f"in={self.log}", *args]

    def once(self, *args, status=0):
        return self.weir(*self.run_args("--once", "--quiet", *args), status=status)

    def sql(self, text, *args, status=0):
        return self.weir("sql", "--data", self.data, "--format", "csv", "-e", text, *args,
                         status=status)[0].splitlines()[1:]

    def collect(self, url, options=""):
        """A pipeline that collects the ids of a feed into t."""
        with open(self.file, "w", encoding="utf-8") as file:
            file.write(f"CREATE TABLE feed (id BIGINT) USING http OPTIONS ('url' = '{url}'"
                       f"{', ' if options else ''}{options});\n"
                       "CREATE STREAMING TABLE t USING postgres AS SELECT id FROM STREAM feed;")

    def serve(self, answer, host="127.0.0.1"):
        """The port of an HTTP server that ends with the test. answer(request) gives status, headers, body."""
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                status, headers, body = answer(self)
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        server = http.server.ThreadingHTTPServer((host, 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return server.server_port

    def everything(self):
        return self.sql("SELECT * FROM by_minute ORDER BY host, minute") + self.sql(
            "SELECT ts, host, path FROM failed ORDER BY ts")

    def test_rows_do_not_depend_on_batches_and_workers(self):
        seen = set()
        for workers in ("1", "2", "4"):
            for rows in ("1", "7", "4096"):
                self.data = os.path.join(self.folder, f"d{workers}-{rows}")
                self.once("--drain", "--workers", workers, "--set", f"batch.rows={rows}")
                seen.add("\n".join(self.everything()))
        self.assertEqual(len(seen), 1)
        self.assertIn("web0,2026-03-01 08:00:00,20,2.500,7", seen.pop())

    def test_dead_letters_tell_what_was_wrong(self):
        bad = record(0)
        bad["r"]["status"] = 20
        self.append([], 'garbage\n{"ts":"nope"}\n{"host":"x"}\n' + json.dumps(bad) + "\n")
        self.once()
        rows = self.sql("SELECT reason, raw FROM log__dead_letter ORDER BY reason")
        self.assertEqual([row.split(",")[0] for row in rows],
                         ["bad_value", "good_status", "malformed_json", "not_null_ts"])
        self.assertIn("malformed_json,garbage", rows)

    def test_rows_of_the_rate_source_are_rows(self):
        """Its records are decoded like all others: what it writes must be what the decoder reads."""
        file = os.path.join(self.folder, "rate.sql")
        with open(file, "w", encoding="utf-8") as pipeline:
            pipeline.write("""
                CREATE TABLE r (timestamp TIMESTAMP, value BIGINT) USING rate
                OPTIONS ('rows' = '100', 'rowsPerSecond' = '100000');
                CREATE STREAMING TABLE t USING postgres TBLPROPERTIES ('primary_key' = 'value') AS
                SELECT value, timestamp FROM STREAM r;
            """)
        self.weir("run", file, "--drain", "--quiet", "--data", self.data)
        self.assertEqual(self.sql("SELECT count(*), max(value), count(timestamp) FROM t"),
                         ["100,99,100"])

    def test_options_of_a_topic_hold_for_one_that_is_there(self):
        self.once()
        with open(self.file, "w", encoding="utf-8") as file:
            file.write(PIPELINE.replace("'topic' = 'failed',",
                                        "'topic' = 'failed', 'retention' = '2 minutes',"))
        self.once()
        self.assertIn("120000", self.topic("describe", "failed")[0])
        # What is not said stays as it is.
        with open(self.file, "w", encoding="utf-8") as file:
            file.write(PIPELINE)
        self.once()
        self.assertIn("120000", self.topic("describe", "failed")[0])

    def test_rows_out_are_those_that_were_written(self):
        """Those of a NULL key are dead letters, which the flow's line tells."""
        with open(self.file, "w", encoding="utf-8") as file:
            file.write("""
                CREATE TABLE log (ts TIMESTAMP, host STRING) USING json OPTIONS ('path' = '${in}');
                CREATE STREAMING TABLE t USING kafka
                TBLPROPERTIES ('topic' = 't', 'format' = 'json', 'key' = 'host') AS
                SELECT ts, nullif(host, 'web1') AS host FROM STREAM log;
            """)
        out, _ = self.weir(*self.run_args("--once"))
        line = re.search(r"^ t +kafka +600 .*", out, re.MULTILINE)
        self.assertTrue(line, out)
        self.assertRegex(line.group(), r"600 +\d+ +400 .* 200$")
        self.assertRegex(out, r" state +dead letters\n")
        self.assertEqual(len(self.values("t")), 400)

    def test_an_epoch_holds_no_more_than_it_may(self):
        """However long the interval: what is read waits in memory until it is committed."""
        self.append(range(600, 3600))
        out, _ = self.weir(*self.run_args("--once", "--workers", "1", "--set", "epoch.limit=40 kB",
                                          "--set", "commit.interval=1 hour", "--set",
                                          "batch.rows=100"))
        self.assertGreater(int(re.search(r"epoch (\d+)", out).group(1)), 8, out)
        self.assertEqual(self.sql("SELECT count(*) FROM failed"), ["360"])

    def test_a_file_that_grows_is_read_on_and_a_kill_loses_nothing(self):
        run = self.start(*self.run_args())
        self.assertIn(b"ready", run.stdout.readline())
        wait_until(lambda: self.sql("SELECT count(*) FROM failed") == ["60"])
        self.append(range(600, 900))
        wait_until(lambda: self.sql("SELECT count(*) FROM failed") == ["90"])
        run.kill()
        run.wait()
        self.append(range(900, 1200))
        self.once()
        undisturbed = self.everything()
        self.data = os.path.join(self.folder, "undisturbed")
        self.once()
        self.assertEqual(undisturbed, self.everything())

    def test_windows_above_sessions_wait_for_sessions_that_are_still_open(self):
        """A session closes one gap after its end: the watermark above it is as far behind."""
        with open(self.file, "w", encoding="utf-8") as file:
            file.write(CHAINED)
        os.remove(self.log)
        # a's session ends at :15 and closes at :25, when the watermark is beyond the window 0..20.
        for host, second in (("a", 0), ("a", 5), ("b", 22), ("b", 24), ("b", 55)):
            with open(self.log, "a", encoding="utf-8") as file:
                file.write(json.dumps({"ts": f"2026-03-01T08:00:{second:02}Z", "host": host}) + "\n")
            self.once()
        self.once("--drain")
        self.assertEqual(self.sql("SELECT minute, visits, n FROM visits_by_minute ORDER BY minute"),
                         ["2026-03-01 08:00:00,1,2", "2026-03-01 08:00:20,1,2",
                          "2026-03-01 08:01:00,1,1"])

    def test_csv_is_read_and_written_as_its_options_say(self):
        path = os.path.join(self.folder, "in.csv")
        with open(path, "w", encoding="utf-8") as file:
            file.write("name;note;n\n'a;b';'it^'s';1\nNA;'NA';\n'';x;NA\n")
        with open(self.file, "w", encoding="utf-8") as file:
            file.write("""
CREATE TABLE lines (name STRING, note STRING, n INT) USING csv
OPTIONS ('path' = '${in}', 'header' = 'true', 'sep' = ';', 'quote' = '\\'', 'escape' = '^',
         'nullValue' = 'NA');
CREATE STREAMING TABLE t USING postgres AS SELECT * FROM STREAM lines;
CREATE STREAMING TABLE topic USING kafka TBLPROPERTIES ('format' = 'csv', 'sep' = '|',
  'quote' = '*', 'nullValue' = '-') AS SELECT name, note, n FROM STREAM lines;
""")
        self.log = path
        self.once()
        self.assertEqual(self.sql("SELECT coalesce(name, 'NULL'), note, n FROM t ORDER BY note"),
                         ["NULL,NA,", "a;b,it's,1", '"",x,'])
        self.assertEqual(self.values("topic"), ["a;b|it's|1", "-|NA|-", "**|x|-"])
        self.assertEqual(self.sql("SELECT note FROM topic WHERE n IS NULL ORDER BY note"),
                         ["NA", "x"])

    def test_a_stop_does_not_wait_for_all_that_a_source_has(self):
        """Its pages come faster than they are committed; nothing is lost or taken twice by the stop."""
        rows, page = 1_000_000, 50_000
        pages = ["".join(f'{{"id":{i}}}\n' for i in range(first, first + page)).encode()
                 for first in range(0, rows, page)]

        def answer(request):
            number = int(request.path.rsplit("=", 1)[1])
            link = {"Link": f'</?page={number + 1}>; rel="next"'} if number + 1 < len(pages) else {}
            return 200, link, pages[number]

        self.collect(f"http://127.0.0.1:{self.serve(answer)}/?page=0", "'format' = 'ndjson'")
        for _ in range(2):
            run = self.start("run", self.file, "--data", self.data, "--set", "commit.interval=1 ms",
                             "--set", "batch.rows=1")
            self.assertIn(b"ready", run.stdout.readline())
            before = int(self.sql("SELECT count(*) FROM t")[0])
            wait_until(lambda: int(self.sql("SELECT count(*) FROM t")[0]) > before)
            run.send_signal(signal.SIGINT)
            self.assertEqual(run.wait(), 0, run.stderr.read())
            count = int(self.sql("SELECT count(*) FROM t")[0])
            self.assertEqual(self.sql("SELECT min(id), max(id), count(DISTINCT id) FROM t"),
                             [f"0,{count - 1},{count}"])
            self.assertLess(count, rows)

    def test_a_cursor_goes_on_behind_the_last_row_in_every_run(self):
        """The interface gives the row asked from once more; ids have more digits than a double."""
        first = 1234567890123456000
        ids = [first + i for i in range(25)]
        seen = []

        def inclusive(request):
            since = int(request.path.rsplit("=", 1)[1]) if "since=" in request.path else 0
            seen.append(since)
            page = [i for i in ids if i >= since][:5]
            return 200, {}, json.dumps([{"n": {"id": 1}, "id": i} for i in page]).encode()

        self.collect(f"http://127.0.0.1:{self.serve(inclusive)}/rows", "'cursor' = 'since=id'")
        for round_i in range(3):
            self.weir("run", self.file, "--once", "--quiet", "--data", self.data)
            self.assertEqual(self.sql("SELECT id FROM t ORDER BY id"), [str(i) for i in ids])
            ids += [ids[-1] + 1 + i for i in range(round_i + 1)]
        self.assertTrue(set(seen) <= {0, *ids}, seen)

    def test_a_url_that_changes_moves_what_is_collected(self):
        """To another server: on from where it was. To another address: from its beginning, and told."""
        asked = []

        def answer(request):
            address = urllib.parse.urlsplit(request.path)
            start = int(urllib.parse.parse_qs(address.query).get("from", ["0"])[0])
            asked.append((request.headers["Host"].split(":")[0], request.path))
            link = {"Link": f'<{address.path}?from=3>; rel="next"'} if start < 3 else {}
            return 200, link, b"".join(b'{"id": %d}\n' % i for i in range(start, 3))

        port = self.serve(answer, "")

        def run(host, path):
            self.collect(f"http://{host}:{port}{path}", "'format' = 'ndjson'")
            asked.clear()
            return self.weir("run", self.file, "--once", "--quiet", "--data", self.data)[1]

        self.assertEqual(run("127.0.0.1", "/a"), "")
        self.assertEqual(run("127.0.0.2", "/a"), "")
        self.assertEqual(asked, [("127.0.0.2", "/a?from=3")])
        self.assertEqual(run("127.0.0.2", "/b"),
                         "weir run: warning: 'feed' has another url than before: what is there is "
                         "collected from its beginning, behind what was collected so far\n")
        self.assertEqual(asked, [("127.0.0.2", "/b"), ("127.0.0.2", "/b?from=3")])
        self.assertEqual(run("127.0.0.2", "/b"), "")
        self.assertEqual(self.sql("SELECT id FROM t ORDER BY id"), ["0", "0", "1", "1", "2", "2"])

    def test_a_page_of_json_is_an_array_an_object_or_lines(self):
        pages = {"/array": b'\xef\xbb\xbf[\n {\n  "id": 1},\n {"id": 2}\n]\n', "/object": b'{\n "id": 1,\n "x": "}"\n}\n',
                 "/lines": b'\xef\xbb\xbf{"id": 1}\n{"id": 2}\n', "/broken": b'{\n "id": 1\n'}

        port = self.serve(lambda request: (200, {}, pages[request.path]))
        for path, rows, bad in (("/array", ["1", "2"], "0"), ("/object", ["1"], "0"),
                                ("/lines", ["1", "2"], "0"), ("/broken", [], "2")):
            with self.subTest(path):
                self.collect(f"http://127.0.0.1:{port}{path}", "'format' = 'json'")
                self.data = os.path.join(self.folder, path[1:])
                for _ in range(2): # What was taken is not taken again.
                    self.weir("run", self.file, "--once", "--quiet", "--data", self.data)
                self.assertEqual(self.sql("SELECT id FROM t ORDER BY id"), rows)
                self.assertEqual(self.sql("SELECT count(*) FROM feed__dead_letter"), [bad])

    def test_what_a_server_says_is_told_on_one_line(self):
        said = b"\x1b[2Jgone\nfor ever\n"
        url = f"http://127.0.0.1:{self.serve(lambda request: (404, {}, said))}/"
        self.collect(url)
        _, err = self.weir("run", self.file, "--once", "--quiet", "--data", self.data, status=1)
        self.assertEqual(err, f"weir run: collect 'feed': GET {url}: the answer is 404: [2Jgone for ever\n")

    def test_a_narrow_terminal_shows_the_whole_trouble(self):
        self.collect("http://127.0.0.1:1/a/rather/long/way")
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 44, 0, 0))
        run = self.start("run", self.file, "--data", self.data, stdin=theirs, stdout=theirs, stderr=theirs,
                         env={**os.environ, "NO_COLOR": "1"})
        os.close(theirs)
        self.addCleanup(os.close, ours)
        wait_until(lambda: b"onnect to server" in self.read_more(ours))
        run.terminate()
        lines = [re.sub(r"\x1b\[[0-9]*[A-Z]", "", line) for line in self.seen.decode().split("\r\n")]
        at = next(i for i, line in enumerate(lines) if line.startswith(" feed: "))
        told = lines[at:at + 4]
        self.assertTrue(all(len(line) <= 44 for line in told), told)
        self.assertIn("Couldn't connect to server", " ".join(line.strip() for line in told))

    seen = b""

    def read_more(self, terminal):
        self.seen += os.read(terminal, 65536)
        return self.seen

    def test_headers_are_for_the_server_of_the_address_alone(self):
        asked = []

        def answer(request):
            host = request.headers["Host"]
            away = f'http://{host.replace(".1", ".2")}'
            asked.append((host.split(":")[0], request.path, request.headers["X-Key"]))
            led = {"/away": {"Link": f'<{away}/b>; rel="next"'}, "/a": {"Link": '</b>; rel="next"'},
                   "/moved": {"Location": f"{away}/there"}, "/near": {"Location": "/a"}}.get(request.path, {})
            return 302 if "Location" in led else 200, led, b'{"id": 1}'

        port = self.serve(answer, "")
        for path, status in (("a", 0), ("away", 1), ("moved", 0), ("near", 0)):
            self.collect(f"http://127.0.0.1:{port}/{path}", "'header.X-Key' = 's', 'format' = 'ndjson'")
            _, err = self.weir("run", self.file, "--once", "--quiet", "--data",
                               self.data + path, status=status)
            if status:
                self.assertIn("at another server, http://127.0.0.2:", err)
        self.assertEqual({(host, key) for host, _, key in asked},
                         {("127.0.0.1", "s"), ("127.0.0.2", None)})
        self.assertEqual({path for host, path, _ in asked if host == "127.0.0.2"}, {"/there"})

    def add_bad_records(self, first, count):
        self.append((), "".join(f"no record but number {i:08d}\n" for i in range(first, first + count)))

    def kept_bad_records(self):
        return [int(row.split()[-1]) for row in
                self.sql("SELECT raw FROM log__dead_letter WHERE raw LIKE 'no record%' ORDER BY position")]

    def test_the_oldest_dead_letters_go_when_there_are_too_many(self):
        """The youngest stay, in about the bytes they may have; those that go are counted, over restarts."""
        limit = ("--set", "dead_letter.retention_bytes=1 MB")
        self.once()
        before = int(self.sql("SELECT count(*) FROM log__dead_letter")[0])
        self.add_bad_records(0, 5000)
        self.once(*limit)
        self.assertEqual(self.kept_bad_records(), list(range(5000)))
        written = 5000
        for _ in range(4):
            self.add_bad_records(written, 3000)
            written += 3000
            out = self.weir(*self.run_args("--once", *limit))[0]
            kept = self.kept_bad_records()
            self.assertEqual(kept, list(range(written - len(kept), written)))
            self.assertLess(4000, len(kept))
            self.assertLess(len(kept), 9500)
            gone = f"{before + written - len(kept):,}"
            if gone != "0":
                self.assertIn(f" log__dead_letter: the oldest {gone} rows are gone "
                              "(dead_letter.retention)\n", out)
        self.assertNotEqual(gone, "0")
        self.assertIn(f" {before + written:,}\n", out)

    def test_dead_letters_go_when_their_time_has_passed(self):
        self.add_bad_records(0, 10)
        self.once()
        self.once("--set", "dead_letter.retention=1 hour")
        self.assertEqual(self.kept_bad_records(), list(range(10)))
        store = sqlite3.connect(os.path.join(self.data, "store.db"))
        with store:
            store.execute("UPDATE log__dead_letter SET received_at = '2020-01-01T00:00:00.000000Z' "
                          "WHERE raw LIKE 'no record%' AND position < (SELECT position FROM "
                          "log__dead_letter WHERE raw LIKE '%00000004')")
        store.close()
        before = int(self.sql("SELECT count(*) FROM log__dead_letter")[0])
        self.once("--set", "dead_letter.retention=1 hour")
        after = int(self.sql("SELECT count(*) FROM log__dead_letter")[0])
        self.assertEqual(self.kept_bad_records(), list(range(4, 10)))
        self.assertEqual(before - after, 4)
        self.assertEqual(self.weir("run", self.file, "--once", "--data", self.data, "--set",
                                   f"in={self.log}")[0].count("the oldest 4 rows are gone"), 1)

    def test_records_without_a_value_are_counted_and_left_out(self):
        """A compacted topic's word that a key is gone is no bad record; as a raw value it is a NULL."""
        values = ('{"id": 1}', None, "no record", None, None, '{"id": 2}')
        with open(self.file, "w", encoding="utf-8") as file:
            file.write("""
                CREATE TABLE j (id BIGINT, p BIGINT) USING kafka
                OPTIONS ('topic' = 'compacted', 'metadata' = 'p = offset');
                CREATE TABLE c (id STRING, p BIGINT) USING kafka
                OPTIONS ('topic' = 'compacted', 'metadata' = 'p = offset', 'format' = 'csv');
                CREATE TABLE r (v STRING, p BIGINT) USING kafka
                OPTIONS ('topic' = 'compacted', 'metadata' = 'p = offset', 'format' = 'raw');
                CREATE STREAMING TABLE oj USING postgres AS SELECT id, p FROM STREAM j;
                CREATE STREAMING TABLE oc USING postgres AS SELECT id, p FROM STREAM c;
                CREATE STREAMING TABLE orr USING postgres AS SELECT v, p FROM STREAM r;""")
        lines = "".join(json.dumps({"key": f"k{i}", "value": v}) + "\n" for i, v in enumerate(values))
        self.topic("create", "compacted")
        for times in (1, 2):
            self.topic("produce", "compacted", "--format", "json", stdin=lines)
            out, _ = self.weir("run", self.file, "--once", "--data", self.data)
            self.assertIn(f" j: {3 * times} records without a value left out\n", out)
            self.assertIn(f" c: {3 * times} records without a value left out\n", out)
            self.assertNotIn(" r: ", out)
        self.assertEqual(self.sql("SELECT id, p FROM oj ORDER BY p"), ["1,0", "2,5", "1,6", "2,11"])
        self.assertEqual(self.sql("SELECT p FROM oc ORDER BY p"), ["0", "2", "5", "6", "8", "11"])
        self.assertEqual(self.sql("SELECT count(*), count(v) FROM orr"), ["12,6"])
        self.assertEqual(self.sql("SELECT raw, position FROM j__dead_letter ORDER BY position"),
                         ["no record,2", "no record,8"])
        for table, count in (("j", 6), ("c", 6), ("r", 12)):  # Those of a batch read, bad ones as NULLs.
            self.assertEqual(self.sql(f"SELECT count(*) FROM {table}"), [str(count)])

    def test_a_record_too_large_for_a_topic_is_a_dead_letter(self):
        with open(self.file, "w", encoding="utf-8") as file:
            file.write("""
                CREATE TABLE log (ts TIMESTAMP, host STRING) USING json OPTIONS ('path' = '${in}');
                CREATE STREAMING TABLE t USING kafka AS SELECT ts, repeat('x', CASE WHEN ts =
                TIMESTAMP'2026-03-01 08:00:02' THEN 17000000 ELSE 1 END) AS x FROM STREAM log;""")
        self.once()
        self.assertEqual(self.sql("SELECT count(*), max(length(x)) FROM t"), ["599,1"])
        self.assertEqual(self.sql("SELECT reason, raw LIKE '%08:00:02Z%' FROM log__dead_letter"), ["too_large,true"])

    def test_a_second_run_on_the_directory_is_refused(self):
        first = self.start(*self.run_args())
        self.assertIn(b"ready", first.stdout.readline())
        _, err = self.once(status=1)
        self.assertEqual(err, f"weir run: the data directory '{self.data}' is in use by process "
                              f"{first.pid}; stop it first, or give another one with --data\n")

    def test_a_missing_file_is_named(self):
        os.remove(self.log)
        _, err = self.once(status=1)
        self.assertEqual(err, f"weir run: read 'log': there is no file or folder '{self.log}'\n")

    def test_a_file_that_shrank_is_told(self):
        self.once()
        os.truncate(self.log, 100)
        _, err = self.once(status=1)
        self.assertIn("files may only grow", err)

    def test_a_file_that_shrinks_while_it_is_read_is_told(self):
        run = self.start(*self.run_args())
        self.assertIn(b"ready", run.stdout.readline())
        wait_until(lambda: self.sql("SELECT count(*) FROM failed") == ["60"])
        os.truncate(self.log, 100)
        self.assertEqual(run.wait(timeout=60), 1)
        self.assertIn(b"is shorter (100 bytes) than what was read of it before", run.stderr.read())

    def test_a_table_of_another_shape_is_told_once(self):
        self.once()
        with open(self.file, "w", encoding="utf-8") as file:
            file.write(PIPELINE.replace("sum(cost) AS cost,", ""))
        _, err = self.once(status=1)
        self.assertEqual(err.count("table 'by_minute'"), 1, err)
        self.assertIn("its column 4 is 'cost', not 'paths'", err)

    def rewrite(self, *changes):
        text = PIPELINE
        for old, new in changes:
            self.assertIn(old, text)
            text = text.replace(old, new)
        with open(self.file, "w", encoding="utf-8") as file:
            file.write(text)

    def test_state_of_another_query_is_refused_with_the_difference(self):
        self.once()
        for old, new, had, has in (
                ("'1 minute'", "'2 minutes'", "window of 1 minute over ts", "window of 2 minutes"),
                ("10 SECONDS", "20 SECONDS", "delay 10 seconds", "delay 20 seconds"),
                ("count(DISTINCT r.path)", "count(r.path)", "count(DISTINCT", "count("),
                ("window(ts, '1 minute'), host;", "window(ts, '1 minute'), r.status, host;",
                 "aggregate by", "aggregate by"),
                ("FROM STREAM log WATERMARK ts DELAY OF INTERVAL 10 SECONDS",
                 "FROM STREAM log WATERMARK ts DELAY OF INTERVAL 10 SECONDS WHERE host <> 'x'",
                 "watermark", "filter")):
            self.rewrite((old, new))
            _, err = self.once(status=1)
            self.assertRegex(err, r"p\.sql:\d+: what flow 'by_minute' remembers belongs to another "
                                  f"query: it had '.*{re.escape(had)}.*', the file now has "
                                  f"'.*{re.escape(has)}.*'; put the old query back")
        self.rewrite()
        self.once()

    def test_state_of_a_join_knows_its_sides_apart(self):
        """Columns of one name: which side's is compared with which."""
        query = """
            CREATE TABLE log (ts TIMESTAMP, host STRING) USING json OPTIONS ('path' = '${in}');
            CREATE STREAMING TABLE t USING postgres TBLPROPERTIES ('unbounded_state' = 'true') AS
            SELECT a.host AS here, b.host AS there
            FROM STREAM log WATERMARK ts DELAY OF INTERVAL 1 SECOND AS a
            JOIN STREAM log WATERMARK ts DELAY OF INTERVAL 1 SECOND AS b
            ON a.ts = b.ts AND a.host < b.host"""
        for order, status in (("a.host < b.host", 0), ("b.host < a.host", 1)):
            with open(self.file, "w", encoding="utf-8") as file:
                file.write(query.replace("a.host < b.host", order))
            _, err = self.once(status=status)
        self.assertRegex(err, r"belongs to another query: it had '.*a\.host < b\.host.*', the file now has "
                              r"'.*b\.host < a\.host")

    def test_what_state_does_not_rest_on_may_change(self):
        self.once()
        self.rewrite(("host, window.start AS", "-- who and when\n  host, window.start\nAS"),
                     ("sum(cost) AS cost", "coalesce(sum(cost), 0) AS cost"),
                     ("FROM STREAM log WATERMARK", "from stream LOG watermark"),
                     ("WHERE r.status >= 500", "WHERE r.status >= 500 AND host <> 'web0'"))
        self.append(range(600, 900))
        self.once()
        with open(self.file, "a", encoding="utf-8") as file:  # It reads another field of the STRUCT.
            file.write("CREATE STREAMING TABLE more USING postgres AS "
                       "SELECT r.status, r.path FROM STREAM log;")
        self.append(range(900, 1200))
        self.once()
        rows = self.sql("SELECT * FROM by_minute ORDER BY host, minute")
        self.data = os.path.join(self.folder, "undisturbed")
        self.rewrite()
        self.once()
        self.assertEqual(rows, self.sql("SELECT * FROM by_minute ORDER BY host, minute"))

    def test_a_flow_that_was_left_out_does_not_go_on_without_its_state(self):
        """The full checkpoint of the runs between does not hold it any more."""
        self.once()
        start = PIPELINE.index("CREATE STREAMING TABLE by_minute")
        end = PIPELINE.index("CREATE STREAMING TABLE failed")
        self.rewrite((PIPELINE[start:end], COUNTS))
        for i in range(600, 3600, 1000):
            self.append(range(i, i + 1000))
            self.once()
        self.rewrite()
        _, err = self.once(status=1)
        self.assertIn("it had 'nothing, since the state went when the flow was not in the file'", err)

    def test_a_row_error_that_stops_the_run_points_at_its_expression(self):
        self.rewrite(("'format' = 'json')\nAS SELECT ts,",
                      "'format' = 'json', 'on_error' = 'fail')\nAS SELECT ts, 1 / (r.status - 500),"))
        _, err = self.once(status=1)
        self.assertIn("flow 'failed': Division by zero.", err)
        self.assertIn("   13 | AS SELECT ts, 1 / (r.status - 500),", err)

    def test_a_damaged_store_is_told(self):
        self.once()
        with open(os.path.join(self.data, "store.db"), "r+b") as store:
            store.write(b"no database at all" * 100)
        for args in (self.run_args("--once"), ["sql", "--data", self.data, "-e", "SHOW TABLES"]):
            _, err = self.weir(*args, status=1)
            self.assertIn("this is not a store", err)

    def test_a_log_that_lost_committed_records_is_told(self):
        self.once()
        os.truncate(os.path.join(self.data, "topics", "failed-0", f"{0:020}.log"), 100)
        _, err = self.once(status=1)
        self.assertIn("records up to offset 60 were committed", err)
        self.assertIn("restore a copy of the whole data directory", err)

    def test_where_no_more_can_be_written_nothing_committed_is_lost(self):
        """A limit on the size of files stands for a full disk."""
        self.append(range(600, 3600))
        limited = subprocess.run(
            [weir.WEIR, *self.run_args("--once", "--quiet")], stderr=subprocess.PIPE, check=False,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (30000, 30000)))
        self.assertNotEqual(limited.returncode, 0)
        self.assertGreater(limited.returncode, 0, "killed by a signal")
        self.once()
        self.assertEqual(self.sql("SELECT count(*) FROM failed"), ["360"])

    def test_a_comparison_writes_to_no_server_that_a_table_names(self):
        rows = os.path.join(self.folder, "given.json")
        path = os.path.join(self.folder, "named.sql")
        out = os.path.join(self.folder, "verify")
        with open(rows, "w", encoding="utf-8") as file:
            file.write('{"id": 1}\n{"id": 2}\n')
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"""
                CREATE TABLE given (id BIGINT) USING json OPTIONS ('path' = '{rows}');
                CREATE STREAMING TABLE kept USING kafka
                TBLPROPERTIES ('kafka.bootstrap.servers' = '127.0.0.1:1')
                AS SELECT id FROM STREAM given;""")
        self.weir("verify", path, "--prepare", "--out", out)
        with open(os.path.join(out, "rows", "once", "kept.json"), encoding="utf-8") as file:
            self.assertIn('"rows":[[1],[2]]', file.read())

    def test_topics_without_their_store_are_not_cut_off(self):
        """A new store knows of no record: all would be."""
        self.once()
        log = os.path.join(self.data, "topics", "failed-0", "0" * 20 + ".log")
        size = os.path.getsize(log)
        store = os.path.join(self.data, "store.db")
        for damage in (lambda: os.truncate(store, 0), lambda: os.remove(store)):
            damage()
            _, err = self.once(status=1)
            self.assertIn("store.db' is missing or empty, but there are records in", err)
            self.assertEqual(os.path.getsize(log), size)

    def test_a_data_directory_that_is_a_file_is_told(self):
        with open(self.data, "w", encoding="utf-8"):
            pass
        _, err = self.once(status=1)
        self.assertEqual(err, f"weir run: data directory '{self.data}': make folder "
                              f"'{self.data}': it is a file, not a folder\n")


if __name__ == "__main__":
    weir.main()
