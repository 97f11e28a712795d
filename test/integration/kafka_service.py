"""The real Kafkas of script/services, for tests: where they are, their own tools, kcat."""
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable

import servers


def folder(service_name: str) -> str:
    """The service's own folder."""
    return os.path.join(os.path.dirname(os.path.realpath(servers.conf_path())), "build-services"
                        if os.path.dirname(os.path.realpath(servers.conf_path())) == servers.ROOT else "",
                        service_name)


def told(service_name: str, what: str) -> str:
    """What the service says of itself: address, secure, version, pid."""
    with open(os.path.join(folder(service_name), what), encoding="utf-8") as file:
        return file.read().strip()


def need(service_name: str) -> None:
    try:
        os.kill(int(told(service_name, "pid")), 0)
    except (OSError, ValueError):
        print(f"skipped: {service_name} does not run; start it with: script/services up "
              f"{service_name}")
        sys.exit(77)


def tool(service_name: str, class_name: str, *args: str, stdin: str = "") -> str:
    """One of Kafka's own command-line tools, of the broker's version."""
    cache = os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache"))
    jars = os.path.join(cache, "weir", "jars", "kafka-" + told(service_name, "version"), "*")
    logging = os.path.join(servers.ROOT, "script", "service", "kafka", "log4j")
    done = subprocess.run(
        ["java", "-Xmx128m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC",
         f"-Dlog4j.configuration=file:{logging}.properties",
         f"-Dlog4j2.configurationFile={logging}2.properties", "-cp", jars,
         class_name, "--bootstrap-server", told(service_name, "address"),
         *args], input=stdin, capture_output=True, text=True, check=False)
    if done.returncode:
        raise AssertionError(f"{class_name} {' '.join(args)}: {done.stdout}{done.stderr}")
    return done.stdout


def run_each(tests: Iterable[Callable[[], None]], only: list[str], afterwards: Callable[[], None] = lambda: None) -> int:
    """Runs those of the tests that `only` names (all, where it is empty), and tells of each; how many failed."""
    failures = 0
    for each in tests:
        if only and each.__name__ not in only:
            continue
        began = time.monotonic()
        try:
            each()
            print(f"ok {each.__name__} ({time.monotonic() - began:.1f} s)", flush=True)
        except AssertionError as error:
            failures += 1
            print(f"FAIL {each.__name__}: {error}", flush=True)
        finally:
            afterwards()
    return failures


def groups(service_name: str, *args: str) -> str:
    """What kafka-consumer-groups says."""
    return tool(service_name, "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand", *args)


def set_topic(service_name: str, topic: str, setting: str) -> None:
    tool(service_name, "kafka.admin.ConfigCommand", "--alter", "--entity-type", "topics",
               "--entity-name", topic, "--add-config", setting)


def kcat(service_name: str, *args: str, stdin: str | None = None) -> str:
    done = subprocess.run(["kcat", "-b", told(service_name, "address"), *args], input=stdin,
                          capture_output=True, text=True, check=False)
    if done.returncode:
        raise AssertionError(f"kcat {' '.join(args)}: {done.stderr}")
    return done.stdout


def records(service_name: str, topic: str, form: str = "%s\n") -> list[str]:
    """All committed records of a topic, as kcat prints them. A topic that was just made is not known to
    everyone at once: it has none yet."""
    try:
        return read(service_name, topic, form)
    except AssertionError as error:
        if "Unknown topic" not in str(error):
            raise
        return []


def read(service_name: str, topic: str, form: str) -> list[str]:
    return kcat(service_name, "-C", "-t", topic, "-e", "-q", "-o", "beginning",
                "-X", "isolation.level=read_committed", "-f", form).splitlines()
