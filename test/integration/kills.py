"""Kills weir at moments of its work, for tests: how many kills there are does not hang on the clock.

A life of weir is no span of time, for how far it gets in one depends on the machine. Instead the feed
has more records for each life than for the one before, so that there is always something to be done,
and weir, which waits for more when it has done it, never ends by itself. It is killed (SIGKILL) a moment
after a stage of the work has gone on, as its store tells, each stage as often as the others.
"""
import contextlib
import json
import pathlib
import random
import re
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable

FAULTS = ["--late", "0.01", "--duplicate", "0.01", "--malformed", "0.01", "--invalid", "0.01"]


class Feed:
    """The data-generation API with a finite number of orders, faults among them."""

    def __init__(self, program: str, rows: int):
        self.program = program
        self.rows = rows
        self.address = self.start("127.0.0.1:0", rows)

    def start(self, listen: str, rows: int) -> str:
        self.process = subprocess.Popen(
            [self.program, "generate", "--listen", listen, "--unpaced", "--total", str(rows), "--rate", "50", *FAULTS],
            stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        match = re.search(r"listening on (\S+)", line)
        assert match, f"the data-generation API did not start: {line!r}"
        return match[1]

    def serve(self, rows: int) -> None:
        """From now on there are so many at the same address."""
        self.close()
        self.start(self.address.removeprefix("http://"), rows)

    def answers(self) -> dict:
        done = subprocess.run(
            [self.program, "generate", "orders", "--answers", "--count", str(self.rows), "--rate", "50", *FAULTS],
            capture_output=True, text=True, check=True)
        return json.loads(done.stdout, parse_float=str)

    def close(self) -> None:
        self.process.terminate()
        self.process.wait()


# How far the work is, by stage: sums over the store's notes. What outboxes deliver comes last.
STAGES = {
    "collected": "kind = 'counter' AND part = 'records'",
    "committed": "kind = 'position' AND part LIKE '%/%'",
    "delivered": "kind = 'position' AND part = 'delivered_bytes'",
}
WRITTEN = "kind = 'position' AND part = 'written_bytes'"


def noted(data: pathlib.Path, condition: str) -> int:
    """The sum of these notes in the store of a data directory, weir running or not; 0: there is none yet."""
    try:
        with contextlib.closing(sqlite3.connect(f"file:{data}/store.db?mode=ro", uri=True)) as db:
            return db.execute(f"SELECT sum(value) FROM weir_meta WHERE {condition}").fetchone()[0] or 0
    except sqlite3.OperationalError:
        return 0


def kill_often(command: list[str], data: pathlib.Path, feed: Feed, kills: int, dice: random.Random,
               stages: list[str] | None = None, disturb: Callable[[int], bool] = lambda kill: False) -> None:
    """Starts weir (a command without --drain) and kills it, `kills` times; the feed has all its records
    afterwards. disturb(n) may do something else to it at the moment of kill n; true: it may have ended with
    status 3 thereby (a server was away before its tables were made), which is no kill."""
    done = delivering = 0
    deck: list[str] = []
    after = {stage: 0 for stage in ["the start", *(stages or STAGES)]}
    while done < kills:
        feed.serve(feed.rows * (done + 1) // (kills + 1))
        if not deck:
            deck = dice.sample(list(after), len(after))
        stage = deck.pop()
        before = noted(data, STAGES.get(stage, "false"))
        # No limit that a busy machine breaks: a stage that does not move (nothing is emitted now, say) is not waited
        # for longer, and weir is killed all the same.
        patience_end = time.monotonic() + 20
        process = subprocess.Popen(command)
        try:
            while (stage in STAGES and process.poll() is None and time.monotonic() < patience_end and
                   noted(data, STAGES[stage]) <= before):
                time.sleep(0.005)
            time.sleep(dice.uniform(0, 0.2))
            may_end = disturb(done)
        finally:
            status = process.poll()
            process.send_signal(signal.SIGKILL)
            process.wait()
        if status is not None:
            assert may_end and status == 3, f"weir ended with status {status} after {done} kills"
            continue
        done += 1
        after[stage] += 1
        delivering += noted(data, WRITTEN) > noted(data, STAGES["delivered"])
    feed.serve(feed.rows)
    print(f"weir killed {done} times: {', '.join(f'{count} after {stage}' for stage, count in after.items())}; "
          f"{delivering} times with epochs in an outbox", flush=True)
