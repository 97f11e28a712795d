"""weir doctor: what it finds good, what it finds broken, and what it never shows."""

import json
import os

import weir
from weir import WeirTest


class Doctor(WeirTest):
    def doctor(self, *args, status=0, env=None):
        out, _ = self.weir("doctor", "--format", "json", "--data", self.data, *args, status=status,
                           env=env)
        return json.loads(out)

    def finding(self, report, name):
        return next(f for f in report["findings"] if f["name"] == name)

    def setting(self, report, key):
        return next(s for s in report["settings"] if s["key"] == key)

    def test_nothing_is_made_by_looking(self):
        report = self.doctor()
        self.assertFalse(report["broken"])
        self.assertIn("yet", self.finding(report, "data")["text"])
        self.assertEqual(os.listdir(self.folder), [])

    def test_topics_and_the_store_are_told(self):
        self.topic("produce", "t", "--partitions", "2", stdin="a\nb\nc\n")
        report = self.doctor()
        self.assertEqual(report["topics"][0]["records"], 3)
        self.assertIn("readable", self.finding(report, "store")["text"])
        self.assertIn("free", self.finding(report, "lock")["text"])
        text, _ = self.weir("doctor", "--data", self.data)
        self.assertIn("sqlite", text)
        self.assertIn("commit.interval", text)

    def test_who_holds_the_directory_is_told_and_is_not_disturbed(self):
        """By a run, which holds it until it is stopped. (A producer lets it go whenever it rests,
        so whoever waits to see one hold it waits for luck.)"""
        file = os.path.join(self.folder, "p.sql")
        with open(file, "w", encoding="utf-8") as pipeline:
            pipeline.write("SET workers = 1;")
        run = self.start("run", file, "--data", self.data)
        self.assertIn(b"ready", run.stdout.readline())
        self.assertEqual(self.finding(self.doctor(), "lock")["text"],
                         f"held by process {run.pid}, a run, which takes requests")
        run.terminate()
        self.assertEqual(run.wait(), 0, run.stderr.read())
        self.assertIn("free", self.finding(self.doctor(), "lock")["text"])

    def test_a_damaged_store_is_broken(self):
        self.topic("produce", "t", stdin="a\n")
        with open(os.path.join(self.data, "store.db"), "r+b") as store:
            store.write(b"no database at all" * 100)
        report = self.doctor(status=1)
        self.assertTrue(self.finding(report, "store")["broken"])

    def test_a_damaged_topic_is_broken_and_others_are_told(self):
        self.topic("produce", "a", stdin="a\n")
        self.topic("produce", "b", stdin="b\n")
        with open(os.path.join(self.data, "topics", "a-0", "topic.properties"), "a",
                  encoding="utf-8") as file:
            file.write("partitions = many\n")
        report = self.doctor(status=1)
        self.assertTrue(self.finding(report, "topics")["broken"])
        self.assertEqual([topic["topic"] for topic in report["topics"]], ["b"])

    def test_settings_tell_where_they_are_from(self):
        config = os.path.join(self.folder, "weir.conf")
        with open(config, "w", encoding="utf-8") as file:
            file.write("workers = 3\ncommit.interval = 1 second\nfeed = http://x\n")
        env = dict(os.environ, WEIR_COMMIT_INTERVAL="20 ms")
        report = self.doctor("--config", config, "--set", "batch.rows=100", env=env)
        self.assertEqual(self.setting(report, "workers"),
                         {"key": "workers", "value": "3", "from": "--config"})
        self.assertEqual(self.setting(report, "commit.interval"),
                         {"key": "commit.interval", "value": "20 ms", "from": "environment"})
        self.assertEqual(self.setting(report, "batch.rows")["from"], "--set")
        self.assertEqual(self.setting(report, "state.limit")["from"], "default")
        self.assertEqual(self.setting(report, "feed")["value"], "http://x")

    def test_secrets_are_never_shown(self):
        for args in (["--format", "json"], []):
            out, err = self.weir("doctor", *args, "--set", "db.Password=hush1", "--set",
                                 "api_TOKEN=hush2", "--set", "secret.of.mine=hush3", "--set",
                                 "postgres.url=postgresql://me:hush4@host/db", status=1)
            self.assertNotIn("hush", out + err)
            self.assertIn("postgresql://me:***@host/db", out)

    def test_what_this_version_cannot_use_is_broken(self):
        report = self.doctor("--set", "kafka.bootstrap.servers=a:9092", status=1)
        self.assertTrue(self.finding(report, "kafka")["broken"])
        env = dict(os.environ, WEIR_BATCH_ROWS="many")
        report = self.doctor(status=1, env=env)
        self.assertIn("batch.rows", self.finding(report, "settings")["text"])

    def test_the_references_are_printed(self):
        self.assertIn("| `upper` |", self.weir("doctor", "--print-functions")[0])
        self.assertIn("partitions", self.weir("doctor", "--print-options")[0])
        self.assertIn("| `commit.interval` |", self.weir("doctor", "--print-settings")[0])

    def test_wrong_arguments_are_told(self):
        self.weir("doctor", "who", status=2)
        self.weir("doctor", "--format", "xml", status=2)
        self.weir("doctor", "--config", "/no/such/file", status=1)


if __name__ == "__main__":
    weir.main()
