"""LONGSHORE_DATABASE_URL to Django's DATABASES entry."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from longshore.project import embedded


class DatabaseUrlError(Exception):
    """The address of the database cannot be read; the message says how it should look."""


def settings_for(url: str | None, name: str | None = None) -> dict[str, Any]:
    """The connection settings for an address, or for the embedded server when there is none; `name` overrides both."""
    shared: dict[str, Any] = {
        "ENGINE": "longshore.project.database",
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "ATOMIC_REQUESTS": False,
    }
    if not url:
        return {
            **shared,
            "EMBEDDED": True,
            "NAME": name or "longshore",
            "CREATED_WHEN_MISSING": name or "longshore",
            "USER": embedded.SUPERUSER,
            "HOST": str(embedded.socket_directory()),
            "PORT": str(embedded.PORT),
        }
    chosen = _parse(url)
    return {**shared, "EMBEDDED": False, **chosen, "NAME": name or chosen["NAME"]}


def _parse(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    if parts.scheme not in ("postgresql", "postgres") or not parts.path.strip("/"):
        raise DatabaseUrlError(
            "LONGSHORE_DATABASE_URL must look like postgresql://user:password@host:5432/name; correct it or unset it."
        )
    options = dict(parse_qsl(parts.query))
    host = options.pop("host", None) or unquote(parts.hostname or "")
    return {
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(parts.port or options.pop("port", "")),
        "OPTIONS": options,
    }
