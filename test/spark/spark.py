"""What the tests with real Spark share: where it is, comparisons in one session."""
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# Queries of some hundred rows cost what their compilation costs.
QUICKLY = "--driver-java-options '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC' --conf spark.sql.codegen.wholeStage=false"
LONG = bool(os.environ.get("WEIR_TEST_LONG"))


def python():
    """The interpreter that has pyspark; installs Spark where it is missing, or skips the test (77)."""
    said = subprocess.run([os.path.join(ROOT, "script", "spark"), "--python"], stdout=subprocess.PIPE, text=True)
    if said.returncode:
        print("skipped: Spark cannot be installed here (script/spark says why)")
        sys.exit(77)
    return said.stdout.strip()


def environment():
    return {**os.environ, "PYTHONPATH": os.path.join(ROOT, "spark"), "PYTHONDONTWRITEBYTECODE": "1",
            "SPARK_LOCAL_IP": "127.0.0.1", "PYSPARK_SUBMIT_ARGS": f"--conf spark.driver.memory=1g {QUICKLY} pyspark-shell"}


def prepare(weir, file, folder, *arguments, env=None):
    """The half of `weir verify` that needs no Spark; its complaint, or None."""
    said = subprocess.run([weir, "verify", file, "--prepare", "--out", folder, *arguments],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          env={**os.environ, **(env or {})})
    return said.stderr if said.returncode else None


def compare(spark_python, folders, *arguments):
    """The other half for all of them, in one Spark: (exit status, what it says)."""
    command = [spark_python, "-m", "weir_spark", "verify", *arguments]
    for folder in folders:
        command += ["--dir", folder]
    said = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment())
    return said.returncode, said.stdout, said.stderr


def statements(text):
    """A file's statements, cut at semicolons outside of quotes and comments."""
    out, start, i = [], 0, 0
    while i < len(text):
        if text.startswith("--", i):
            i = text.find("\n", i) if "\n" in text[i:] else len(text)
        elif text.startswith("/*", i):
            i = text.find("*/", i) + 2
        elif text[i] in "'\"`":
            quote, i = text[i], i + 1
            while i < len(text) and text[i] != quote:
                i += 2 if text[i] == "\\" and quote != "`" else 1
            i += 1
        elif text[i] == ";":
            out.append(text[start:i])
            i += 1
            start = i
        else:
            i += 1
    out.append(text[start:])
    return [s for s in out if any(line.strip() and not line.strip().startswith("--") for line in s.splitlines())]
