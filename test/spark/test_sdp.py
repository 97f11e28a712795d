#!/usr/bin/env python3
"""`weir export spark --sdp`: `spark-pipelines dry-run` accepts the projects, and refuses one that was spoilt.

  test_sdp.py WEIR
"""
import contextlib
import os
import signal
import subprocess
import sys
import tempfile

import spark

# What such a project can say: views over views, windows, joins, sessions, flows, a topic in between, constraints, names
# that need quotes, a view over tables.
FILE = """SET TIME ZONE 'Europe/London';
CREATE TABLE clicks (id BIGINT NOT NULL, `user name` STRING, price DECIMAL(10,2), ts TIMESTAMP,
  CONSTRAINT dear CHECK (price > 0 AND `user name` <> 'it''s')) USING kafka OPTIONS ('topic' = 'clicks');
CREATE TABLE users (`user name` STRING, country STRING) USING json OPTIONS ('path' = '{folder}/users.json');
CREATE TABLE pages (id BIGINT, ts TIMESTAMP) USING csv OPTIONS ('path' = '{folder}/pages', 'sep' = ';');
CREATE TEMPORARY VIEW timed AS SELECT * FROM STREAM clicks WATERMARK ts DELAY OF INTERVAL 10 SECONDS;
CREATE TEMPORARY VIEW named (who, what, at) AS SELECT `user name`, price, ts FROM timed;
CREATE STREAMING TABLE cleaned USING kafka TBLPROPERTIES ('topic' = 'cleaned', 'key' = 'id') AS SELECT * FROM STREAM clicks WHERE id > 0;
CREATE STREAMING TABLE by_minute USING cassandra TBLPROPERTIES ('primary_key' = 'minute, who') AS
SELECT window.start AS minute, who, sum(what) AS total FROM named GROUP BY window(at, '1 minute'), who;
CREATE STREAMING TABLE visits USING postgres AS
SELECT session_window.start AS began, id, count(*) AS n FROM STREAM cleaned WATERMARK ts DELAY OF INTERVAL 1 SECOND
GROUP BY session_window(ts, '5 seconds'), id;
CREATE STREAMING TABLE seen USING postgres AS SELECT c.id, c.ts FROM STREAM clicks WATERMARK ts DELAY OF INTERVAL 1 SECOND AS c
JOIN STREAM pages WATERMARK ts DELAY OF INTERVAL 1 SECOND AS p ON c.id = p.id AND p.ts BETWEEN c.ts AND c.ts + INTERVAL 5 SECONDS;
CREATE STREAMING TABLE countries USING postgres AS SELECT id, country FROM STREAM clicks JOIN users USING (`user name`);
CREATE MATERIALIZED VIEW busy USING postgres AS SELECT who, max(total) AS most FROM by_minute GROUP BY who;
"""


def dry_run(python, folder):
    home = os.path.dirname(subprocess.run([python, "-c", "import pyspark; print(pyspark.__file__)"], capture_output=True, text=True, check=True)
                           .stdout.strip())
    # SPARK_TESTING: its server takes a port that is free.
    environment = {**os.environ, "SPARK_HOME": home, "PYSPARK_PYTHON": python, "PYSPARK_DRIVER_PYTHON": python, "SPARK_LOCAL_IP": "127.0.0.1",
                   "PYTHONDONTWRITEBYTECODE": "1", "SPARK_TESTING": "1", "PATH": os.path.dirname(python) + os.pathsep + os.environ["PATH"]}
    with open(folder + "/said", "w+", encoding="utf-8") as said:
        process = subprocess.Popen([home + "/bin/spark-pipelines", "dry-run", "--spec", folder + "/spark-pipeline.yml"], stdout=said,
                                   stderr=subprocess.STDOUT, env=environment, cwd=folder, start_new_session=True)
        status = process.wait()
        with contextlib.suppress(OSError):  # Its server outlives a run that failed.
            os.killpg(process.pid, signal.SIGKILL)
        said.seek(0)
        return status, said.read()


def main():
    weir = os.path.abspath(sys.argv[1])
    python = spark.python()
    failed = False
    with tempfile.TemporaryDirectory(prefix="weir-sdp-") as scratch:
        os.makedirs(scratch + "/pages")
        open(scratch + "/users.json", "w", encoding="utf-8").close()
        with open(scratch + "/made.sql", "w", encoding="utf-8") as file:
            file.write(FILE.replace("{folder}", scratch))
        cases = [("orders", spark.ROOT + "/examples/orders/pipeline.sql"), ("made", scratch + "/made.sql")]
        for name, file in cases if spark.LONG else cases[1:]:
            folder = f"{scratch}/{name}"
            said = subprocess.run([weir, "export", "spark", file, "--sdp", "--out", folder, "--set", "kafka.bootstrap.servers=127.0.0.1:9"],
                                  capture_output=True, text=True, check=False)
            if said.returncode:
                print(f"FAIL {name}: {said.stderr}")
                failed = True
                continue
            status, told = dry_run(python, folder)
            print(f"{'FAIL' if status else 'ok  '} {name}: spark-pipelines dry-run")
            if status:
                print("\n".join(line[:300] for line in told.splitlines() if "Error:" in line or "Exception" in line)[-3000:])
                failed = True
        with open(scratch + "/made/transformations/tables.sql", "a", encoding="utf-8") as file:
            file.write("\nCREATE MATERIALIZED VIEW wrong AS SELECT nothing FROM by_minute;\n")
        status, told = dry_run(python, scratch + "/made")
        spoilt = status != 0 and "UNRESOLVED_COLUMN" in told
        print(f"{'ok  ' if spoilt else 'FAIL'} a spoilt project is refused")
        failed = failed or not spoilt
    return failed


if __name__ == "__main__":
    sys.exit(main())
