"""The files *.test beside this one: statements and what they give, by Spark's rules.

usage: test_sql.py WEIR [FILE...]
"""

import glob
import os
import sys

import slt


def main():
    weir, files = sys.argv[1], sys.argv[2:]
    if not files:
        files = sorted(glob.glob(os.path.join(os.path.dirname(os.path.abspath(__file__)), "*.test")))
    if not files:
        sys.exit("test_sql: no files")
    failed = total = 0
    for path in files:
        with open(path, encoding="utf-8") as file:
            records = slt.parse(file.read())
        answers = slt.run(weir, [record.sql for record in records])
        for record, answer in zip(records, answers):
            total += 1
            wrong = slt.check(record, answer)
            if wrong:
                failed += 1
                print("%s:%d: %s\n%s" % (os.path.basename(path), record.line, wrong, record.sql))
    print("%d statements, %d failed" % (total, failed))
    sys.exit(1 if failed or not total else 0)


if __name__ == "__main__":
    main()
