"""The built scripts and styles that the pages need."""

from __future__ import annotations

from pathlib import Path

STATIC = Path(__file__).resolve().parent.parent / "web" / "static"
BUILT = ("vendor/htmx.js", "vendor/echarts.js", "vendor/maplibre-gl.mjs", "vendor/icons.svg", "geo")


def missing_assets() -> tuple[str, ...]:
    """What `node build.mjs` should have made and has not."""
    return tuple(name for name in BUILT if not (STATIC / name).exists())
