"""Where this installation keeps its own files: LONGSHORE_HOME, by default `.longshore` in the user's home."""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path


def directory() -> Path:
    chosen = os.environ.get("LONGSHORE_HOME")
    return Path(chosen).expanduser().resolve() if chosen else Path.home() / ".longshore"


def fingerprint() -> str:
    """A short name for this home, for paths that must stay short."""
    return hashlib.sha256(str(directory()).encode()).hexdigest()[:12]


def secret_key() -> str:
    """The signing key: from the environment, else made once and kept in a file only the owner can read."""
    given = os.environ.get("LONGSHORE_SECRET_KEY")
    if given:
        return given
    path = directory() / "secret.key"
    if not path.exists():
        _write_once(path, secrets.token_urlsafe(64))
    return path.read_text().strip()


def _write_once(path: Path, text: str) -> None:
    """Create the file with its content in one step; the first of several processes wins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    try:
        os.link(temporary, path)
    except FileExistsError:
        return
    finally:
        temporary.unlink()
