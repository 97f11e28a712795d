import unittest

from weir_spark.compare import came_between, differ, ulps_apart, upserted


class Compare(unittest.TestCase):
    def test_rows_are_matched_as_often_as_they_come(self) -> None:
        found = differ([["a"], ["a"], ["b"]], [["a"], ["b"], ["b"]], ["string"], 0)
        self.assertEqual((found.equal, found.only_first, found.only_second), (2, [["a"]], [["b"]]))

    def test_doubles_within_the_ulps_are_equal_and_beyond_are_not(self) -> None:
        near = 0.1 + 0.2
        self.assertEqual(ulps_apart(near, 0.3, False), 1)
        self.assertEqual(differ([["k", near]], [["k", 0.3]], ["string", "double"], 1).equal, 1)
        self.assertEqual(differ([["k", near]], [["k", 0.3]], ["string", "double"], 0).equal, 0)

    def test_a_near_double_of_another_key_is_no_match(self) -> None:
        self.assertEqual(differ([["k", 0.3]], [["l", 0.1 + 0.2]], ["string", "double"], 4).equal, 0)

    def test_decimals_differ_by_their_scale(self) -> None:
        self.assertEqual(differ([["1.0"]], [["1.00"]], ["decimal(3,2)"], 4).equal, 0)

    def test_trailing_zeros_of_a_fraction_of_a_second_mean_nothing(self) -> None:
        self.assertEqual(
            differ([["2026-01-01 00:00:00.500000"]], [["2026-01-01 00:00:00.5"]], ["timestamp"], 0).equal, 1)

    def test_null_is_null_alone(self) -> None:
        self.assertEqual(differ([[None]], [["null"]], ["string"], 0).equal, 0)
        self.assertEqual(differ([[None]], [[None]], ["double"], 0).equal, 1)

    def test_entries_of_a_map_have_no_order(self) -> None:
        self.assertEqual(differ([[[["a", 1], ["b", 2]]]], [[[["b", 2], ["a", 1]]]], ["map<string,int>"], 0).equal, 1)
        self.assertEqual(differ([[[1, 2]]], [[[2, 1]]], ["array<int>"], 0).equal, 0)

    def test_what_is_no_map_keeps_its_order(self) -> None:
        """Also where it is a list of pairs, as a map is here."""
        kind = "struct<m:map<string,int>,a:array<array<int>>>"
        self.assertEqual(differ([[[[], [[1, 2], [3, 4]]]]], [[[[], [[3, 4], [1, 2]]]]], [kind], 0).equal, 0)
        two = [[["a", 1], ["b", 2]], [["c", 3], ["d", 4]]]
        self.assertEqual(differ([[two]], [[two[::-1]]], ["array<map<string,int>>"], 0).equal, 0)
        self.assertEqual(differ([[two]], [[[m[::-1] for m in two]]], ["array<map<string,int>>"], 0).equal, 1)

    def test_a_row_that_came_later_is_not_one_that_was_there_before(self) -> None:
        kinds = ["string"]
        self.assertEqual(came_between([["a"]], [["a"]], [["a"]], kinds, 0).only_first, [["a"]])
        self.assertEqual(came_between([["a"]], [["a"]], [["a"], ["a"]], kinds, 0).equal, 1)

    def test_the_last_row_of_a_key_stays_and_null_keys_go(self) -> None:
        self.assertEqual(upserted([["a", 1], ["b", 2], ["a", 3], [None, 4]], [0]), [["a", 3], ["b", 2]])


if __name__ == "__main__":
    unittest.main()
