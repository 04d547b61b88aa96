"""The built scripts and styles that the pages need."""

from __future__ import annotations

from pathlib import Path

BUILT = Path(__file__).resolve().parent.parent / "web" / "static" / "vendor"


def missing_assets() -> tuple[str, ...]:
    """What `node build.mjs` should have made and has not."""
    if not BUILT.is_dir() or not any(BUILT.rglob("*.js")) or not any(BUILT.rglob("*.css")):
        return (str(BUILT),)
    return ()
