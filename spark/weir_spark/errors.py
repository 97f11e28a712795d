"""What goes wrong, as sentences with a place in the SQL file.

Spark's errors name a place within the text they were given: a query of the file, whose own place the plan has. Together
that is a line and a column of the file.
"""
from __future__ import annotations

import re
from typing import Any

LENGTH = 400
# What a server that is away, busy or starting says, by whatever client: worth trying again.
AWAY = re.compile(
    r"psycopg2\.(OperationalError|InterfaceError|errors\.(AdminShutdown|CrashShutdown|CannotConnectNow|DeadlockDetected"
    r"|SerializationFailure|LockNotAvailable|QueryCanceled|TooManyConnections|DiskFull))"
    r"|cassandra\.(cluster\.NoHostAvailable|OperationTimedOut|Unavailable|WriteTimeout|ReadTimeout|WriteFailure"
    r"|connection\.Connection\w+)"
    r"|org\.apache\.kafka\.common\.errors\.(TimeoutException|DisconnectException|NetworkException"
    r"|NotEnoughReplicas\w*Exception|BrokerNotAvailableException|LeaderNotAvailableException)")
# Trying again would not help with these, though clients give them the same class.
REFUSED = re.compile(r"password authentication failed|no password supplied|AuthenticationFailed|does not exist"
                     r"|permission denied", re.IGNORECASE)
MISSING = re.compile(r"ModuleNotFoundError: [^\n]*\b(cassandra|psycopg2)\b")
PACKAGES = {"cassandra": "cassandra-driver", "psycopg2": "psycopg2-binary"}
PLACE = re.compile(r"== SQL(?: [^\n]*?)? ?\(line (\d+), position (\d+)\) ==")
PLACE_PARSER = re.compile(r"\(line (\d+), pos (\d+)\)")


class PipelineError(Exception):
    """A sentence for the user, with the place in the SQL file. `outside`: a server is away."""

    def __init__(self, text: str, line: int = 0, column: int = 0, outside: bool = False) -> None:
        super().__init__(text)
        self.line, self.column, self.outside = line, column, outside


def whole_text(failure: BaseException) -> str:
    """All that is known of a failure, its causes included."""
    parts, seen = [], set()
    cause: BaseException | None = failure
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        kind = type(cause)
        parts.append(f"{kind.__module__}.{kind.__qualname__}: {cause}")
        java = getattr(cause, "java_exception", None) or getattr(cause, "_origin", None)
        if java is not None:
            parts += _java_texts(java)
        cause = cause.__cause__ or cause.__context__
    return "\n".join(parts)


def _java_texts(java: Any) -> list[str]:
    out = []
    try:
        for _ in range(20):
            if java is None:
                break
            out.append(str(java.toString()))
            java = java.getCause()
    except Exception:  # The JVM is gone: what is known by now must do.
        pass
    return out


def is_away(failure: BaseException) -> bool:
    text = whole_text(failure)
    return bool(AWAY.search(text)) and not REFUSED.search(text)


def words(failure: BaseException) -> str:
    """One sentence of Spark's, or of the server behind it: the innermost that says something."""
    text = whole_text(failure)
    missing = MISSING.search(text)
    if missing:
        return (f"the Python of Spark's driver or of its workers has no {PACKAGES[missing[1]]}: install it there, or name a "
                "Python that has it (PYSPARK_PYTHON)")
    for pattern in (r"(?:psycopg2|cassandra)\.[\w.]+: (?:\([^)]*\) )?([^\n]+)",
                    r"org\.apache\.kafka\.common\.errors\.\w+: ([^\n]+)",
                    r"Traceback \(most recent call last\):(?:\n[ \t][^\n]*)*\n(\w[^\n]+)",
                    r"(\[(?!STREAM_FAILED|FOREACH)[A-Z][A-Z_0-9.]+\][^\n]+)"):
        found = re.findall(pattern, text)
        if found:
            return str(found[-1]).strip()[:LENGTH]
    java = getattr(failure, "java_exception", None)
    texts = _java_texts(java) if java is not None else []
    # The innermost is what went wrong; without its class, where it says something beside that.
    line = re.sub(r"^[\w.$]+(?:Exception|Error): (?=\S)", "", (texts or [str(failure)])[-1].strip().split("\n")[0])
    return line[:LENGTH] or type(failure).__name__


def place_of(failure: BaseException, query: str, line: int, column: int) -> tuple[int, int]:
    """The line and column in the file that a failure of `query`, which stands at line and column, points at."""
    for context in _contexts(failure):
        start = context[0]
        if 0 <= start < len(query) and query[start:context[1] + 1] == context[2]:
            return _within(query, start, line, column)
    text = whole_text(failure)
    found = PLACE.search(text)
    if found:
        return _shift(int(found[1]), int(found[2]) - 1, line, column)
    found = PLACE_PARSER.search(text)
    if found:
        return _shift(int(found[1]), int(found[2]), line, column)
    return line, column


def _contexts(failure: BaseException) -> list[tuple[int, int, str]]:
    try:
        contexts = failure.getQueryContext()  # type: ignore[attr-defined]
        return [(c.startIndex(), c.stopIndex(), c.fragment()) for c in contexts]
    except Exception:  # It has none, or not of SQL.
        return []


def _within(query: str, start: int, line: int, column: int) -> tuple[int, int]:
    before = query[:start]
    return _shift(before.count("\n") + 1, start - (before.rfind("\n") + 1), line, column)


def _shift(query_line: int, query_position: int, line: int, column: int) -> tuple[int, int]:
    """Spark counts lines from 1 and positions in a line from 0."""
    return line + query_line - 1, (column if query_line == 1 else 1) + query_position
