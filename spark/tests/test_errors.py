import unittest

from weir_spark.errors import is_away, place_of, words


class Context:
    def __init__(self, start: int, stop: int, fragment: str) -> None:
        self.parts = start, stop, fragment

    def startIndex(self) -> int:
        return self.parts[0]

    def stopIndex(self) -> int:
        return self.parts[1]

    def fragment(self) -> str:
        return self.parts[2]


class Java:
    def __init__(self, text: str, cause: "Java | None" = None) -> None:
        self.text, self.cause = text, cause

    def toString(self) -> str:
        return self.text

    def getCause(self) -> "Java | None":
        return self.cause


class Failure(Exception):
    java_exception: Java | None = None

    def __init__(self, text: str, context: Context | None = None) -> None:
        super().__init__(text)
        self.context = context

    def getQueryContext(self) -> list[Context]:
        return [self.context] if self.context else []


class Places(unittest.TestCase):
    """A query that stands at line 7, column 4 of the file."""

    QUERY = "SELECT a,\n  b / 0 AS c\nFROM STREAM t"

    def test_the_first_line_begins_at_the_query_s_column(self) -> None:
        self.assertEqual(place_of(Failure("x", Context(7, 7, "a")), self.QUERY, 7, 4), (7, 11))

    def test_later_lines_have_their_own_columns(self) -> None:
        self.assertEqual(place_of(Failure("x", Context(12, 16, "b / 0")), self.QUERY, 7, 4), (8, 3))

    def test_the_place_of_another_text_is_not_taken(self) -> None:
        self.assertEqual(place_of(Failure("x", Context(12, 16, "other")), self.QUERY, 7, 4), (7, 4))

    def test_a_place_in_words_will_do(self) -> None:
        words = "[DIVIDE_BY_ZERO] …\n== SQL (line 2, position 3) ==\nb / 0"
        self.assertEqual(place_of(Failure(words), self.QUERY, 7, 4), (8, 3))
        self.assertEqual(place_of(Failure("[PARSE_SYNTAX_ERROR] … (line 1, pos 7)"), self.QUERY, 7, 4), (7, 11))


class Words(unittest.TestCase):
    def test_the_innermost_sentence_is_told(self) -> None:
        text = ("[STREAM_FAILED] Query terminated with exception: [FOREACH_BATCH_USER_FUNCTION_ERROR] An error\n"
                "psycopg2.OperationalError: connection refused\nmore")
        self.assertEqual(words(Failure(text)), "connection refused")
        self.assertEqual(words(Failure("[STREAM_FAILED] Query [id = x] terminated: [DIVIDE_BY_ZERO] Division by zero.")),
                         "[DIVIDE_BY_ZERO] Division by zero.")

    def test_of_a_worker_s_failure_the_last_line_is_told(self) -> None:
        text = ("[PYTHON_EXCEPTION] An exception was thrown from the Python worker: Traceback (most recent call last):\n"
                '  File "x.py", line 1, in put\n    {}\n{}\n\n\tat org.apache.spark.api')
        self.assertEqual(words(Failure(text.format("int(x)", "ValueError: no number"))), "ValueError: no number")
        missing = text.format("import cassandra", "ModuleNotFoundError: No module named 'cassandra'")
        self.assertIn("has no cassandra-driver: install it there", words(Failure(missing)))

    def test_of_java_s_failures_the_innermost_is_told(self) -> None:
        failure = Failure("An error occurred while calling o141.start.")
        failure.java_exception = Java("org.apache.spark.SparkException: x", Java("java.io.IOException: mkdir of /x failed"))
        self.assertEqual(words(failure), "mkdir of /x failed")
        failure.java_exception = Java("java.lang.NullPointerException")
        self.assertEqual(words(failure), "java.lang.NullPointerException")

    def test_what_kafka_says_is_told_and_not_what_was_called(self) -> None:
        text = ("An error occurred while calling o58.get.\n: java.util.concurrent.ExecutionException: "
                "org.apache.kafka.common.errors.SaslAuthenticationException: Authentication failed: Invalid password")
        self.assertEqual(words(Failure(text)), "Authentication failed: Invalid password")
        self.assertFalse(is_away(Failure(text)))

    def test_a_server_that_is_away_is_waited_for_and_a_wrong_password_is_not(self) -> None:
        self.assertTrue(is_away(Failure("psycopg2.OperationalError: connection to server failed: Connection refused")))
        self.assertTrue(is_away(Failure("cassandra.cluster.NoHostAvailable: ('Unable to connect to any servers', …)")))
        self.assertFalse(is_away(Failure("psycopg2.OperationalError: password authentication failed for user \"weir\"")))
        self.assertFalse(is_away(Failure("[DIVIDE_BY_ZERO] Division by zero.")))


if __name__ == "__main__":
    unittest.main()
