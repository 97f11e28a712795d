"""The real servers of script/services, for tests: settings, shells, stopping and starting.

A test that needs a server calls need("postgres"): where script/services did not start it, the test
is skipped with a line that says so (exit status 77, as meson understands it).
"""
import contextlib
import os
import re
import subprocess
import sys
import urllib.parse

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def conf_path() -> str:
    return os.environ.get("WEIR_SERVICES_CONF", os.path.join(ROOT, "services.conf"))


def conf() -> dict[str, str]:
    """The settings of services.conf; empty where there is none."""
    found: dict[str, str] = {}
    try:
        with open(conf_path(), encoding="utf-8") as file:
            for line in file:
                match = re.match(r"\s*([^#=\s]+)\s*=\s*(.*?)\s*$", line)
                if match:
                    found[match[1]] = match[2]
    except FileNotFoundError:
        pass
    return found


KEYS = {"postgres": "postgres.url", "kafka": "kafka.bootstrap.servers",
        "cassandra": "cassandra.contact.points"}


def need(*services: str) -> None:
    for service in services:
        if KEYS[service] not in conf():
            print(f"skipped: {service} does not run; start it with: script/services up {service}")
            sys.exit(77)


def service(command: str, *names: str) -> None:
    """script/services: up, down, kill."""
    subprocess.run([os.path.join(ROOT, "script", "services"), command, *names], check=True,
                   stdout=subprocess.DEVNULL)


@contextlib.contextmanager
def started(name: str):
    """A service for the time of a test: of those that are not up by themselves (three nodes each). One that ran before
    goes on running; else its data are removed afterwards."""
    running = subprocess.run([os.path.join(ROOT, "script", "services"), "status", name],
                             capture_output=True, text=True, check=True).stdout
    was_up = f"{name} up" in " ".join(running.split())
    try:
        if not was_up:
            service("up", name)
        yield
    finally:
        if not was_up:
            service("clean", name)


def postgres_environment() -> dict[str, str]:
    """For psql and libpq: where the server is, and the password."""
    settings = conf()
    url = urllib.parse.urlsplit(settings["postgres.url"])
    with open(settings["postgres.password.file"], encoding="utf-8") as file:
        password = file.read().strip()
    return {**os.environ, "PGHOST": url.hostname or "", "PGPORT": str(url.port),
            "PGUSER": url.username or "", "PGDATABASE": url.path.lstrip("/"),
            "PGPASSWORD": password}


def psql(sql: str) -> str:
    """What psql prints, without headings; columns separated by |."""
    done = subprocess.run(["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", sql],
                          env=postgres_environment(), capture_output=True, text=True, check=False)
    if done.returncode:
        raise AssertionError(f"psql: {done.stderr.strip()}\n  in: {sql}")
    return done.stdout.rstrip("\n")


class Database:
    """A database of the test's own in PostgreSQL, gone when the test ends."""

    def __init__(self) -> None:
        self.name = f"weir_test_{os.getpid()}_{os.urandom(3).hex()}"
        psql(f"CREATE DATABASE {self.name}")
        url = urllib.parse.urlsplit(conf()["postgres.url"])
        self.url = urllib.parse.urlunsplit(url._replace(path="/" + self.name))

    def drop(self) -> None:
        psql(f"DROP DATABASE {self.name} WITH (FORCE)")

    def settings(self) -> list[str]:
        """Arguments for weir."""
        return ["--set", f"postgres.url={self.url}", "--set",
                f"postgres.password.file={conf()['postgres.password.file']}"]

    def psql(self, sql: str) -> str:
        done = subprocess.run(
            ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", self.name, "-c", sql],
            env=postgres_environment(), capture_output=True, text=True, check=False)
        if done.returncode:
            raise AssertionError(f"psql: {done.stderr.strip()}\n  in: {sql}")
        return done.stdout.rstrip("\n")

    def rows(self, sql: str) -> list[str]:
        return self.psql(sql).splitlines()
