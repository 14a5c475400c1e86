"""Texts of files as values: numbers with units, yes and no, dates, vocabularies.

Every function takes a whole column and returns the values with a mask of those
that could not be read; missing values are neither. Distinct texts are parsed
once, so a city's 200,000 rows cost no more than their distinct values.
"""

from __future__ import annotations

import datetime as dt
import math
import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from layers import Column

Mask = npt.NDArray[np.bool_]

_MISSING = frozenset(
    {
        "", "-", "--", "—", "/", "\\", "null", "none", "nan", "na", "n/a", "nil", "<null>", "#n/a", "#value!",
        "?", "？", "无", "空", "未知", "不详", "暂无", "待定", "缺", "nat",
    }
)  # fmt: skip
_LONGEST_MISSING = max(map(len, _MISSING))
_NUMBER = re.compile(r"([-+]?(?:\d[\d.,' ]*|[.,]\d+)(?:e[-+]?\d+)?)\s*(.*)$", re.IGNORECASE)
_TRUE = frozenset({"true", "yes", "y", "t", "1", "1.0", "on", "是", "有", "真", "√", "✓", "已", "开"})
_FALSE = frozenset(
    {"false", "no", "n", "f", "0", "0.0", "off", "否", "无", "没有", "假", "×", "✗", "未", "关"}
)
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?)?")
_COMPACT_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})$")

# Factor from the unit written in a file to the unit of the column.
_LENGTH = {
    "m": 1.0, "米": 1.0, "公尺": 1.0, "meter": 1.0, "metre": 1.0, "meters": 1.0, "metres": 1.0,
    "cm": 0.01, "厘米": 0.01, "mm": 0.001, "毫米": 0.001, "km": 1000.0, "千米": 1000.0, "公里": 1000.0,
    "ft": 0.3048, "feet": 0.3048, "foot": 0.3048, "英尺": 0.3048,
}  # fmt: skip
_AREA = {
    "m2": 1.0, "㎡": 1.0, "平方米": 1.0, "平米": 1.0, "sqm": 1.0, "万平方米": 1e4, "万m2": 1e4,
    "ha": 1e4, "公顷": 1e4, "hectare": 1e4, "hectares": 1e4, "亩": 10_000 / 15, "mu": 10_000 / 15,
    "km2": 1e6, "平方公里": 1e6, "平方千米": 1e6, "sqkm": 1e6, "ft2": 0.09290304, "sqft": 0.09290304,
}  # fmt: skip
_UNITS: dict[str, dict[str, float]] = {
    "m": _LENGTH,
    "m²": _AREA,
    "km²": {unit: factor / 1e6 for unit, factor in _AREA.items()},
    "km/h": {
        "km/h": 1.0,
        "kmh": 1.0,
        "公里/小时": 1.0,
        "千米/小时": 1.0,
        "公里每小时": 1.0,
        "mph": 1.609344,
        "m/s": 3.6,
    },
    "GHz": {"ghz": 1.0, "mhz": 1e-3, "吉赫": 1.0, "兆赫": 1e-3},
    "MHz": {"mhz": 1.0, "ghz": 1e3, "m": 1.0, "兆": 1.0, "兆赫": 1.0},
    "°": {"°": 1.0, "度": 1.0, "deg": 1.0, "degree": 1.0, "degrees": 1.0, "rad": 180 / math.pi},
    "dBm": {"dbm": 1.0},
    "人": {"人": 1.0, "万人": 1e4, "千人": 1e3},
    "层": {"层": 1.0, "f": 1.0},
    "户": {"户": 1.0, "万户": 1e4},
    "条": {"条": 1.0},
    "个": {"个": 1.0},
}
_WATT = {"w": 1.0, "瓦": 1.0, "mw": 1e-3, "kw": 1e3}


def fold(text: str) -> str:
    """Text without width variants and case, outer spaces removed."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def is_missing(values: pd.Series) -> Mask:
    """Where nothing is given: null, empty, ``-``, ``未知`` and the like."""
    return _mapped(values, lambda text: fold(text) in _MISSING, empty=True).astype(bool)


def convertible(unit: str, header_unit: str) -> bool:
    """Whether a header's bracketed text is a unit that can be turned into ``unit``."""
    key = _unit_key(header_unit)
    return key in _UNITS.get(unit, {}) or (unit == "dBm" and key in _WATT)


def numbers(values: pd.Series, column: Column, header_unit: str = "") -> tuple[npt.NDArray[np.float64], Mask]:
    """Numbers in the unit of ``column``, NaN where missing, and where the text is no number.

    Units stand in the header (``高度(m)``) or behind the number (``12 ft``);
    a comma is a decimal mark unless it groups thousands.
    """
    header = _unit_key(header_unit)
    own = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    plain = (
        values
        if own
        else pd.to_numeric(values.where(~values.map(lambda v: isinstance(v, bool))), errors="coerce")
    )
    result = np.array(plain.to_numpy(dtype=float, na_value=np.nan), dtype=float)
    result[~np.isfinite(result)] = np.nan
    result = _scaled(result, column.unit, header)
    bad = np.zeros(len(result), dtype=bool)
    if own:
        return result, bad
    open_ = np.isnan(result)
    if open_.any():
        rest = values[open_]
        parsed = _mapped(rest, lambda text: _number(text, column.unit, header), empty=math.nan)
        # A text that is no number is told from a missing one by infinity.
        found = parsed.astype(float)
        bad[open_] = np.isinf(found)
        result[open_] = np.where(np.isinf(found), np.nan, found)
    return result, bad


def _number(text: str, unit: str, header: str) -> float:
    folded = fold(text)
    if folded in _MISSING:
        return math.nan
    match = _NUMBER.match(folded)
    if match is None:
        return math.inf
    try:
        value = float(_decimal(match[1]))
    except ValueError:
        return math.inf
    suffix = _unit_key(match[2])
    if suffix and not convertible(unit, suffix):
        return math.inf
    return float(_scaled(np.array([value]), unit, suffix or header)[0])


def _decimal(text: str) -> str:
    """Digits of a number written with any separators, with a decimal point."""
    text = text.replace(" ", "").replace("'", "").rstrip(",.") or "x"
    if "," in text and "." in text:
        group, mark = (",", ".") if text.rindex(".") > text.rindex(",") else (".", ",")
        return text.replace(group, "").replace(mark, ".")
    if text.count(",") > 1 or re.fullmatch(r"[-+]?[1-9]\d{0,2},\d{3}", text):
        return text.replace(",", "")
    return text.replace(",", ".")


def _unit_key(text: str) -> str:
    return fold(text).replace(" ", "").replace("²", "2").replace("^2", "2").rstrip(".")


def _scaled(values: npt.NDArray[np.float64], unit: str, given: str) -> npt.NDArray[np.float64]:
    if unit == "dBm" and given in _WATT:
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(10 * np.log10(values * _WATT[given] * 1000), dtype=float)
    factor = _UNITS.get(unit, {}).get(given, 1.0)
    return values if factor == 1.0 else values * factor


def booleans(values: pd.Series) -> tuple[pd.Series, Mask]:
    """Nullable booleans, and where the text is neither yes nor no."""

    def read(text: str) -> object:
        folded = fold(text)
        if folded in _TRUE:
            return True
        if folded in _FALSE:
            return False
        return None if folded in _MISSING else "?"

    found = _mapped(values, read, empty=None)
    bad = np.array([item == "?" for item in found], dtype=bool)
    found[bad] = None
    return pd.Series(pd.array(found, dtype="boolean"), index=values.index), bad


def dates(values: pd.Series) -> tuple[pd.Series, Mask]:
    """``datetime.date`` or None, and where the text is no date."""
    if pd.api.types.is_datetime64_any_dtype(values):
        stamps = [None if pd.isna(item) else item.date() for item in values]
        return pd.Series(stamps, index=values.index, dtype=object), np.zeros(len(values), dtype=bool)

    def read(text: str) -> object:
        folded = fold(text)
        if folded in _MISSING:
            return None
        match = _DATE.match(folded) or _COMPACT_DATE.match(folded)
        try:
            if match:
                return dt.date(int(match[1]), int(match[2]), int(match[3] or 1))
            if re.fullmatch(r"[12]\d{3}", folded):
                return dt.date(int(folded), 1, 1)
            serial = float(folded)
        except ValueError:
            return "?"
        # Spreadsheets count days from 1899-12-30; 20,000 to 80,000 are the years 1954 to 2119.
        return dt.date(1899, 12, 30) + dt.timedelta(days=int(serial)) if 20_000 <= serial <= 80_000 else "?"

    found = _mapped(values, read, empty=None)
    bad = np.array([isinstance(item, str) for item in found], dtype=bool)
    found[bad] = None
    return pd.Series(found, index=values.index, dtype=object), bad


def texts(values: pd.Series) -> pd.Series:
    """Trimmed texts without control characters; None where nothing is given."""

    def read(text: str) -> object:
        clean = text
        if not text.isprintable():
            clean = "".join(character for character in text if character.isprintable() or character in "\n\t")
        clean = clean.strip()
        return None if len(clean) <= _LONGEST_MISSING and fold(clean) in _MISSING else clean[:10_000]

    return pd.Series(_mapped(values, read, empty=None), index=values.index, dtype=object)


def choices(values: pd.Series, column: Column) -> tuple[pd.Series, Mask]:
    """Vocabulary values of ``column``, None where missing, and where the text is not in it."""
    words = vocabulary(column)

    def read(text: str) -> object:
        folded = fold(text)
        if folded in words:
            return words[folded]
        number = folded.removesuffix(".0")
        if number in words:
            return words[number]
        return None if folded in _MISSING else 0

    found = _mapped(values, read, empty=None)
    bad = np.array([item == 0 for item in found], dtype=bool)
    found[bad] = None
    return pd.Series(found, index=values.index, dtype=object), bad


@lru_cache(maxsize=256)
def vocabulary(column: Column) -> dict[str, str]:
    """Every spelling of the column's choices (value, titles, aliases; folded) to the value."""
    words: dict[str, str] = {}
    for pick in (
        lambda choice: (choice.value,),
        lambda choice: (choice.title.zh, choice.title.en),
        lambda choice: choice.aliases,
    ):
        for choice in column.choices:
            for spelling in pick(choice):
                words.setdefault(fold(spelling), choice.value)
    return words


def as_text(value: object) -> str:
    """A cell as the user wrote it: whole floats without their ``.0``."""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ") if value.time() != dt.time() else value.date().isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value)


def _mapped(values: pd.Series, function: Callable[[str], Any], *, empty: Any) -> npt.NDArray[np.object_]:
    """``function`` of the text of every value, computed once per distinct one; ``empty`` for nulls."""
    result = np.empty(len(values), dtype=object)
    try:
        codes, distinct = pd.factorize(values)
    except TypeError:
        # Lists and dictionaries cannot be compared; take them one by one.
        result[:] = [empty if value is None else function(as_text(value)) for value in values]
        return result
    table = np.empty(len(distinct) + 1, dtype=object)
    table[:-1] = [function(as_text(value)) for value in distinct]
    table[-1] = empty
    result[:] = table[codes]
    return result
