import json
import unittest

from plans import table, with_settings

from weir_spark import kafka, plan
from weir_spark.postgres import Lines, address, address_for, type_fits, type_text
from weir_spark.sources import metadata_columns


class Names(unittest.TestCase):
    def test_no_name_leads_out_of_a_folder(self) -> None:
        self.assertEqual(plan.file_name("orders_2-x"), "orders_2-x")
        self.assertEqual(plan.file_name("../a bä%"), "%2E%2E%2Fa%20b%C3%A4%25")

    def test_types_are_taken_apart(self) -> None:
        self.assertEqual(plan.parts_of("DECIMAL(10,2)"), [])
        self.assertEqual(plan.parts_of("array<decimal(10,2)>"), [("", "decimal(10,2)")])
        self.assertEqual(plan.parts_of("MAP<STRING, ARRAY<INT>>"), [("", "STRING"), ("", "ARRAY<INT>")])
        self.assertEqual(plan.parts_of("struct<A:map<string,int>,`b:,<``>`:struct<c:int>>"),
                         [("A", "map<string,int>"), ("b:,<`>", "struct<c:int>")])

    def test_a_plan_of_another_version_is_refused(self) -> None:
        with self.assertRaisesRegex(ValueError, "version 2"):
            plan.parse(json.dumps({"version": 2}))


class Kafka(unittest.TestCase):
    def test_a_login_becomes_java_s(self) -> None:
        found = kafka.properties(with_settings(kafka__bootstrap__servers="h:1", kafka__sasl__mechanism="SCRAM-SHA-512",
                                               kafka__sasl__username="u", kafka__sasl__password='p"x'), None)
        self.assertIn("scram.ScramLoginModule", found["sasl.jaas.config"])
        self.assertIn('password="p\\"x"', found["sasl.jaas.config"])
        self.assertNotIn("sasl.password", found)

    def test_a_table_s_own_server_wins(self) -> None:
        own = table(**{"kafka.bootstrap.servers": "own:1"})
        self.assertEqual(kafka.properties(with_settings(kafka__bootstrap__servers="h:1"), own)["bootstrap.servers"], "own:1")

    def test_without_a_server_it_is_said_what_to_set(self) -> None:
        with self.assertRaisesRegex(ValueError, "table t is a topic.*set kafka.bootstrap.servers"):
            kafka.properties(with_settings(), table())

    def test_metadata_fills_columns(self) -> None:
        self.assertEqual(metadata_columns(table(metadata="at = timestamp")), [("_weir_metadata_at", "timestamp", "timestamp")])


class Postgres(unittest.TestCase):
    def test_types(self) -> None:
        self.assertEqual(type_text("DECIMAL(10,2)"), "numeric(10,2)")
        self.assertEqual(type_text("array<int>"), "integer[]")
        self.assertEqual(type_text("array<struct<a:int>>"), "jsonb")
        self.assertEqual(type_text("interval day to second"), "interval")

    def test_a_wider_numeric_and_a_varchar_will_do(self) -> None:
        self.assertTrue(type_fits("numeric", "numeric(10,2)"))
        self.assertTrue(type_fits("numeric(12,3)", "numeric(10,2)"))
        self.assertFalse(type_fits("numeric(10,1)", "numeric(10,2)"))  # It would round.
        self.assertFalse(type_fits("numeric(10,3)", "numeric(10,2)"))
        self.assertTrue(type_fits("character varying", "text"))
        self.assertFalse(type_fits("integer", "bigint"))
        self.assertFalse(type_fits(None, "bigint"))

    def test_rows_are_read_in_pieces_of_any_size(self) -> None:
        rows = [("a\tb", None), ("c\\", "ü"), ("d\n", "")]
        for size in (1, 3, 7, 1000):
            lines = Lines(iter(rows), ["q", "0"])  # type: ignore[arg-type]
            text, piece = "", lines.read(size)
            while piece:
                self.assertLessEqual(len(piece), size)
                text, piece = text + piece, lines.read(size)
            self.assertEqual(text, "q\t0\t0\ta\\tb\t\\N\nq\t0\t1\tc\\\\\tü\nq\t0\t2\td\\n\t\n")
            self.assertEqual(lines.count, 3)

    def test_the_password_goes_into_either_form_of_address(self) -> None:
        self.assertEqual(address("postgresql://u@h:1/d?sslmode=require", "p@/"), "postgresql://u:p%40%2F@h:1/d?sslmode=require")
        self.assertEqual(address("host=h user=u", "a'b"), "host=h user=u password='a\\'b'")

    def test_a_server_of_a_table_s_own_is_not_given_the_password_of_another(self) -> None:
        settings = {"postgres.url": "postgresql://u@h:1/d", "postgres.password": "secret"}
        self.assertEqual(address_for(settings, table("postgres")), "postgresql://u:secret@h:1/d")
        self.assertEqual(address_for(settings, table("postgres", url="postgresql://u@own/d")), "postgresql://u@own/d")


if __name__ == "__main__":
    unittest.main()
