"""What the tests of the command line share: the program, and a data directory of one's own."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

WEIR = None


class WeirTest(unittest.TestCase):
    """Each test has a data directory, self.data, which is removed after it."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="weir-test-cli-")
        self.data = os.path.join(self.folder, "data")
        self.addCleanup(shutil.rmtree, self.folder)

    def start(self, *args, **how):
        """A process that is killed at the end of the test if it still runs."""
        how.setdefault("stdout", subprocess.PIPE)
        how.setdefault("stderr", subprocess.PIPE)
        process = subprocess.Popen([WEIR, *args], **how)
        self.addCleanup(end, process)
        return process

    def weir(self, *args, status=0, stdin=b"", env=None):
        """Runs it to its end; gives (standard output, standard error) as text."""
        if isinstance(stdin, str):
            stdin = stdin.encode()
        done = subprocess.run([WEIR, *args], input=stdin, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=120, env=env, check=False)
        out, err = done.stdout.decode(), done.stderr.decode()
        self.assertEqual(done.returncode, status, f"weir {' '.join(args)}\n{out}\n{err}")
        return out, err

    def topic(self, command, *args, **how):
        return self.weir("topic", command, *args, "--data", self.data, **how)

    def records(self, name, *args):
        """The records of a topic, as weir topic consume --format json tells them."""
        out, _ = self.topic("consume", name, "--format", "json", *args)
        return [json.loads(line) for line in out.splitlines()]

    def values(self, name, *args):
        out, _ = self.topic("consume", name, *args)
        return out.splitlines()


def end(process):
    if process.poll() is None:
        process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe:
            pipe.close()


def wait_until(condition, seconds=500):
    """Gives what the condition gives as soon as it is true. The limit is for what never becomes true:
    a busy machine must not reach it."""
    until = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > until:
            raise AssertionError("it did not become true in time")
        time.sleep(0.01)


def main():
    global WEIR
    WEIR = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=2)
