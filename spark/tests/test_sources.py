import unittest

from weir_spark.sources import _qualified


class Conditions(unittest.TestCase):
    """A CHECK's names are put behind the row; nothing else in its text is touched."""

    def check(self, text: str, expected: str) -> None:
        self.assertEqual(_qualified(text, {"price", "length", "s", "p"}), expected)

    def test_names(self) -> None:
        self.check("price > 0", "_weir_row.price > 0")
        self.check("`price` > 0 AND other", "_weir_row.`price` > 0 AND other")

    def test_fields_of_a_struct_are_not_columns(self) -> None:
        self.check("s.p > 1 AND s . price < 2", "_weir_row.s.p > 1 AND _weir_row.s . price < 2")

    def test_functions_keep_their_names(self) -> None:
        self.check("length(price) < length", "length(_weir_row.price) < _weir_row.length")

    def test_strings_and_numbers_are_left_alone(self) -> None:
        self.check("price <> 'price \\' price' AND price > 1e3",
                   "_weir_row.price <> 'price \\' price' AND _weir_row.price > 1e3")


if __name__ == "__main__":
    unittest.main()
