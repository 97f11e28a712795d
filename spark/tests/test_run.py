import unittest
from typing import Any

from weir_spark.plan import Plan
from weir_spark.run import Runner, Running, Stop


class Query:
    """One whose next batch ends between two looks at it."""

    def __init__(self) -> None:
        self.recentProgress: list[dict[str, Any]] = []

    def ends(self, batch: int, rows: int) -> None:
        self.recentProgress.append({"batchId": batch, "numInputRows": rows})

    @property
    def lastProgress(self) -> dict[str, Any]:
        last = self.recentProgress[-1]
        if last["batchId"] == 0:
            self.ends(1, 20)
        return last


class Progress(unittest.TestCase):
    def test_the_rows_of_each_batch_are_counted_once(self) -> None:
        query: Any = Query()
        runner = Runner(None, Plan("", "", "UTC", {}, 0, 0), "", False, Stop())  # type: ignore[arg-type]
        running = Running("flow", lambda: query, None, query)
        runner.queries.append(running)
        query.ends(0, 10)
        runner.report()
        runner.report()
        query.ends(2, 5)
        runner.report()
        self.assertEqual((running.seen, running.rows_in), (2, 35))


if __name__ == "__main__":
    unittest.main()
