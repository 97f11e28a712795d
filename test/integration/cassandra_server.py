"""What the tests of Cassandra share: the server's own client as the reader, weir as a process."""
import json
import os
import pathlib
import subprocess
import sys
import time

import servers


def use_driver(service: str) -> None:
    """Goes on with the interpreter that has the Python driver, if this one has not."""
    try:
        import cassandra  # noqa: F401
    except ImportError:
        with open(folder(service) / "python", encoding="utf-8") as file:
            python = file.read().strip()
        os.execv(python, [python, *sys.argv])


def folder(service: str) -> pathlib.Path:
    services = os.environ.get("WEIR_SERVICES_DIR", os.path.join(servers.ROOT, "build-services"))
    return pathlib.Path(services) / service


class Server:
    """The server as its own driver sees it."""

    def __init__(self, settings: dict[str, str]):
        from cassandra import ConsistencyLevel
        from cassandra.auth import PlainTextAuthProvider
        from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile
        from cassandra.policies import RoundRobinPolicy
        from cassandra.query import dict_factory

        points = settings["cassandra.contact.points"].split(",")
        login = None
        if "cassandra.username" in settings:
            with open(settings["cassandra.password.file"], encoding="utf-8") as file:
                login = PlainTextAuthProvider(settings["cassandra.username"], file.read().strip())
        # A busy node may lack for a while what two others have.
        profile = ExecutionProfile(load_balancing_policy=RoundRobinPolicy(), request_timeout=60,
                                   consistency_level=ConsistencyLevel.QUORUM, row_factory=dict_factory)
        self.cluster = Cluster([p.rsplit(":", 1)[0] for p in points],
                               port=int(points[0].rsplit(":", 1)[1]), auth_provider=login,
                               execution_profiles={EXEC_PROFILE_DEFAULT: profile})
        self.session = self.cluster.connect()

    def rows(self, cql: str) -> list[dict]:
        return list(self.session.execute(cql, timeout=120))

    def run(self, *statements: str) -> None:
        for statement in statements:
            self.session.execute(statement, timeout=120)

    def close(self) -> None:
        self.cluster.shutdown()


class Weir:
    """The program, on one data directory, with the servers' settings."""

    def __init__(self, program: str, data: pathlib.Path, keyspace: str, settings: dict[str, str],
                 conf: dict[str, str] | None = None):
        self.program = program
        self.data = data
        # The test is of Cassandra: the other roles are embedded.
        self.conf = data.parent / "cassandra.conf"
        self.conf.write_text("".join(
            f"{key} = {value}\n" for key, value in (conf or servers.conf()).items()
            if key.startswith("cassandra.")), encoding="utf-8")
        self.settings = {"cassandra.keyspace": keyspace, **settings}

    def options(self, embedded: bool = False) -> list[str]:
        out = ["--data", str(self.data)]
        if not embedded:
            out += ["--config", str(self.conf)]
        for key, value in self.settings.items():
            if not (embedded and key.startswith("cassandra.")):
                out += ["--set", f"{key}={value}"]
        return out

    def command(self, file: str | pathlib.Path, *more: str, embedded: bool = False) -> list[str]:
        return [self.program, "run", str(file), "--quiet", *self.options(embedded), *more]

    def run(self, file: str | pathlib.Path, *more: str, embedded: bool = False,
            status: int = 0) -> str:
        done = subprocess.run(self.command(file, *more, embedded=embedded), capture_output=True,
                              text=True, timeout=600, check=False)
        assert done.returncode == status, f"status {done.returncode}: {done.stderr}"
        return done.stderr

    def sql(self, sql: str, embedded: bool = False, last: bool = False, error: bool = False) -> list | str:
        """The rows of the first statement, or of the last; or what it is refused with."""
        done = subprocess.run([self.program, "sql", *self.options(embedded), "--format", "json",
                               "-e", sql], capture_output=True, text=True, timeout=300,
                              check=False)
        assert done.stdout, done.stderr
        answer = json.loads(done.stdout.splitlines()[-1 if last else 0])
        if error:
            return answer["error"]["message"]
        assert "error" not in answer, f"{sql}: {answer['error']}"
        return answer["rows"]


def check_answers(server: Server, keyspace: str, answers: dict) -> None:
    """Every order is there once, as the server's own driver reads it."""
    orders = server.rows(f"SELECT order_id, price, quantity FROM {keyspace}.order_history")
    revenue = sum((o["price"] * o["quantity"] for o in orders), 0)
    assert len(orders) == answers["valid"]["records"], (len(orders), answers["valid"])
    assert str(revenue) == answers["valid"]["revenue"], (revenue, answers["valid"])


def plain(rows: list[dict]) -> list[tuple]:
    """Rows of the driver in the words of `weir sql --format json`, in some fixed order."""
    import datetime
    import decimal

    def text(value):
        if isinstance(value, datetime.datetime):
            out = value.strftime("%Y-%m-%d %H:%M:%S")
            fraction = f"{value.microsecond:06d}".rstrip("0")
            return f"{out}.{fraction}" if fraction else out
        if isinstance(value, decimal.Decimal):
            return f"{value:f}"
        return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)

    return sorted(tuple(text(v) for v in row.values()) for row in rows)


def wait_until(condition, seconds: float, what: str) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"{what}: not within {seconds} s"
        time.sleep(0.1)
