"""What weir hands to spark-submit, and what it says when nothing comes back: a stand-in notes how it is called."""

import os
import stat

import weir
from weir import WeirTest

PIPELINE = """CREATE TABLE given (id BIGINT) USING json OPTIONS ('path' = '{folder}/given.json');
CREATE STREAMING TABLE kept USING postgres AS SELECT id FROM STREAM given;
"""
SUBMIT = """#!/bin/sh
printf '%s\\n' "$@" >{folder}/arguments
echo 'JAVA_HOME is not set' >&2
exit 1
"""


class Submit(WeirTest):
    def setUp(self):
        super().setUp()
        self.file = self.write("pipeline.sql", PIPELINE)
        self.write("given.json", '{"id": 1}\n')
        for name in ("bin", "conf"):
            os.makedirs(os.path.join(self.folder, name))
        self.write("conf/spark-env.sh", "")  # It may say where Java is: weir does not look for it.
        os.chmod(self.write("bin/spark-submit", SUBMIT), 0o755)

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace("{folder}", self.folder))
        return path

    def with_stand_in(self, *args, status, **more):
        env = {k: v for k, v in os.environ.items() if k != "PYSPARK_PYTHON"}
        _, err = self.weir(*args, status=status, env={**env, "SPARK_HOME": self.folder, **more})
        with open(os.path.join(self.folder, "arguments"), encoding="utf-8") as file:
            return err, file.read().splitlines()

    def test_settings_of_spark_are_on_no_command_line(self):
        _, given = self.with_stand_in("run", self.file, "--engine", "spark", "--data", self.data, "--set", "spark.ssl.keyPassword=geheim",
                                      "--set", "spark.x=C:\\a b\nc", "--set", "spark.checkpoint.dir=/cp", "--quiet", status=3)
        self.assertNotIn("geheim", "\n".join(given))
        conf = given[given.index("--properties-file") + 1]
        self.assertEqual(stat.S_IMODE(os.stat(conf).st_mode), 0o600)
        with open(conf, encoding="utf-8") as file:
            lines = file.read().splitlines()
        self.assertIn("spark.ssl.keyPassword=geheim", lines)
        self.assertIn("spark.x=C:\\\\a b\\nc", lines)
        self.assertFalse([line for line in lines if line.startswith("spark.checkpoint.dir")])
        self.assertIn("spark.master=local[2]", given)

    def test_a_master_may_come_from_the_environment(self):
        _, given = self.with_stand_in("run", self.file, "--engine", "spark", "--data", self.data, "--quiet", status=3, WEIR_SPARK_MASTER="yarn")
        self.assertIn("spark.master=yarn", given)

    def test_no_java_and_no_master_are_told_before_spark_does(self):
        _, err = self.weir("run", self.file, "--engine", "spark", "--data", self.data, "--set", "spark.master=foo", "--quiet", status=1,
                           env={**os.environ, "SPARK_HOME": self.folder})
        self.assertEqual(err, "weir run: spark.master is 'foo': take local[2], spark://HOST:7077, yarn or k8s://https://HOST:PORT\n")
        os.remove(os.path.join(self.folder, "conf", "spark-env.sh"))
        for name, value, words in (("JAVA_HOME", "/nowhere", "and JAVA_HOME is /nowhere, where there is no bin/java"),
                                   ("PATH", "/nowhere", "install it, or set JAVA_HOME")):
            env = {**{k: v for k, v in os.environ.items() if k != "JAVA_HOME"}, "SPARK_HOME": self.folder, name: value}
            _, err = self.weir("run", self.file, "--engine", "spark", "--data", self.data, "--quiet", status=1, env=env)
            self.assertIn("Spark needs Java 17", err)
            self.assertIn(words, err)

    def test_a_comparison_without_a_result_is_no_difference(self):
        err, _ = self.with_stand_in("verify", self.file, "--out", os.path.join(self.folder, "verify"), status=3)
        self.assertIn("JAVA_HOME is not set", err)
        self.assertIn("weir verify: Spark ended with status 1, without a result; what it said stands above", err)

    def test_a_comparison_of_nothing_is_refused(self):
        _, err = self.weir("verify", self.file, "--prepare", "--flows", "kept, nosuch", status=1)
        self.assertIn("--flows: ", err)
        self.assertIn("has no flow and no view 'nosuch'", err)
        nothing = self.write("nothing.sql", PIPELINE.splitlines()[0])
        _, err = self.weir("verify", nothing, "--prepare", status=1)
        self.assertIn("nothing.sql has no flow and no view: there is nothing to compare", err)


if __name__ == "__main__":
    weir.main()
