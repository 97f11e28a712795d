"""Two sets of rows, compared: exactly, but for DOUBLE and FLOAT within a number of ulps.

Rows are lists of JSON values (values.py). Rows are matched as multisets: first those whose cells are equal
as text, then, where a column is floating, the rest by the cells that are not floating and nearness.
"""
from __future__ import annotations

import json
import math
import struct
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

from .plan import parts_of

Row = list[Any]


def ulps_apart(a: float, b: float, single: bool) -> int:
    def ordered(x: float) -> int:
        if single:
            bits: int = struct.unpack("<i", struct.pack("<f", x))[0]
            return bits if bits >= 0 else -0x80000000 - bits
        bits = struct.unpack("<q", struct.pack("<d", x))[0]
        return bits if bits >= 0 else -0x8000000000000000 - bits
    try:
        return abs(ordered(a) - ordered(b))
    except (OverflowError, struct.error):
        return 1 << 62


def number(value: Any) -> float:
    return float(str(value).replace("Infinity", "inf"))


def cell_text(value: Any, kind: str) -> str:
    """Equal text: equal value."""
    if value is None:
        return "null"
    if kind.startswith("timestamp") and isinstance(value, str):
        return value.rstrip("0").rstrip(".") if "." in value else value
    if kind in ("double", "float"):
        return repr(number(value))
    if "map<" in kind:
        value = in_order(value, kind)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def in_order(value: Any, kind: str) -> Any:
    """Entries of maps come in any order: here in one."""
    parts = [part for _, part in parts_of(kind)]
    if value is None or not parts:
        return value
    if kind.lower().startswith("array<"):
        return [in_order(x, parts[0]) for x in value]
    if kind.lower().startswith("map<"):
        return sorted(([in_order(x, part) for x, part in zip(pair, parts)] for pair in value), key=json.dumps)
    return [in_order(x, part) for x, part in zip(value, parts)]


def near(a: Row, b: Row, kinds: list[str], ulp: int) -> bool:
    for x, y, kind in zip(a, b, kinds):
        if kind not in ("double", "float") or x is None or y is None:
            if cell_text(x, kind) != cell_text(y, kind):
                return False
            continue
        p, q = number(x), number(y)
        if math.isnan(p) or math.isnan(q):
            if not (math.isnan(p) and math.isnan(q)):
                return False
        elif p != q and ulps_apart(p, q, kind == "float") > ulp:
            return False
    return True


@dataclass
class Difference:
    equal: int
    only_first: list[Row]
    only_second: list[Row]


def differ(first: list[Row], second: list[Row], kinds: list[str], ulp: int) -> Difference:
    """What is in one and not in the other, each row as often as it is so."""
    def key(row: Row) -> str:
        return "\x00".join(cell_text(v, k) for v, k in zip(row, kinds))

    left = Counter(key(r) for r in first)
    right = Counter(key(r) for r in second)
    shared = left & right
    equal = sum(shared.values())
    rest_first: list[Row] = []
    rest_second: list[Row] = []
    for rows, rest in ((first, rest_first), (second, rest_second)):
        used = Counter(shared)
        for row in rows:
            k = key(row)
            if used[k]:
                used[k] -= 1
            else:
                rest.append(row)
    floating = [i for i, k in enumerate(kinds) if k in ("double", "float")]
    if not floating or not rest_first or not rest_second:
        return Difference(equal, rest_first, rest_second)

    def exact(row: Row) -> str:
        return "\x00".join(cell_text(v, k) for i, (v, k) in enumerate(zip(row, kinds)) if i not in floating)

    places: dict[str, list[Row]] = defaultdict(list)
    for row in rest_second:
        places[exact(row)].append(row)
    unmatched = []
    for row in rest_first:
        candidates = places[exact(row)]
        for i, other in enumerate(candidates):
            if near(row, other, kinds, ulp):
                del candidates[i]
                equal += 1
                break
        else:
            unmatched.append(row)
    return Difference(equal, unmatched, [r for rows in places.values() for r in rows])


def came_between(rows: list[Row], before: list[Row], after: list[Row], kinds: list[str], ulp: int) -> Difference:
    """Which of `rows` came between two states of a table: what stood there before is no answer to them."""
    return differ(rows, differ(before, after, kinds, ulp).only_second, kinds, ulp)


def upserted(rows: list[Row], key: list[int]) -> list[Row]:
    """The last row of each key; rows that have a NULL in it are left out (weir: dead letter null_key)."""
    last: dict[str, Row] = {}
    for row in rows:
        if any(row[i] is None for i in key):
            continue
        last[json.dumps([row[i] for i in key])] = row
    return list(last.values())
