"""Offline search over names, identifiers, towns and pilot areas.

A generation keeps one ``search`` text per named object: its Chinese name, the
name in pinyin, the initials of the pinyin, and the English name, in lower case
and separated by bars. A query is a plain substring of it, so 安亭, anting, at
and Anting find the same town.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from layers import LayerSpec

if TYPE_CHECKING:
    import geopandas as gpd

_HAN = re.compile(r"[\u3400-\u9fff]")


@lru_cache(maxsize=200_000)
def keys_of(name: str) -> str:
    """The search keys of one name: itself, its pinyin and their initials."""
    text = name.strip().lower()
    if not _HAN.search(text):
        return text
    # Loaded here because a server that only answers queries never needs its tables.
    from pypinyin import Style, lazy_pinyin

    full = "".join(lazy_pinyin(text))
    initials = "".join(lazy_pinyin(text, style=Style.FIRST_LETTER))
    return f"{text}|{full}|{initials}"


def search_texts(spec: LayerSpec, frame: gpd.GeoDataFrame) -> list[str | None]:
    """One search text a row (None without a name), in the frame's order."""
    if not spec.name_column or spec.name_column not in frame:
        return [None] * len(frame)
    english: Any = frame["name_en"] if "name_en" in frame else [None] * len(frame)
    result: list[str | None] = []
    for name, other in zip(frame[spec.name_column], english, strict=True):
        parts = [keys_of(str(name))] if isinstance(name, str) and name else []
        if isinstance(other, str) and other:
            parts.append(other.strip().lower())
        result.append("|".join(parts) or None)
    return result


def normalise(query: str) -> str:
    """A query as it is compared: lower case, without outer blanks, at most 80 characters."""
    return query.strip().lower()[:80]
