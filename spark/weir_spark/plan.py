"""The plan: what weir knows of a pipeline file, as `weir export spark` writes it (src/plan/spark_plan.c).

Queries are the user's own text. Column types are Spark's names for them.
"""
from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Column:
    name: str
    type: str
    nullable: bool


@dataclass(frozen=True)
class Constraint:
    """NOT NULL of a column (`not_null`), or a condition that must not be FALSE."""

    name: str
    not_null: str | None
    condition: str | None
    expectation: bool
    on_violation: str


@dataclass(frozen=True)
class Table:
    name: str
    kind: str  # source, streaming, materialized_view
    provider: str
    columns: list[Column]
    # What flows read of it, STRUCTs pruned to the fields used: only there a wrong value makes a dead letter.
    read_columns: list[Column]
    options: dict[str, str]
    constraints: list[Constraint]
    primary_key: list[str]
    topic_key: list[str]
    partitioned_by: list[str]
    output_mode: str
    ttl_us: int  # 0: rows stay
    line: int
    column: int


@dataclass(frozen=True)
class TemporaryView:
    name: str
    query: str
    streaming: bool
    column_names: list[str]
    line: int
    column: int


@dataclass(frozen=True)
class Read:
    table: str
    streaming: bool


@dataclass(frozen=True)
class Flow:
    name: str
    target: str
    output_mode: str
    query: str
    reads: list[Read]
    line: int
    column: int


@dataclass(frozen=True)
class MaterializedView:
    name: str
    query: str
    reads: list[Read]
    line: int
    column: int


@dataclass(frozen=True)
class Plan:
    file: str
    weir: str
    time_zone: str
    settings: dict[str, str]
    commit_interval_ms: int
    patience_ms: int  # how long --once waits for a server that is away
    tables: dict[str, Table] = field(default_factory=dict)
    temporary_views: list[TemporaryView] = field(default_factory=list)  # in the file's order
    flows: list[Flow] = field(default_factory=list)
    views: list[MaterializedView] = field(default_factory=list)  # each behind all it reads


def file_name(table: str) -> str:
    """A table's or flow's name as a file's: no name leads out of its folder (str_file_name in src/base is the same)."""
    return "".join(chr(b) if chr(b).isascii() and (chr(b).isalnum() or chr(b) in "_-") else f"%{b:02X}"
                   for b in table.encode())


def parts_of(kind: str) -> list[tuple[str, str]]:
    """(name, type) of what an ARRAY, a MAP or a STRUCT is made of, as its type's text has them; of others nothing."""
    for word in ("array<", "map<", "struct<"):
        if kind.lower().startswith(word):
            parts = _split(kind[len(word):-1], ",")
            return [_field(part) for part in parts] if word == "struct<" else [("", part.strip()) for part in parts]
    return []


def _field(text: str) -> tuple[str, str]:
    name, kind = _split(text.strip(), ":", 2)
    return name[1:-1].replace("``", "`") if name.startswith("`") else name, kind.strip()


def _split(text: str, by: str, most: int = 0) -> list[str]:
    """At each `by` that stands in no brackets and no `name`; into `most` parts, if that is given."""
    out: list[str] = []
    depth, start, in_name = 0, 0, False
    for i, c in enumerate(text):
        in_name = in_name != (c == "`")
        depth += 0 if in_name else (c in "<(") - (c in ">)")
        if c == by and depth == 0 and not in_name and len(out) + 1 != most:
            out.append(text[start:i])
            start = i + 1
    return [*out, text[start:]]


def _columns(items: list[dict[str, Any]]) -> list[Column]:
    return [Column(c["name"], c["type"], c["nullable"]) for c in items]


def _reads(item: dict[str, Any]) -> list[Read]:
    return [Read(r["table"], r["streaming"]) for r in item["reads"]]


def _table(t: dict[str, Any]) -> Table:
    columns = _columns(t["columns"])
    return Table(
        t["name"], t["kind"], t["provider"], columns,
        _columns(t["read_columns"]) if "read_columns" in t else columns, t["options"],
        [Constraint(c["name"], c.get("not_null"), c.get("condition"), c["expectation"], c["on_violation"])
         for c in t["constraints"]],
        t["primary_key"], t["topic_key"], t["partitioned_by"], t["output_mode"], t["ttl_us"], t["line"], t["column"])


def parse(text: str) -> Plan:
    p = json.loads(text)
    if p["version"] != 1:
        raise ValueError(f"plan.json has version {p['version']}, this runner reads version 1: "
                         "export it again with the weir that belongs to the runner")
    plan = Plan(p["file"], p["weir"], p["time_zone"], p["settings"], p["commit_interval_ms"], p["patience_ms"])
    for t in p["tables"]:
        if t["kind"] == "temporary_view":
            plan.temporary_views.append(TemporaryView(
                t["name"], t["query"], t["streaming"], t["column_names"], t["line"], t["column"]))
        else:
            plan.tables[t["name"]] = _table(t)
    for f in p["flows"]:
        plan.flows.append(Flow(f["name"], f["target"], f["output_mode"], f["query"], _reads(f),
                               f["line"], f["column"]))
    for v in p["views"]:
        plan.views.append(MaterializedView(v["name"], v["query"], _reads(v), v["line"], v["column"]))
    return plan


def load(path: str) -> Plan:
    with open(path, encoding="utf-8") as file:
        return parse(file.read())
