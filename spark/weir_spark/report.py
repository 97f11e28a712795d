"""The result of a comparison: a table for the terminal, certificate.json, certificate.html."""
from __future__ import annotations

import hashlib
import html
import json
import os
import platform
import time
from typing import Any

from pyspark.sql import SparkSession

from .plan import Plan, file_name
from .verify import Result

HEAD = ["", "weir", "Spark", "equal", "open in weir", "open in Spark", "missing", "extra"]


def line_of(result: Result) -> list[str]:
    return [result.name, str(result.weir_rows), str(result.spark_rows), str(result.equal),
            str(result.open_here), str(result.open_there), str(result.missing), str(result.extra)]


def verdict(result: Result, allow_empty: bool) -> str:
    if result.problem:
        return "not equal"
    if result.missing or result.extra:
        return "differs"
    if not result.weir_rows and not result.spark_rows and result.kind != "dead letters":
        return "empty on both sides" if allow_empty else "empty on both sides (--allow-empty lets it pass)"
    return "equal"


def row_text(columns: list[str], key: list[str], row: list[Any]) -> str:
    """The key first, if there is one."""
    order = sorted(range(len(row)), key=lambda i: (i >= len(columns) or columns[i] not in key, i))
    return ", ".join(f"{columns[i] if i < len(columns) else i}={json.dumps(row[i], ensure_ascii=False)}" for i in order)


def print_table(results: list[Result], allow_empty: bool) -> None:
    lines = [HEAD] + [line_of(r) for r in results]
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEAD))]
    for i, line in enumerate(lines):
        cells = [line[0].ljust(widths[0])] + [c.rjust(w) for c, w in zip(line[1:], widths[1:])]
        tail = "" if i == 0 else verdict(results[i - 1], allow_empty)
        print("  ".join(cells + [tail]).rstrip())
    for r in results:
        if r.problem:
            print(f"{r.name}: {r.problem}")
        for row in r.first_missing:
            print(f"{r.name}: only in weir:  {row_text(r.columns, r.key, row)}")
        for row in r.first_extra:
            print(f"{r.name}: only in Spark: {row_text(r.columns, r.key, row)}")
        if r.late:
            print(f"{r.name}: {r.late} late or failed record{'s' if r.late != 1 else ''} left out of Spark's input")
        if r.partly_late:
            print(f"{r.name}: {r.partly_late} rows of hopping windows count such records, late for other windows alone")


def file_hash(path: str) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


SECRET = ("password", "secret", "token", "jaas", "ssl.key", "access.key", "url")


def settings_shown(plan: Plan) -> dict[str, str]:
    return {k: "(not shown)" if any(s in k.lower() for s in SECRET) else v for k, v in sorted(plan.settings.items())}


def input_hashes(plan: Plan, folder: str) -> dict[str, dict[str, str]]:
    """Of the records of streams as they were read here, and of files that are read as tables."""
    out = {}
    for name, table in sorted(plan.tables.items()):
        records, path = os.path.join(folder, "records", file_name(name) + ".json"), table.options.get("path", "")
        if os.path.exists(records):
            out[name] = {"sha256": file_hash(records)}
        elif table.kind == "source" and os.path.exists(path):
            out[name] = {"sha256": folder_hash(path) if os.path.isdir(path) else file_hash(path)}
    return out


def folder_hash(folder: str) -> str:
    """Of the names and hashes of its files."""
    lines = [f"{os.path.relpath(os.path.join(at, name), folder)} {file_hash(os.path.join(at, name))}"
             for at, _, names in os.walk(folder) for name in names]
    return hashlib.sha256("\n".join(sorted(lines)).encode("utf-8", "surrogateescape")).hexdigest()


def certificate(session: SparkSession, plan: Plan, folder: str, results: list[Result], ulp: int,
                allow_empty: bool) -> dict[str, Any]:
    jvm = session._jvm
    return {
        "equal": bool(results) and not any(r.fails(allow_empty) for r in results),
        "made_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "file": plan.file,
        "file_sha256": file_hash(plan.file) if os.path.exists(plan.file) else None,
        "input": input_hashes(plan, folder),
        "engines": {
            "weir": plan.weir,
            "spark": session.version,
            "java": jvm.System.getProperty("java.version") if jvm else None,
            "python": platform.python_version(),
        },
        "settings": settings_shown(plan),
        "time_zone": plan.time_zone,
        "double_ulp": ulp,
        "tables": [{
            "name": r.name, "kind": r.kind, "verdict": verdict(r, allow_empty),
            "weir_rows": r.weir_rows, "spark_rows": r.spark_rows, "equal": r.equal,
            "open_in_weir": r.open_here, "open_in_spark": r.open_there, "with_partly_late": r.partly_late,
            "missing": r.missing, "extra": r.extra,
            "weir_sha256": r.weir_hash, "spark_sha256": r.spark_hash,
            "problem": r.problem or None, "columns": r.columns, "key": r.key,
            "first_missing": r.first_missing, "first_extra": r.first_extra,
            "left_out": [{"reason": a, "partition": b, "position": c} for a, b, c in r.late_rows],
        } for r in results],
    }


STYLE = (":root{color-scheme:light dark}"
         "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem}"
         "table{border-collapse:collapse;width:100%}td,th{padding:.3rem .6rem;border-bottom:1px solid #ccc;"
         "text-align:right}td:first-child,th:first-child,td:last-child,th:last-child{text-align:left}"
         "td:first-child,td:last-child{min-width:7rem}.wide{overflow-x:auto}"
         "th{vertical-align:bottom}.bad{background:#fee}a{color:inherit}"
         "h1,h2,code,li,td:first-child,td:last-child{overflow-wrap:anywhere}.no{color:#a00}.yes{color:#060}"
         "@media(prefers-color-scheme:dark){body{background:#111;color:#ddd}td,th{border-color:#444}"
         ".bad{background:#311}.no{color:#f88}.yes{color:#8d8}}")


def page(c: dict[str, Any]) -> str:
    def e(value: Any) -> str:
        return html.escape(str(value))

    def fails(t: dict[str, Any]) -> bool:
        return bool(t["verdict"] != "equal" and not (c["equal"] and t["verdict"] == "empty on both sides"))

    def to_details(i: int, t: dict[str, Any]) -> str:
        return f"<a href=#t{i}>{e(t['verdict'])}</a>" if t["problem"] or t["missing"] or t["extra"] else e(t["verdict"])

    bad = sum(fails(t) for t in c["tables"])
    rows = "".join(
        f"<tr{' class=bad' if fails(t) else ''}><td>{e(t['name'])}</td><td>{t['weir_rows']}</td><td>{t['spark_rows']}</td>"
        f"<td>{t['equal']}</td><td>{t['open_in_weir']}</td><td>{t['open_in_spark']}</td><td>{t['missing']}</td><td>{t['extra']}</td>"
        f"<td class={'no' if fails(t) else 'yes'}>{to_details(i, t)}</td></tr>" for i, t in enumerate(c["tables"]))
    details = ""
    for i, t in enumerate(c["tables"]):
        items = [e(t["problem"])] if t["problem"] else []
        for where, rows_ in (("weir", t["first_missing"]), ("Spark", t["first_extra"])):
            items += [f"only in {where}: <code>{e(row_text(t['columns'], t['key'], r))}</code>" for r in rows_]
        if t["with_partly_late"]:
            items.append(f"{t['with_partly_late']} rows of hopping windows count records late for other windows alone")
        if t["left_out"]:
            many = "s" if len(t["left_out"]) != 1 else ""
            items.append(f"{len(t['left_out'])} record{many} left out of Spark's input: late, or failed in weir "
                         "(certificate.json lists them)")
        if items:
            details += f"<h2 id=t{i}>{e(t['name'])}</h2><ul>" + "".join(f"<li>{item}</li>" for item in items) + "</ul>"
    engines = "".join(f"<tr><td>{e(k)}</td><td>{e(v)}</td></tr>" for k, v in c["engines"].items())
    inputs = "".join(f"<tr><td>{e(k)}</td><td><code>{e(v['sha256'])}</code></td></tr>" for k, v in c["input"].items())
    settings = "".join(f"<tr><td>{e(k)}</td><td><code>{e(v)}</code></td></tr>" for k, v in c["settings"].items())
    word, css = ("Equal", "yes") if c["equal"] else ("Not equal", "no")
    return (f"<!doctype html><html lang=en><meta charset=utf-8>"
            f"<meta name=viewport content='width=device-width'><title>weir verify: {e(c['file'])}</title>"
            f"<style>{STYLE}</style><h1><span class={css}>{word}</span>: {e(c['file'])} on weir and on Spark</h1>"
            f"<p>{e(c['made_at'])} · file <code>{e(c['file_sha256'])}</code> · doubles within {c['double_ulp']} ulp, "
            f"all else exactly; times in UTC. {bad or 'None'} of {len(c['tables'])} tables "
            f"{'differs' if bad == 1 else 'differ'}.</p>"
            "<div class=wide><table>"
            "<tr><th>table<th>weir<th>Spark<th>equal<th>open in weir<th>open in Spark<th>missing<th>extra<th></tr>"
            f"{rows}</table></div>{details}<h2>Engines</h2><table>{engines}</table><h2>Input, as read here</h2>"
            f"<table>{inputs}</table><h2>Settings</h2><table>{settings}</table></html>\n")


def write(folder: str, c: dict[str, Any]) -> None:
    with open(os.path.join(folder, "certificate.json"), "w", encoding="utf-8") as file:
        json.dump(c, file, indent=1, ensure_ascii=False)
        file.write("\n")
    with open(os.path.join(folder, "certificate.html"), "w", encoding="utf-8") as file:
        file.write(page(c))
