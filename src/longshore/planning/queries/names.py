"""What an item or a site is called."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Name:
    code: str
    name: str
    name_zh: str
