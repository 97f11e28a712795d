import unittest

from weir_spark.verify import FlowRun, Hops, SetAside, _behind, _with, some_of


def late(position: int, *ends: int) -> list[SetAside]:
    return [SetAside("late", 0, position, "{}", str(end)) for end in ends]


class HoppingWindows(unittest.TestCase):
    hops = Hops(origin_us=7, length_us=10, slide_us=4)

    def test_windows_of_one_class_do_not_overlap(self) -> None:
        self.assertEqual(self.hops.overlap, 3)
        self.assertEqual([self.hops.class_of(7 + 4 * i) for i in range(-3, 4)], [0, 1, 2, 0, 1, 2, 0])

    def test_a_record_is_partly_late_when_it_is_so_for_fewer_windows_than_hold_it(self) -> None:
        whole = Hops(0, 10, 5)
        self.assertFalse(whole.any_partly(late(1, 10, 15)))
        self.assertTrue(whole.any_partly(late(1, 10, 15) + late(2, 10)))

    def test_a_row_with_an_error_is_late_for_no_window(self) -> None:
        self.assertFalse(Hops(0, 10, 5).any_partly([SetAside("DIVIDE_BY_ZERO", 0, 1, "{}", None)]))


class Failed(unittest.TestCase):
    def test_the_first_the_last_and_one_between_are_asked_for(self) -> None:
        rows = [SetAside("DIVIDE_BY_ZERO", 0, i, "{}", None) for i in range(9)]
        self.assertEqual([a.position for a in some_of(rows)], [0, 4, 8])
        self.assertEqual([a.position for a in some_of(rows[:1])], [0])


class Lagging(unittest.TestCase):
    def run_of(self, plan: str) -> FlowRun:
        return FlowRun([], [], [], plan)

    def test_a_condition_below_the_watermark_moves_it_too(self) -> None:
        self.assertFalse(self.run_of("Aggregate\n+- EventTimeWatermark ts\n   +- Filter ok").may_lag)
        self.assertTrue(self.run_of("Aggregate\n+- Filter ok\n   +- EventTimeWatermark ts").may_lag)

    def test_two_watermarks_may_lag(self) -> None:
        self.assertTrue(self.run_of("Join\n:- EventTimeWatermark ts\n+- EventTimeWatermark ts").may_lag)


class AsBatch(unittest.TestCase):
    def test_names_are_quoted_and_the_query_may_end_in_a_comment(self) -> None:
        before = _with({"a`b": "v"})
        self.assertEqual(_behind(before, "SELECT 1 -- one"),
                         "WITH `a``b` AS (SELECT * FROM `v`) SELECT * FROM (\nSELECT 1 -- one\n)")
        self.assertEqual(_behind("", "SELECT 1"), "SELECT 1")
