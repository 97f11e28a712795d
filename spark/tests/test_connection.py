import os
import pickle
import ssl
import subprocess
import tempfile
import unittest

from plans import table, with_settings

from weir_spark.cassandra_table import Address
from weir_spark.connection import password
from weir_spark.sinks import sink_of


class Files(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, name: str, text: str = "") -> str:
        path = os.path.join(self.folder, name)
        if text:
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        return path

    def test_a_password_is_the_first_line(self) -> None:
        self.assertEqual(password({"postgres.password.file": self.path("p", "secret \nmore\n")}, "postgres"), "secret")

    def test_a_file_that_is_missing_or_no_certificate_is_named_with_its_setting(self) -> None:
        with self.assertRaisesRegex(ValueError, "cassandra.password.file names .*/none, which cannot be read: No such file"):
            password({"cassandra.password.file": self.path("none")}, "cassandra")
        with self.assertRaisesRegex(ValueError, "cassandra.tls.ca names .*/text, which holds no PEM"):
            Address({"cassandra.contact.points": "h", "cassandra.tls": "true", "cassandra.tls.ca": self.path("text", "?")})

    def test_workers_need_no_file_of_cassandra_tls(self) -> None:
        key, certificate = self.path("key"), self.path("certificate")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=h", "-keyout", key, "-out",
                        certificate], check=True, capture_output=True)
        here = Address({"cassandra.contact.points": "h", "cassandra.tls": "true", "cassandra.tls.ca": certificate,
                        "cassandra.tls.certificate": certificate, "cassandra.tls.key": key})
        there = pickle.loads(pickle.dumps(here))
        os.remove(key)
        os.remove(certificate)
        context = there.tls.context()
        self.assertEqual((len(context.get_ca_certs()), context.verify_mode), (1, ssl.CERT_REQUIRED))


class Sinks(unittest.TestCase):
    def test_a_source_in_a_server_that_is_not_named_is_no_empty_table(self) -> None:
        for provider, setting in (("postgres", "postgres.url"), ("cassandra", "cassandra.contact.points")):
            with self.assertRaisesRegex(ValueError, f"rows of table t are in a server.*{setting}"):
                sink_of(None, with_settings(), table(provider), "")  # type: ignore[arg-type]

    def test_a_table_s_own_server_is_enough(self) -> None:
        found = sink_of(None, with_settings(), table("postgres", url="postgresql://u@own/d"), "")  # type: ignore[arg-type]
        self.assertEqual(found.where, "postgresql://u@own/d")  # type: ignore[attr-defined]


if __name__ == "__main__":
    unittest.main()
