"""weir topic: create, produce, consume, describe, delete, while nothing runs and beside a run."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import time

import weir
from weir import WeirTest, wait_until


class Topics(WeirTest):
    def test_what_is_produced_is_consumed_in_its_order(self):
        lines = [f"line {i} äöü" for i in range(2000)]
        _, err = self.topic("produce", "t", stdin="\n".join(lines) + "\n")
        self.assertIn("2000 records written to topic 't'", err)
        self.assertEqual(self.values("t"), lines)

    def test_a_last_line_without_line_end_is_a_record_and_blank_lines_are_none(self):
        self.topic("produce", "t", stdin="a\n\n  \r\nb\r\nc")
        self.assertEqual(self.values("t"), ["a", "b", "c"])

    def test_a_key_out_of_a_field_decides_the_partition(self):
        lines = [json.dumps({"id": i, "who": f"w{i % 7}"}) for i in range(200)]
        self.topic("produce", "t", "--key", "who", "--partitions", "4", stdin="\n".join(lines))
        where = {}
        for record in self.records("t"):
            self.assertEqual(record["key"], json.loads(record["value"])["who"])
            where.setdefault(record["key"], set()).add(record["partition"])
        self.assertEqual(len(where), 7)
        self.assertTrue(all(len(partitions) == 1 for partitions in where.values()))
        self.assertGreater(len(set.union(*where.values())), 1)

    def test_numbers_are_keys_and_what_has_no_such_field_has_no_key(self):
        self.topic("produce", "t", "--key", "k",
                   stdin='{"k":12}\n{"k":null}\n{"x":1}\nno json\n{"k":"a\\"b"}\n')
        self.assertEqual([record["key"] for record in self.records("t")],
                         ["12", None, None, None, 'a"b'])

    def test_a_key_before_a_separator(self):
        self.topic("produce", "t", "--key-separator", "=>", stdin="a=>1\n=>2\nb=>c=>d\n")
        self.assertEqual([(r["key"], r["value"]) for r in self.records("t")],
                         [("a", "1"), ("", "2"), ("b", "c=>d")])

    def test_a_wrong_line_is_named_and_those_before_it_are_written(self):
        _, err = self.topic("produce", "t", "--key-separator", "=", status=1,
                            stdin="a=1\n\nb=2\nnothing\nc=3\n")
        self.assertIn("line 4", err)
        self.assertIn("2 records written", err)
        self.assertEqual(self.values("t"), ["1", "2"])

    def test_json_out_of_one_topic_goes_into_another_unchanged(self):
        self.topic("produce", "a", "--key-separator", ":", "--partitions", "3",
                   stdin=b"k:\x01\xff\x00end\n" + "".join(f"{i}:v{i}\n" for i in range(50)).encode())
        out, _ = self.topic("consume", "a", "--format", "json")
        self.topic("produce", "b", "--format", "json", "--partitions", "3", stdin=out)
        self.assertEqual(self.topic("consume", "b", "--format", "json")[0], out)
        self.assertIn('"value_hex":"01ff00656e64"', out)

    def test_json_that_is_no_record_is_refused(self):
        for line in ["[]", "{", '{"value":1}', '{"value_hex":"0g"}', '{"timestamp":"soon"}']:
            _, err = self.topic("produce", "t", "--format", "json", stdin=line, status=1)
            self.assertIn("line 1: ", err)

    def test_reading_starts_where_it_is_told(self):
        self.topic("produce", "t", stdin="\n".join(f"v{i}" for i in range(10)))
        time.sleep(0.01)
        self.topic("produce", "t", stdin="late1\nlate2")
        late = self.records("t")[10]["timestamp"]
        self.assertEqual(self.values("t", "--from", "8"), ["v8", "v9", "late1", "late2"])
        self.assertEqual(self.values("t", "--from", late), ["late1", "late2"])
        self.assertEqual(self.values("t", "--from", "2999-01-01 00:00:00"), [])
        self.assertEqual(self.values("t", "--from", "latest"), [])
        self.assertEqual(self.values("t", "--from", "400"), [])
        self.assertEqual(self.values("t", "--count", "3"), ["v0", "v1", "v2"])
        self.assertEqual(self.values("t", "--count", "0"), [])

    def test_one_partition_alone(self):
        self.topic("produce", "t", "--partitions", "2", stdin="a\nb\nc\nd\n")
        self.assertEqual(self.values("t", "--partition", "1"), ["b", "d"])
        _, err = self.topic("consume", "t", "--partition", "2", status=1)
        self.assertIn("has no partition 2", err)

    def test_describe_and_list_count_what_is_there(self):
        self.topic("create", "empty", "--partitions", "3", "--retention", "7 days",
                   "--compression", "zstd")
        self.topic("produce", "t", "--partitions", "2", stdin="a\nb\nc\n")
        topics = {t["topic"]: t
                  for t in map(json.loads, self.topic("list", "--format", "json")[0].splitlines())}
        self.assertEqual(topics["empty"]["partitions"], 3)
        self.assertEqual(topics["t"]["records"], 3)
        described = json.loads(self.topic("describe", "t", "--format", "json")[0])
        self.assertEqual([p["end"] for p in described["partitions"]], [2, 1])
        self.assertEqual(described["bytes"], sum(p["bytes"] for p in described["partitions"]))
        empty = json.loads(self.topic("describe", "empty", "--format", "json")[0])
        self.assertEqual((empty["retention_ms"], empty["compression"]), (7 * 86400000, "zstd"))
        self.assertIn("total", self.topic("describe", "t")[0])
        self.assertIn("empty", self.topic("list")[0])

    def test_a_deleted_topic_is_gone_and_a_new_one_begins_at_zero(self):
        self.topic("produce", "t", stdin="a\nb\n")
        self.topic("delete", "t", status=2)
        self.topic("delete", "t", "--yes")
        self.topic("consume", "t", status=1)
        self.topic("delete", "t", "--yes", status=1)
        self.topic("produce", "t", stdin="c\n")
        self.assertEqual([(r["offset"], r["value"]) for r in self.records("t")], [(0, "c")])

    def test_a_deleted_data_directory_is_not_made_by_asking(self):
        for command in (["list"], ["describe", "t"], ["consume", "t"], ["delete", "t", "--yes"]):
            self.topic(*command, status=1)
            self.assertFalse(os.path.exists(self.data))

    def test_wrong_arguments_are_told(self):
        self.topic("create", "t")
        for args, text in [
                (["create", "t"], "exists already"),
                (["create", "bad/name"], "no topic name"),
                (["consume", "t", "--from", "soon"], "--from is"),
                (["consume", "t", "--format", "xml"], "--format is"),
                (["consume"], "NAME is missing"),
                (["consume", "t", "u"], "one too many"),
                (["create", "u", "--partitions", "0"], "--partitions takes"),
                (["create", "u", "--retention", "long"], "--retention"),
                (["produce", "t", "--key", "a", "--key-separator", "b"], "one of"),
                (["produce", "t", "--partition", "3"], "did you mean --partitions"),
        ]:
            out, err = self.topic(*args, status=1 if args[0] == "create" and len(args) == 2 else 2)
            self.assertIn(text, err)
            self.assertEqual(out, "")
        self.assertIn("there is no command", self.weir("topic", "made", status=2)[1])

    def test_internal_topics_are_not_for_producers(self):
        _, err = self.topic("produce", "_collected.feed", stdin="x\n", status=1)
        self.assertIn("internal topic", err)

    def test_a_connection_to_a_real_kafka_is_not_silently_ignored(self):
        _, err = self.topic("produce", "t", "--set", "kafka.bootstrap.servers=127.0.0.1:1",
                            stdin="x\n", status=3)
        self.assertIn("Kafka at 127.0.0.1:1", err)

    def test_followers_see_records_as_they_are_committed_and_end_at_ctrl_c(self):
        self.topic("produce", "t", stdin="a\n")
        follower = self.start("topic", "consume", "t", "--follow", "--data", self.data)
        self.assertEqual(follower.stdout.readline(), b"a\n")
        self.topic("produce", "t", stdin="b\n")
        self.assertEqual(follower.stdout.readline(), b"b\n")
        follower.send_signal(signal.SIGINT)
        self.assertEqual(follower.wait(), 0)

    def test_following_ends_after_count(self):
        follower = None
        self.topic("create", "t")
        follower = self.start("topic", "consume", "t", "--follow", "--count", "2", "--data",
                              self.data)
        self.topic("produce", "t", stdin="a\nb\nc\n")
        self.assertEqual(follower.communicate(timeout=30)[0], b"a\nb\n")

    def test_a_producer_that_rests_lets_others_write(self):
        first = self.start("topic", "produce", "t", "--data", self.data, stdin=subprocess.PIPE)
        first.stdin.write(b"a\n")
        first.stdin.flush()
        made = os.path.join(self.data, "topics", "t-0", "topic.properties")
        wait_until(lambda: os.path.exists(made) and self.values("t") == ["a"])
        self.topic("produce", "t", stdin="b\n")
        first.stdin.write(b"c\n")
        first.stdin.flush()
        wait_until(lambda: self.values("t") == ["a", "b", "c"])
        first.stdin.close()
        self.assertEqual(first.wait(), 0)

    def test_a_killed_producer_loses_nothing_it_was_told_of_and_leaves_whole_chunks(self):
        self.topic("create", "t")
        each = 400000
        kept = 0
        for round_ in range(40):
            generator = self.start("generate", "orders", "--count", str(each), "--from",
                                   str(round_ * each), "--topic", "t", "--data", self.data)
            time.sleep(0.04 * 1.15 ** round_)
            generator.kill()
            generator.wait()
            ids = [json.loads(value)["order_id"] for value in self.values("t", "--from", str(kept))]
            self.assertEqual(ids, list(range(round_ * each, round_ * each + len(ids))))
            kept += len(ids)
            if round_ >= 6 and 0 < len(ids) < each:
                return
        self.fail("no producer was killed in the middle")

    def test_generate_keys_its_records(self):
        _, err = self.weir("generate", "orders", "--count", "500", "--topic", "t", "--partitions",
                           "4", "--data", self.data)
        self.assertIn("500 records written", err)
        records = self.records("t")
        self.assertTrue(all(r["key"] == str(json.loads(r["value"])["customer_id"])
                            for r in records))
        self.weir("generate", "orders", "--count", "5", "--topic", "u", "--key", "category",
                  "--data", self.data)
        self.assertTrue(all(r["key"] == json.loads(r["value"])["category"]
                            for r in self.records("u")))
        self.weir("generate", "nexmark", "--count", "5", "--topic", "n", "--data", self.data)
        self.assertEqual({r["key"] for r in self.records("n")}, {None})
        out, _ = self.weir("generate", "orders", "--count", "500")
        self.assertEqual(sorted(r["value"] for r in records), sorted(out.splitlines()))


PIPELINE = """
CREATE TABLE orders (order_id BIGINT, customer_id BIGINT, price DECIMAL(10,2))
USING kafka OPTIONS ('topic' = 'orders', 'format' = 'json', 'partitions' = '2');
CREATE STREAMING TABLE copies USING cassandra TBLPROPERTIES ('primary_key' = 'order_id')
AS SELECT order_id, price FROM STREAM orders;
CREATE STREAMING TABLE dear USING kafka
TBLPROPERTIES ('topic' = 'dear', 'key' = 'order_id', 'format' = 'json', 'partitions' = '3')
AS SELECT order_id, price FROM STREAM orders WHERE price > 100;
"""


class BesideARun(WeirTest):
    def setUp(self):
        super().setUp()
        self.pipeline = os.path.join(self.folder, "pipeline.sql")
        with open(self.pipeline, "w", encoding="utf-8") as file:
            file.write(PIPELINE)

    def run_pipeline(self, *args):
        """A run that takes requests."""
        run = self.start("run", self.pipeline, "--data", self.data, "--listen", "off", "--quiet",
                         *args, stdout=subprocess.DEVNULL)
        socket = os.path.join(self.data, "socket")

        def listens():
            self.assertIsNone(run.poll(), run.poll() is not None and run.stderr.read())
            return os.path.exists(socket)
        wait_until(listens)
        return run

    def stop(self, run):
        run.send_signal(signal.SIGINT)
        self.assertEqual(run.wait(), 0)

    def rows(self, table):
        store = sqlite3.connect(f"file:{self.data}/store.db?mode=ro", uri=True)
        try:
            return [row[0] for row in store.execute(f"SELECT order_id FROM {table} ORDER BY 1")]
        finally:
            store.close()

    def test_what_is_produced_through_a_run_is_read_by_its_flows(self):
        run = self.run_pipeline()
        self.weir("generate", "orders", "--count", "5000", "--topic", "orders", "--data", self.data)
        self.assertEqual(len(self.records("orders")), 5000)
        wait_until(lambda: self.rows("copies") == list(range(5000)))
        self.stop(run)
        self.assertFalse(os.path.exists(os.path.join(self.data, "socket")))

    def test_flows_and_producers_share_a_topic(self):
        run = self.run_pipeline()
        producer = self.start("generate", "orders", "--count", "50000", "--topic", "orders",
                              "--data", self.data)
        for i in range(20):
            self.topic("produce", "dear", "--key", "order_id", stdin=json.dumps({"order_id": -1 - i}))
        self.assertEqual(producer.wait(), 0)
        wait_until(lambda: len(self.rows("copies")) == 50000)
        self.stop(run)
        ids = [json.loads(value)["order_id"] for value in self.values("dear")]
        orders = [json.loads(value) for value in self.values("orders")]
        dear = [order["order_id"] for order in orders if order["price"] > 100]
        self.assertEqual(sorted(ids), sorted(dear + list(range(-20, 0))))

    def test_topics_are_made_but_not_deleted_beside_a_run(self):
        run = self.run_pipeline()
        self.topic("create", "other", "--partitions", "5")
        self.topic("create", "other", status=1)
        self.topic("produce", "new", "--partitions", "2", stdin="a\nb\n")
        self.assertEqual(self.values("new"), ["a", "b"])
        _, err = self.topic("delete", "other", "--yes", status=1)
        self.assertIn(f"in use by process {run.pid}", err)
        _, err = self.topic("produce", "_collected.x", stdin="x\n", status=1)
        self.assertIn("internal", err)
        self.stop(run)
        self.topic("delete", "other", "--yes")

    def test_a_producer_goes_on_when_a_run_ends_and_when_one_begins(self):
        producer = self.start("topic", "produce", "orders", "--partitions", "2", "--data",
                              self.data, stdin=subprocess.PIPE)
        sent = 0
        for run in (None, self.run_pipeline, None, self.run_pipeline):
            running = run() if run else None
            producer.stdin.write(b'{"order_id":%d}\n' % sent)
            producer.stdin.flush()
            sent += 1
            made = os.path.join(self.data, "topics", "orders-0", "topic.properties")
            wait_until(lambda: os.path.exists(made) and len(self.values("orders")) == sent)
            if running:
                wait_until(lambda: self.rows("copies") == list(range(sent)))
                self.stop(running)
            time.sleep(1.2)  # The producer lets the directory go.
        producer.stdin.close()
        self.assertEqual(producer.wait(), 0)

    def test_a_killed_run_holds_what_was_acknowledged_once(self):
        sent = 0
        for round_ in range(6):
            run = self.run_pipeline("--set", "commit.interval=20 ms")
            producer = self.start("generate", "orders", "--from", str(sent), "--count", "100000",
                                  "--topic", "orders", "--data", self.data)
            time.sleep(0.02 + 0.02 * round_)
            run.kill()
            run.wait()
            # It says how many are acknowledged; or, between two requests, goes on alone.
            _, err = producer.communicate(timeout=120)
            told = int(re.search(rb"(\d+) records? written", err).group(1))
            ids = sorted(json.loads(value)["order_id"] for value in self.values("orders"))
            self.assertEqual(ids, list(range(len(ids))))
            self.assertGreaterEqual(len(ids), sent + told)
            sent = len(ids)
        run = self.run_pipeline()
        wait_until(lambda: self.rows("copies")[-1:] == [sent - 1], 120)
        self.stop(run)
        self.assertEqual(self.rows("copies"), list(range(sent)))


if __name__ == "__main__":
    weir.main()
