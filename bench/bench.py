#!/usr/bin/env python3
"""Measures weir end to end: events a second a core, start-up time, resident memory.

usage: bench.py WEIR [--nexmark] [--events N] [--runs N] [--only NAME]

Each pipeline of bench/pipelines (with --nexmark: of examples/nexmark, q0 to q22) reads the same topic of Nexmark events as JSON, made once, with one
worker and --once. A run is counted from start to exit; what an empty topic costs is taken off as
start-up. CPU seconds are those of the whole process (user and system), the committer's included.
The median of the runs is shown.
"""
import argparse
import os
import pathlib
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
NEXMARK = HERE.parent / "examples" / "nexmark"
GENERATOR = re.compile(r"USING nexmark OPTIONS \(.*?\)")


def timed(command: list) -> tuple:
    """Wall seconds, CPU seconds, peak resident MB of one command."""
    began = time.monotonic()
    process = subprocess.Popen(command)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - began
    if status != 0:
        raise SystemExit(f"{' '.join(map(str, command))}: status {status}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def run_pipeline(weir: str, sql: pathlib.Path, topics: pathlib.Path, runs: int) -> tuple:
    results = []
    for _ in range(runs):
        data = topics.parent / "run"
        shutil.rmtree(data, ignore_errors=True)
        shutil.copytree(topics, data)
        command = [weir, "run", str(sql), "--once", "--quiet", "--workers", "1", "--data", str(data)]
        if "${files}" in sql.read_text(encoding="utf-8"):
            command += ["--set", f"files={data}/files"]
        results.append(timed(command))
        shutil.rmtree(data)
    return tuple(statistics.median(column) for column in zip(*results))


def pipelines(nexmark: bool, only: list, folder: pathlib.Path) -> list:
    """The files to run; Nexmark's read the topic instead of the generator."""
    files = sorted((NEXMARK if nexmark else HERE / "pipelines").glob("*.sql"),
                   key=lambda file: (len(file.stem), file.stem))
    files = [file for file in files if not only or file.stem in only]
    for i, file in enumerate(files if nexmark else []):
        text, count = GENERATOR.subn("USING kafka OPTIONS ('topic' = 'events')",
                                     file.read_text(encoding="utf-8"))
        if count != 1:
            raise SystemExit(f"{file}: no table USING nexmark")
        text = re.sub(r"^SET events = .*\n", "", text, flags=re.M)  # The generator's.
        files[i] = folder / file.name
        files[i].write_text(text, encoding="utf-8")
    return files


def measure_rest(weir: str, folder: pathlib.Path) -> tuple:
    """Milliseconds until ready, and resident MB at rest, of an empty pipeline."""
    sql = folder / "empty.sql"
    sql.write_text("-- Nothing.\n", encoding="utf-8")
    ready, resident = [], []
    for _ in range(5):
        shutil.rmtree(folder / "empty", ignore_errors=True)
        began = time.monotonic()
        process = subprocess.Popen([weir, "run", str(sql), "--data", str(folder / "empty")],
                                   stdout=subprocess.PIPE, text=True)
        process.stdout.readline()
        ready.append((time.monotonic() - began) * 1000)
        time.sleep(1)
        status = pathlib.Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
        resident.append(int(status.split("VmRSS:")[1].split()[0]) / 1024)
        process.send_signal(signal.SIGTERM)
        process.wait()
    return statistics.median(ready), statistics.median(resident)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weir")
    parser.add_argument("--events", type=int, default=4_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", action="append")
    parser.add_argument("--nexmark", action="store_true")
    options = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="weir-bench-"))
    try:
        full, empty = folder / "full", folder / "none"
        for data, count in ((full, options.events), (empty, 1)):
            subprocess.run([options.weir, "generate", "nexmark", "--count", str(count), "--topic",
                            "events", "--data", str(data)], check=True,
                           stdout=subprocess.DEVNULL)
        print(f"{options.events:,} Nexmark events, JSON in a topic, one worker, median of "
              f"{options.runs}\n")
        print(f"{'pipeline':<10} {'wall s':>8} {'CPU s':>8} {'events/s':>12} {'events/CPU-s':>13} "
              f"{'peak MB':>8}")
        for sql in pipelines(options.nexmark, options.only, folder):
            base = run_pipeline(options.weir, sql, empty, options.runs)
            wall, cpu, peak = run_pipeline(options.weir, sql, full, options.runs)
            print(f"{sql.stem:<10} {wall:>8.2f} {cpu:>8.2f} "
                  f"{options.events / (wall - base[0]):>12,.0f} "
                  f"{options.events / (cpu - base[1]):>13,.0f} {peak:>8.0f}", flush=True)
        if options.nexmark or options.only:
            return 0
        ready, resident = measure_rest(options.weir, folder)
        print(f"\nempty pipeline: ready in {ready:.1f} ms, {resident:.1f} MB at rest")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
