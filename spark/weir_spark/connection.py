"""What the settings say of a connection. Passwords come from where weir takes them."""
from __future__ import annotations

import os


def read_named(key: str, path: str) -> str:
    """The text of the file that the setting `key` names."""
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except (OSError, UnicodeError) as failure:
        why = failure.strerror if isinstance(failure, OSError) else "it is no text"
        raise ValueError(f"{key} names {path}, which cannot be read: {why}") from failure


def read_pem(key: str, path: str) -> str:
    text = read_named(key, path)
    if "-----BEGIN " not in text:
        raise ValueError(f"{key} names {path}, which holds no PEM")
    return text


def password(settings: dict[str, str], server: str) -> str | None:
    """WEIR_POSTGRES_PASSWORD, postgres.password, or the first line of postgres.password.file."""
    found = os.environ.get(f"WEIR_{server.upper()}_PASSWORD") or settings.get(f"{server}.password")
    key = f"{server}.password.file"
    return found or (password_in(key, settings[key]) if key in settings else None)


def password_in(key: str, path: str) -> str:
    return read_named(key, path).split("\n", 1)[0].strip()
