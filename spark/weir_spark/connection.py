"""What the settings say of a connection. Passwords come from where weir takes them."""
from __future__ import annotations

import os


def password(settings: dict[str, str], server: str) -> str | None:
    """WEIR_POSTGRES_PASSWORD, postgres.password, or the first line of postgres.password.file."""
    found = os.environ.get(f"WEIR_{server.upper()}_PASSWORD") or settings.get(f"{server}.password")
    if not found and f"{server}.password.file" in settings:
        with open(settings[f"{server}.password.file"], encoding="utf-8") as file:
            found = file.readline().strip()
    return found
