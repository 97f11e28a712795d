"""spark-submit run.py COMMAND: what is done with the plan beside run.py."""
from __future__ import annotations

import argparse
import contextlib
import os
import sys

from . import plan as plans
from .errors import words


def verify(options: argparse.Namespace) -> int:
    from . import report, session as sessions
    from .verify import verify as compare

    spark = None
    status = 0
    for folder in options.dir:
        plan = plans.load(os.path.join(folder, "spark", "plan.json"))
        spark = sessions.start(plan, finite=True) if spark is None else sessions.another(spark, plan)
        names = [n for n in options.flows.split(",") if n]
        results = compare(spark, plan, folder, names, options.ulp)
        report.print_table(results, options.allow_empty)
        certificate = report.certificate(spark, plan, folder, results, options.ulp, options.allow_empty)
        report.write(folder, certificate)
        status = status if certificate["equal"] else 1
        print(f"{plan.file}: {'equal' if certificate['equal'] else 'NOT equal'}; "
              f"{os.path.join(folder, 'certificate.html')}", flush=True)
    if spark is not None:
        spark.stop()
    return status


def run(options: argparse.Namespace) -> int:
    from . import session as sessions
    from .run import Stop, lock, run as start, tell

    stop = Stop()
    stop.catch()
    tell(pid=os.getpid())
    folder = os.path.abspath(options.data)
    held = lock(folder)
    if held is None:
        tell(error=f"another run uses {folder}; stop it first, or give another folder")
        return 1
    plan = plans.load(options.plan)
    try:
        spark = sessions.start(plan, finite=False)
    except Exception as failure:
        if stop.asked:
            return 0
        tell(error=f"Spark has not started (spark.master is {plan.settings.get('spark.master', 'local[2]')}): {words(failure)}")
        return 3
    stop.catch()
    status = start(spark, plan, folder, options.once, stop)
    with contextlib.suppress(Exception):  # A stop may have ended Spark already.
        spark.stop()
    return status


def main() -> int:
    home = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    parser = argparse.ArgumentParser(prog="run.py", description=__doc__)
    parser.add_argument("--plan", default=os.path.join(home, "plan.json"))
    commands = parser.add_subparsers(dest="command", required=True)
    sub = commands.add_parser("verify", help="compare with what weir left in a folder (weir verify)")
    sub.add_argument("--dir", required=True, action="append", help="several: one session for all")
    sub.add_argument("--flows", default="")
    sub.add_argument("--ulp", type=int, default=4)
    sub.add_argument("--allow-empty", action="store_true")
    sub = commands.add_parser("run", help="run the pipeline, until it is stopped")
    sub.add_argument("--data", default="weir-spark-data", help="checkpoints, and tables without a connection")
    sub.add_argument("--once", action="store_true", help="process what is there, build each view once, end")
    options = parser.parse_args()
    return verify(options) if options.command == "verify" else run(options)


if __name__ == "__main__":
    sys.exit(main())
