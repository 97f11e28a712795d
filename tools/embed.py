#!/usr/bin/env python3
"""Writes files as a C source: `const EmbeddedFile spark_runner_files[]`, ended by one without a name.

usage: embed.py OUT.c FILE...
"""
import pathlib
import sys


def main() -> None:
    out = ['#include "cli/spark.h"\n']
    names = []
    for i, name in enumerate(sys.argv[2:]):
        path = pathlib.Path(name)
        data = path.read_bytes()
        names.append((path.name, i, len(data)))
        out.append(f"static const unsigned char file_{i}[] = {{")
        for at in range(0, len(data), 24):
            out.append(",".join(map(str, data[at:at + 24])) + ",")
        out.append("0};\n")
    out.append("const EmbeddedFile spark_runner_files[] = {")
    for name, i, size in names:
        out.append(f'    {{"{name}", (const char *)file_{i}, {size}}},')
    out.append("    {0},\n};\n")
    pathlib.Path(sys.argv[1]).write_text("\n".join(out), encoding="utf-8")


main()
