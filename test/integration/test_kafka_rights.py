#!/usr/bin/env python3
"""weir with a login of a real Apache Kafka that lacks rights: which one is told, and nothing is lost.

usage: test_kafka_rights.py WEIR [TEST...]

The login is `guest` of script/services' kafka, which has none but those that a test gives it.
"""
import pathlib
import signal
import sys
import tempfile
import time

import kafka_service as kafka
import test_kafka

SERVICE = "kafka"
TOPIC_WORDS = "needs the rights Describe and Read, to write also Write, on the topic"
GROUP_WORDS = "needs the right Read on the consumer groups whose names begin with 'weir-'"
TRANSACTION_WORDS = "needs the rights Describe and Write on the transactional ids that begin with 'weir-'"


class Rights(test_kafka.Test):
    def __init__(self, weir: str, folder: pathlib.Path):
        super().__init__(weir, SERVICE, folder)
        self.prefix = f"r{self.prefix}"
        self.given: list[tuple] = []
        guest = {"bootstrap.servers": kafka.told(SERVICE, "secure"),
                 "security.protocol": "SASL_SSL", "sasl.mechanism": "PLAIN", "sasl.username": "guest",
                 "sasl.password": "guest-secret", "ssl.ca.location": kafka.folder(SERVICE) + "/tls/ca.pem"}
        self.guest = [part for key, value in guest.items() for part in ("--set", f"kafka.{key}={value}")]

    # ── helpers ───────────────────────────────────────────────────────────────────────────────────

    def acl(self, how: str, *resource: str) -> None:
        kafka.tool(SERVICE, "org.apache.kafka.tools.AclCommand", how, "--allow-principal", "User:guest",
                   *resource, *(["--force"] if how == "--remove" else []))

    def give(self, *resource: str) -> None:
        self.given.append(resource)
        self.acl("--add", *resource)

    def take(self, *resource: str) -> None:
        self.acl("--remove", *resource)

    def take_all(self) -> None:
        while self.given:
            self.take(*self.given.pop())

    @staticmethod
    def on_topic(topic: str, *operations: str) -> list:
        return ["--topic", topic] + [part for each in operations for part in ("--operation", each)]

    # Of what weir names itself.
    GROUPS = ["--group", "weir-", "--resource-pattern-type", "prefixed", "--operation", "Read"]
    TRANSACTIONS = ["--transactional-id", "weir-", "--resource-pattern-type", "prefixed",
                    "--operation", "Describe", "--operation", "Write"]

    def feed(self, topic: str, start: int, count: int) -> None:
        self.run("generate", "orders", "--from", str(start), "--count", str(count), "--topic", topic, *self.real)

    def ends_with(self, run, *words: str) -> None:
        """It ends by itself, and says what is missing."""
        status = run.wait(timeout=90)
        told = run.stderr.read()
        assert status == 1, (status, told)
        assert all(each in told for each in words), told

    # ── tests ─────────────────────────────────────────────────────────────────────────────────────

    def each_right_that_is_missing_is_named(self) -> None:
        source, target = self.topic("in", 1), self.topic("out", 1)
        sql = self.copy_pipeline("missing", source, target)
        self.feed(source, 0, 100)

        def refused(*words: str) -> None:
            began = time.monotonic()
            _, err = self.run("run", sql, "--once", "--quiet", "--data", self.data("missing"), *self.guest,
                              status=1)
            assert all(each in err for each in words), err
            assert time.monotonic() - began < 30, "it is no outage: waiting does not help"
            assert not kafka.records(SERVICE, target), "nothing is written"

        refused(f"topic '{target}'", TOPIC_WORDS)
        self.give(*self.on_topic(target, "Describe"))
        refused(f"topic '{source}'", TOPIC_WORDS)
        self.give(*self.on_topic(source, "Describe"))
        refused(f"topic '{source}'", TOPIC_WORDS)
        self.give(*self.on_topic(source, "Read"))
        refused(f"topic '{target}'", TRANSACTION_WORDS)
        self.give(*self.TRANSACTIONS)
        refused(f"topic '{target}'", GROUP_WORDS)
        self.give(*self.GROUPS)
        refused(f"topic '{target}'", TOPIC_WORDS)
        self.give(*self.on_topic(target, "Read"))
        refused(f"topic '{target}'", TOPIC_WORDS)
        self.give(*self.on_topic(target, "Write"))
        self.run("run", sql, "--once", "--quiet", "--data", self.data("missing"), *self.guest)
        self.check_copy(target, list(range(100)), "rights given one by one")

    def a_right_taken_away_while_it_runs_ends_the_run_and_loses_nothing(self) -> None:
        source, target = self.topic("live-in", 1), self.topic("live-out", 1)
        sql = self.copy_pipeline("live", source, target)
        command = ["run", sql, "--quiet", "--data", self.data("live"), *self.guest]
        rights = [(self.on_topic(source, "Read"), f"topic '{source}'", TOPIC_WORDS),
                  (self.on_topic(target, "Read", "Write"), f"topic '{target}'", TOPIC_WORDS),
                  (self.TRANSACTIONS, f"topic '{target}'", TRANSACTION_WORDS),
                  (self.GROUPS, f"topic '{target}'", GROUP_WORDS)]
        for right, _, _ in rights:
            self.give(*right)
        count = 0
        for right, place, words in rights:
            run = self.start(*command)
            self.feed(source, count, 100)
            count += 100
            self.wait_until("records", lambda: len(kafka.records(SERVICE, target)) >= count
                            or run.poll() is not None)
            assert run.poll() is None, run.stderr.read()
            self.take(*right)
            self.feed(source, count, 100)
            count += 100
            self.ends_with(run, place, words)
            self.give(*right)
        self.run(*command[:2], "--once", *command[2:])
        self.check_copy(target, list(range(count)), "rights taken away")

    def a_source_needs_no_right_on_its_group(self) -> None:
        """Then the lag is not shown, and that is all."""
        source = self.topic("groupless", 1)
        self.feed(source, 0, 100)
        self.give(*self.on_topic(source, "Read"))
        sql = self.pipeline("groupless", f"""
CREATE TABLE o ({test_kafka.ORDER_COLUMNS}) USING kafka OPTIONS ('topic' = '{source}');
CREATE STREAMING TABLE kept USING postgres AS SELECT order_id FROM STREAM o;
""")
        data = self.data("groupless")
        self.run("run", sql, "--once", "--quiet", "--data", data, *self.guest)
        run = self.start("run", sql, "--quiet", "--data", data, *self.guest)
        self.feed(source, 100, 100)
        self.wait_until("rows", lambda: run.poll() is not None or self.rows(
            data, "SELECT count(*) FROM kept")[0] in ([200], ["200"]))
        assert run.poll() is None, run.stderr.read()
        run.send_signal(signal.SIGINT)
        assert run.wait(timeout=30) == 0, run.stderr.read()

    def a_topic_that_may_not_be_made_is_told_of(self) -> None:
        sql = self.copy_pipeline("make", self.prefix + "make-in", self.prefix + "make-out")
        self.give("--topic", self.prefix, "--resource-pattern-type", "prefixed", "--operation", "Describe")
        _, err = self.run("run", sql, "--once", "--quiet", "--data", self.data("make"), *self.guest, status=1)
        assert f"topic '{self.prefix}make-out' cannot be made" in err and "Create" in err, err

    def commands_tell_it_too(self) -> None:
        topic = self.topic("commands", 1)
        self.feed(topic, 0, 10)
        for command in (["consume", topic], ["describe", topic], ["delete", topic, "--yes"],
                        ["create", topic + "-2"], ["produce", topic]):
            _, err = self.run("topic", *command, *self.guest, status=1, stdin="{}\n")
            assert "uthorization failed" in err and "needs the right" in err, (command, err)
        out, _ = self.run("topic", "list", *self.guest)
        assert topic not in out, out
        out, _ = self.run("doctor", "--data", self.data("none"), *self.guest)
        assert "kafka" in out, out


def main() -> int:
    kafka.need(SERVICE)
    with tempfile.TemporaryDirectory(prefix="weir-rights-") as folder:
        test = Rights(sys.argv[1], pathlib.Path(folder))
        failures = kafka.run_each((test.each_right_that_is_missing_is_named,
                                   test.a_right_taken_away_while_it_runs_ends_the_run_and_loses_nothing,
                                   test.a_source_needs_no_right_on_its_group,
                                   test.a_topic_that_may_not_be_made_is_told_of,
                                   test.commands_tell_it_too), sys.argv[2:], test.take_all)
        test.remove_topics()
    return failures != 0


if __name__ == "__main__":
    sys.exit(main())
