#!/usr/bin/env python3
"""weir against a real PostgreSQL.

usage: test_postgres.py WEIR
"""
import sys

import servers


def server_answers() -> None:
    assert servers.psql("SELECT 1 + 1") == "2"


def main() -> int:
    servers.need("postgres")
    server_answers()
    return 0


if __name__ == "__main__":
    sys.exit(main())
