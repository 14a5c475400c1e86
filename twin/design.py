"""The design tokens: one file of colours and type for pages, map, wall, charts and report."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast

Theme = Literal["dark", "light"]
_FILE = Path(__file__).with_name("design_tokens.json")


@cache
def tokens() -> dict[str, Any]:
    """The whole tokens file."""
    return cast(dict[str, Any], json.loads(_FILE.read_text(encoding="utf-8")))


def color(name: str, theme: Theme) -> str:
    """``#rrggbb`` of a token or of a literal colour; :class:`KeyError` for an unknown token."""
    if name.startswith("#"):
        return name
    return str(tokens()[theme][name])


def rgb(name: str, theme: Theme, alpha: int = 255) -> list[int]:
    """Red, green, blue and alpha (0 to 255) of a token or literal colour."""
    text = color(name, theme)
    return [*(int(text[start : start + 2], 16) for start in (1, 3, 5)), alpha]


def ramp(classes: int) -> list[str]:
    """``classes`` colours (1 to 7) of the sequential, colour-blind-safe scale, low to high."""
    scale = tokens()["sequential"]
    if classes == 1:
        return [scale[len(scale) // 2]]
    return [scale[round(number * (len(scale) - 1) / (classes - 1))] for number in range(classes)]


def between(low: str, high: str, classes: int) -> list[str]:
    """``classes`` colours from ``low`` to ``high`` (``#rrggbb``), evenly mixed."""
    ends = [[int(text[start : start + 2], 16) for start in (1, 3, 5)] for text in (low, high)]
    result = []
    for number in range(classes):
        share = number / max(1, classes - 1)
        mixed = (round(a + (b - a) * share) for a, b in zip(*ends, strict=True))
        result.append("#" + "".join(f"{value:02X}" for value in mixed))
    return result
