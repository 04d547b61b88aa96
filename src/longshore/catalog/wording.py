"""Names in the language of the reader."""

from __future__ import annotations

from django.utils.translation import get_language


def chinese() -> bool:
    return (get_language() or "").startswith("zh")


def local_name(name: str, name_zh: str) -> str:
    """The Chinese name to a Chinese reader where there is one."""
    return name_zh if name_zh and chinese() else name
