import os
import tempfile
import unittest

from plans import table, with_settings

from weir_spark.report import input_hashes, settings_shown


class Certificate(unittest.TestCase):
    def test_no_secret_is_shown(self) -> None:
        plan = with_settings(kafka__ssl__key__pem="-----BEGIN", kafka__sasl__password="p",
                             spark__hadoop__fs__s3a__access__key="k", postgres__url="postgresql://u:p@h/d",
                             spark__master="local[2]")
        self.assertEqual({k for k, v in settings_shown(plan).items() if v != "(not shown)"}, {"spark.master"})

    def test_a_file_that_is_read_as_a_table_is_input_too(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            os.makedirs(folder + "/names/more")
            plan = with_settings()
            plan.tables["t"] = table("json", path=folder + "/names")
            seen = set()
            for path, text in (("a.json", "1"), ("a.json", "2"), ("more/a.json", "2")):
                with open(f"{folder}/names/{path}", "w", encoding="utf-8") as file:
                    file.write(text)
                seen.add(input_hashes(plan, folder)["t"]["sha256"])
            self.assertEqual(len(seen), 3)


if __name__ == "__main__":
    unittest.main()
