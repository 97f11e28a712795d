#!/usr/bin/env python3
"""Who includes whom under src/, against src/layers.txt.

usage: layers.py [--check]

Prints, folder by folder in the order of src/layers.txt, the folders it includes. An include that
climbs (of a folder that stands further down in the list) is named, and the exit status is 1.
With --check only such includes are printed.
"""
import collections
import pathlib
import re
import sys

INCLUDE = re.compile(r'^\s*#\s*include\s+"([a-z_]+)/[^"]+"')


def main() -> int:
    root = pathlib.Path(__file__).resolve().parent.parent / "src"
    lines = (root / "layers.txt").read_text(encoding="utf-8").splitlines()
    order = [line for line in lines if line and not line.startswith("#")]
    rank = {name: i for i, name in enumerate(order)}
    uses = collections.defaultdict(collections.Counter)
    climbs = []
    for path in sorted(root.glob("*/*.[ch]")):
        folder = path.parent.name
        if folder not in rank:
            climbs.append(f"{path.relative_to(root)}: folder '{folder}' is not in layers.txt")
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            match = INCLUDE.match(line)
            if not match or match[1] not in rank:
                continue
            if match[1] != folder:
                uses[folder][match[1]] += 1
            if rank[match[1]] > rank[folder]:
                climbs.append(f"src/{path.relative_to(root)}:{number}: {folder}/ includes {match[1]}/")
    if "--check" not in sys.argv:
        for name in order:
            if (root / name).is_dir():
                below = sorted(uses[name], key=rank.get)
                print(f"{name:<10} {' '.join(below)}")
    for climb in climbs:
        print("climbs: " + climb)
    return 1 if climbs else 0


if __name__ == "__main__":
    sys.exit(main())
