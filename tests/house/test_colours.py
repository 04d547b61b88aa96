"""The colours of the tokens can be read by everybody: contrast (WCAG 2), distance for the colour-blind (CIEDE2000)."""

from __future__ import annotations

import itertools
import math
import re
from pathlib import Path

import pytest

TOKENS = Path(__file__).resolve().parents[2] / "src/longshore/web/static/face/css/tokens.css"
Rgb = tuple[float, float, float]
# Machado, Oliveira and Fernandes 2009, severity 1.0, on linear RGB.
SEEING: dict[str, tuple[Rgb, Rgb, Rgb]] = {
    "normal": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "protan": (
        (0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998),
    ),
    "deutan": (
        (0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881),
    ),
    "tritan": (
        (1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900),
    ),
}  # fmt: skip
LEAST_DISTANCE = {"dark": 14.0, "light": 15.0}


def _theme(name: str) -> dict[str, str]:
    """The six-digit colours of a theme's block."""
    css = TOKENS.read_text(encoding="utf-8")
    block = css[css.index(f'[data-theme="{name}"] {{') :]
    block = block[: block.index("}")]
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))


def _linear(colour: str) -> Rgb:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return red, green, blue


def _contrast(one: str, other: str) -> float:
    def light(colour: str) -> float:
        red, green, blue = _linear(colour)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    dark, bright = sorted((light(one), light(other)))
    return (bright + 0.05) / (dark + 0.05)


def _lab(colour: str, seeing: str) -> tuple[float, float, float]:
    given = _linear(colour)
    red, green, blue = (
        min(1.0, sum((m * c for m, c in zip(line, given, strict=True)), start=0.0)) for line in SEEING[seeing]
    )
    red, green, blue = (c if c > 0 else 0.0 for c in (red, green, blue))
    x = (0.4124564 * red + 0.3575761 * green + 0.1804375 * blue) / 0.95047
    y = 0.2126729 * red + 0.7151522 * green + 0.0721750 * blue
    z = (0.0193339 * red + 0.1191920 * green + 0.9503041 * blue) / 1.08883

    def f(t: float) -> float:
        return t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116

    return 116 * f(y) - 16, 500 * (f(x) - f(y)), 200 * (f(y) - f(z))


def _distance(one: tuple[float, float, float], other: tuple[float, float, float]) -> float:
    """CIEDE2000 (Sharma, Wu, Dalal 2005)."""
    (l1, a1, b1), (l2, a2, b2) = one, other
    mean_chroma = (math.hypot(a1, b1) + math.hypot(a2, b2)) / 2
    g = 0.5 * (1 - math.sqrt(mean_chroma**7 / (mean_chroma**7 + 25**7)))
    c1, c2 = math.hypot(a1 * (1 + g), b1), math.hypot(a2 * (1 + g), b2)
    h1 = math.degrees(math.atan2(b1, a1 * (1 + g))) % 360
    h2 = math.degrees(math.atan2(b2, a2 * (1 + g))) % 360
    turn = (h2 - h1 + 180) % 360 - 180 if c1 * c2 else 0.0
    dh = 2 * math.sqrt(c1 * c2) * math.sin(math.radians(turn / 2))
    lm, cm = (l1 + l2) / 2, (c1 + c2) / 2
    hm = (h1 + turn / 2) % 360
    t = (
        1
        - 0.17 * math.cos(math.radians(hm - 30))
        + 0.24 * math.cos(math.radians(2 * hm))
        + 0.32 * math.cos(math.radians(3 * hm + 6))
        - 0.2 * math.cos(math.radians(4 * hm - 63))
    )
    sl = 1 + 0.015 * (lm - 50) ** 2 / math.sqrt(20 + (lm - 50) ** 2)
    sc, sh = 1 + 0.045 * cm, 1 + 0.015 * cm * t
    rotation = (
        -2 * math.sqrt(cm**7 / (cm**7 + 25**7)) * math.sin(math.radians(60 * math.exp(-(((hm - 275) / 25) ** 2))))
    )
    dl, dc = (l2 - l1) / sl, (c2 - c1) / sc
    return math.sqrt(dl**2 + dc**2 + (dh / sh) ** 2 + rotation * dc * dh / sh)


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_text_can_be_read(theme: str) -> None:
    """Every text colour has 4.5:1 on panels, hovers and pressed rows; white on the primary button too."""
    colours = _theme(theme)
    texts = ("t1", "t2", "t3", "accent", "ok-t", "risk-t", "late-t", "info-t", "idle-t")
    weak = {
        f"{text} on {ground}": round(_contrast(colours[text], colours[ground]), 2)
        for text in texts
        for ground in ("s-1", "s-2")
        if _contrast(colours[text], colours[ground]) < 4.5
    }
    assert weak == {}
    assert _contrast(colours["on-accent"], colours["accent-fill"]) >= 4.5
    assert _contrast(colours["t3"], colours["s-3"]) >= 4.5
    for band in ("out", "over"):
        assert _contrast(colours[f"cover-{band}-t"], colours[f"cover-{band}"]) >= 4.5


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("seeing", list(SEEING))
def test_states_stay_apart(theme: str, seeing: str) -> None:
    """Late, at risk, on time and information are told apart by colour alone with any kind of colour vision."""
    colours = _theme(theme)
    near = {
        f"{one}/{other}": round(_distance(_lab(colours[one], seeing), _lab(colours[other], seeing)), 1)
        for one, other in itertools.combinations(("ok", "risk", "late", "info", "idle"), 2)
    }
    assert min(near.values()) >= LEAST_DISTANCE[theme] - 1, near
