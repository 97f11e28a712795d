"""weir export spark: what it writes, and who may read it."""

import json
import os
import pathlib
import stat

import weir
from weir import WeirTest

EXAMPLE = pathlib.Path(__file__).parent.parent.parent / "examples" / "orders" / "pipeline.sql"


class Export(WeirTest):
    def test_the_plan_holds_secrets_and_is_its_owners_alone(self):
        out = os.path.join(self.folder, "out")
        os.makedirs(out)
        self.weir("export", "spark", str(EXAMPLE), "--out", out,
                  "--set", "postgres.url=postgresql://shop:geheim@127.0.0.1/shop")
        plan = os.path.join(out, "plan.json")
        with open(plan, encoding="utf-8") as file:
            text = file.read()
        self.assertIn("geheim", text)
        self.assertIn("revenue_by_minute", json.dumps(json.loads(text)))
        self.assertEqual(stat.S_IMODE(os.stat(plan).st_mode), 0o600)
        self.assertTrue(os.path.exists(os.path.join(out, "weir_spark", "__init__.py")))

    def test_the_plan_is_spark_s_part_and_the_rest_is_told(self):
        out = os.path.join(self.folder, "out")
        said, _ = self.weir("export", "spark", str(EXAMPLE), "--out", out)
        with open(os.path.join(out, "plan.json"), encoding="utf-8") as file:
            plan = json.load(file)
        self.assertEqual([flow["name"] for flow in plan["flows"]], ["revenue_by_minute", "order_history"])
        self.assertIn("--collect", said)

    def test_values_that_may_be_written_in_many_ways_reach_the_runner_in_one(self):
        path = os.path.join(self.folder, "words.sql")
        with open(path, "w", encoding="utf-8") as file:
            file.write("CREATE TABLE a (k STRING, v INT) USING csv OPTIONS ('path' = 'a.csv', 'header' = 'TRUE', 'nullValue' = 'NA');\n"
                       "CREATE STREAMING TABLE t USING cassandra TBLPROPERTIES ('primary_key' = 'k', 'ttl' = '1h', 'Timestamps' = 'Microseconds')\n"
                       "AS SELECT k, v FROM STREAM a;\n")
        out = os.path.join(self.folder, "out")
        self.weir("export", "spark", path, "--out", out, "--set", "cassandra.tls=True")
        with open(os.path.join(out, "plan.json"), encoding="utf-8") as file:
            plan = json.load(file)
        tables = {table["name"]: table for table in plan["tables"]}
        self.assertEqual(tables["a"]["options"]["header"], "true")
        self.assertEqual(tables["a"]["options"]["nullvalue"], "NA")
        self.assertEqual(tables["t"]["options"]["timestamps"], "microseconds")
        self.assertEqual(tables["t"]["ttl_us"], 3600 * 1000000)
        self.assertEqual(plan["settings"]["cassandra.tls"], "true")

    def test_a_project_of_declarative_pipelines_names_what_it_cannot_say(self):
        out = os.path.join(self.folder, "sdp")
        said, _ = self.weir("export", "spark", str(EXAMPLE), "--sdp", "--out", out, "--set", "kafka.bootstrap.servers=127.0.0.1:9",
                            "--set", "kafka.sasl.username=u")
        with open(os.path.join(out, "transformations", "tables.sql"), encoding="utf-8") as file:
            text = file.read()
        self.assertIn("CREATE STREAMING TABLE `revenue_by_minute` AS\nSELECT category", text)
        self.assertNotIn("USING", text)
        self.assertIn("`revenue_by_minute` (line 20): Spark has no streaming sink for Cassandra", said)
        self.assertIn("the login at Kafka (`kafka.sasl.username`): transformations/sources.py has librdkafka's names", said)
        sources = os.path.join(out, "transformations", "sources.py")
        self.assertEqual(stat.S_IMODE(os.stat(sources).st_mode), 0o600)

    def test_what_has_no_final_rows_is_no_project(self):
        path = os.path.join(self.folder, "totals.sql")
        with open(path, "w", encoding="utf-8") as file:
            file.write("CREATE TABLE a (k STRING) USING json OPTIONS ('path' = 'a.json');\n"
                       "CREATE STREAMING TABLE t USING postgres TBLPROPERTIES ('primary_key' = 'k', 'unbounded_state' = 'true')\n"
                       "AS SELECT k, count(*) AS n FROM STREAM a GROUP BY k;\n")
        _, err = self.weir("export", "spark", path, "--sdp", "--out", os.path.join(self.folder, "x"), status=1)
        self.assertIn("STREAMING_OUTPUT_MODE.UNSUPPORTED_OPERATION", err)

    def test_a_generated_source_without_a_topic_is_refused_with_the_remedy(self):
        path = os.path.join(self.folder, "rate.sql")
        with open(path, "w", encoding="utf-8") as file:
            file.write("CREATE TABLE r (timestamp TIMESTAMP, value BIGINT) USING rate OPTIONS ('rows' = '3');\n"
                       "CREATE STREAMING TABLE t USING postgres AS SELECT value FROM STREAM r;\n")
        _, err = self.weir("export", "spark", path, "--out", os.path.join(self.folder, "x"), status=1)
        self.assertIn("CREATE STREAMING TABLE r_topic USING kafka", err)


if __name__ == "__main__":
    weir.main()
