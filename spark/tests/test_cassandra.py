import datetime
import decimal
import unittest
from collections import OrderedDict, namedtuple
from uuid import UUID

from weir_spark.cassandra_table import incoming, refusal

Address = namedtuple("Address", ["Street", "no"])


class Incoming(unittest.TestCase):
    """What the driver gives, as text that Spark casts or reads as JSON."""

    def test_scalars(self) -> None:
        moment = datetime.datetime(2026, 1, 1, 0, 0, 0, 500000)
        for value, text in ((None, None), (True, "true"), (1, "1"), (float("nan"), "NaN"), (float("-inf"), "-Infinity"),
                            (b"\x01", "01"), (decimal.Decimal("1E+3"), "1000"), ("[1", "[1"),
                            (moment, "2026-01-01T00:00:00.500Z")):
            self.assertEqual(incoming(value, "string"), text)

    def test_collections_that_others_keep(self) -> None:
        self.assertEqual(incoming([1, None], "array<int>"), "[1, null]")
        self.assertEqual(incoming({"b"}, "array<string>"), '["b"]')
        self.assertEqual(incoming(OrderedDict([(1, decimal.Decimal("1.50"))]), "map<int,decimal(3,2)>"), '{"1": "1.50"}')
        self.assertEqual(incoming(Address("x", 1), "struct<no:int,street:string,zip:string>"),
                         '{"no": 1, "street": "x", "zip": null}')
        self.assertEqual(incoming((1, b"\x00"), "struct<a:int,b:binary>"), '{"a": 1, "b": "AA=="}')
        self.assertEqual(incoming([Address(None, 1)], "string"), '[{"Street": null, "no": 1}]')
        self.assertEqual(incoming([UUID(int=1)], "array<string>"), '["00000000-0000-0000-0000-000000000001"]')


class Keys(unittest.TestCase):
    def test_an_empty_text_is_refused_as_the_whole_partition_key_alone(self) -> None:
        row = ("", "x")
        self.assertEqual(refusal(row, [0, 1], 1, ["string"] * 2, False)[0], "not_storable")  # type: ignore[arg-type, index]
        self.assertIsNone(refusal(row, [0, 1], 2, ["string"] * 2, False))  # type: ignore[arg-type]


if __name__ == "__main__":
    unittest.main()
