"""What the house tests read: our own Python files, parsed once."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "longshore"


@dataclass(frozen=True, slots=True)
class Source:
    path: Path
    name: str
    text: str
    tree: ast.Module

    @property
    def app(self) -> str:
        """The folder right under longshore, or the package itself."""
        parts = self.path.relative_to(PACKAGE).parts
        return parts[0] if len(parts) > 1 else "longshore"

    @property
    def is_migration(self) -> bool:
        return "migrations" in self.path.parts


@cache
def sources() -> tuple[Source, ...]:
    """Every module of the package, migrations included."""
    found = sorted(PACKAGE.rglob("*.py"))
    return tuple(_read(path) for path in found if "node_modules" not in path.parts)


@cache
def modules() -> tuple[Source, ...]:
    return tuple(source for source in sources() if not source.is_migration)


def _read(path: Path) -> Source:
    text = path.read_text(encoding="utf-8")
    return Source(path, str(path.relative_to(ROOT)), text, ast.parse(text))
