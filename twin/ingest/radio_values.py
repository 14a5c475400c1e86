"""Texts of operators' tables as carriers, powers and bandwidths.

Carriers are written as an NR band (``n78``), a frequency (``3.5G``, ``3500``,
``3400-3500MHz``) or an NR-ARFCN (``633984``); powers in dBm or watts. Every
function takes a whole column with its header, and returns the values with a
mask of those that could not be read; missing values are neither.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from layers import Column, Text
from twin.ingest.mapping import unit_in
from twin.ingest.values import Mask, as_text, fold, is_missing, numbers

Floats = npt.NDArray[np.float64]

BAND_GHZ: Mapping[int, float] = {
    1: 2.1, 3: 1.8, 5: 0.85, 8: 0.9, 28: 0.7, 40: 2.3, 41: 2.6, 77: 3.7, 78: 3.5, 79: 4.9, 257: 28.0, 258: 26.0,
}  # fmt: skip
"""NR operating bands in use in China and their usual carriers, GHz (TS 38.104 Tables 5.2-1 and 5.2-2)."""

MOST_DBM = 63.0
"""2 kW; larger numbers are no dBm, and larger powers no sector."""

_RANGES_GHZ = ((0.41, 7.125), (24.25, 71.0))
"""FR1 and FR2 of TS 38.104 Table 5.1-1."""
_RASTER = ((3_279_165, 24.25008, 60e-6, 2_016_667), (2_016_666, 3.0, 15e-6, 600_000), (599_999, 0.0, 5e-6, 0))
"""Last NR-ARFCN, F_REF-Offs in GHz, step in GHz and N_REF-Offs of TS 38.104 Table 5.4.2.1-1."""
_LEAST_ARFCN = 80_000
"""400 MHz; no NR band lies lower, and no frequency is written as so many MHz."""

_WORDS = {"d频段": 2.6, "c频段": 3.5, "c波段": 3.5, "c-band": 3.5, "cband": 3.5}
_BAND = re.compile(r"(?:nr[\s_-]*)?(?:n|b|band|频段)[\s_-]*(\d{1,3})(?![\d.])")
_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*(ghz|g|mhz|m)?\s*(?:-|~|至|到|—|–)\s*(\d+(?:\.\d+)?)\s*(ghz|g|mhz|m)?")
_FREQUENCY = re.compile(r"(?<![\d.])(\d+(?:\.\d+)?)\s*(ghz|g|mhz|m)(?![a-z])")
_PLAIN = re.compile(r"(?:(?:nr|fdd|tdd)[\s_-]*)?(\d+(?:\.\d+)?)(?:频段)?")
_BANDWIDTH_WORD = re.compile(r"^[a-z_]*bw[_\s]*", re.IGNORECASE)


def carrier_ghz(arfcn: int) -> float:
    """Frequency in GHz of an NR-ARFCN (TS 38.104 5.4.2.1); NaN outside 0 to 3279165."""
    for last, offset, step, first in reversed(_RASTER):
        if first <= arfcn <= last:
            return offset + step * (arfcn - first)
    return float("nan")


def read_carriers(values: pd.Series, column: Column, header: str) -> tuple[Floats, Mask]:
    """Carrier frequencies in GHz.

    A number without a unit is a band where it is one of :data:`BAND_GHZ`
    (``78``), GHz up to 100, MHz up to 80,000, an NR-ARFCN beyond. Frequencies
    outside FR1 and FR2 are not known.
    """
    del column
    unit = fold(unit_in(header))

    def read(text: str) -> float:
        folded = fold(text)
        found = _carrier(folded, unit if unit in ("ghz", "mhz") else "")
        return found if any(low <= found <= high for low, high in _RANGES_GHZ) else float("nan")

    return _each(values, read)


def _carrier(text: str, unit: str) -> float:
    """One carrier in GHz, NaN when the text is none; ``unit`` is that of the header."""
    if text in _WORDS:
        return _WORDS[text]
    if text.startswith("-"):
        return float("nan")
    span = _SPAN.match(text)
    if span is not None:
        high = _scaled(float(span[3]), span[4] or unit)
        low = _scaled(float(span[1]), span[2] or span[4] or unit)
        return (low + high) / 2
    band = _BAND.match(text)
    if band is not None and int(band[1]) in BAND_GHZ:
        return BAND_GHZ[int(band[1])]
    # "5G NR 3.5G" names the generation before the frequency.
    stated = [match for match in _FREQUENCY.finditer(text) if match[0] != "5g"]
    if stated:
        return _scaled(float(stated[0][1]), stated[0][2])
    plain = _PLAIN.fullmatch(text)
    if plain is None:
        return float("nan")
    number = float(plain[1])
    if not unit and number in BAND_GHZ:
        return BAND_GHZ[int(number)]
    if not unit and number >= _LEAST_ARFCN:
        return carrier_ghz(int(number)) if number.is_integer() else float("nan")
    return _scaled(number, unit)


def _scaled(number: float, unit: str) -> float:
    """GHz of a number in ``ghz``, ``g``, ``mhz``, ``m`` or, without a unit, the likelier of both."""
    if unit:
        return number if unit[0] == "g" else number / 1000
    return number if number <= 100 else number / 1000


def stated_power_unit(header: str) -> str:
    """The unit that a header of powers names: ``dbm``, ``0.1dbm``, ``w``, ``mw`` or ``kw``, else ``""``."""
    unit = fold(unit_in(header)).replace(" ", "").replace("瓦", "w")
    return unit if unit in ("dbm", "0.1dbm", "w", "mw", "kw") else ""


def power_unit(values: pd.Series, header: str = "") -> str:
    """Unit of the plain numbers of a column of powers.

    Where the header names none, numbers mostly above 63 are watts, others dBm.
    """
    stated = stated_power_unit(header)
    if stated:
        return stated
    plain = pd.to_numeric(values.where(~values.map(lambda value: isinstance(value, bool))), errors="coerce")
    some = plain.to_numpy(dtype=float, na_value=np.nan)
    some = some[np.isfinite(some)]
    return "w" if len(some) and float(np.median(some)) > MOST_DBM else "dbm"


def read_powers(values: pd.Series, column: Column, header: str) -> tuple[Floats, Mask]:
    """Powers in dBm; zero and negative watts cannot be read."""
    unit = power_unit(values, header)
    if unit == "0.1dbm":
        found, bad = numbers(values, replace(column, unit=""), "")
        return found / 10, bad
    found, bad = numbers(values, column, unit)
    lost = ~np.isfinite(found) & ~is_missing(values)
    found[lost] = np.nan
    return found, bad | lost


def read_bandwidths(values: pd.Series, column: Column, header: str) -> tuple[Floats, Mask]:
    """Bandwidths in MHz, also as equipment writes them (``CELL_BW_100M``)."""
    texts = values.map(lambda value: _BANDWIDTH_WORD.sub("", value) if isinstance(value, str) else value)
    unit = fold(unit_in(header))
    return numbers(texts, column, unit if unit in ("mhz", "ghz", "m") else "")


@dataclass(frozen=True, slots=True)
class Reader:
    """How a column is read, and what its values are called."""

    read: Callable[[pd.Series, Column, str], tuple[Floats, Mask]]
    what: Text


READERS: Mapping[str, Reader] = {
    "band_ghz": Reader(
        read_carriers,
        Text("已知的频段（如 n78、3.5G、3500 或 NR 频点 633984）",
             "a known carrier (such as n78, 3.5G, 3500 or the NR-ARFCN 633984)"),
    ),
    "power_dbm": Reader(read_powers, Text("可用的功率（W 或 dBm）", "a usable power (W or dBm)")),
    "bandwidth_mhz": Reader(read_bandwidths, Text("数字", "a number")),
}  # fmt: skip
"""Columns, by name, that are more than a number with a unit."""


def _each(values: pd.Series, read: Callable[[str], float]) -> tuple[Floats, Mask]:
    """``read`` of every distinct text; NaN where missing, and a mask where it gave NaN."""
    missing = is_missing(values)
    texts = pd.Series([as_text(value) if value is not None else "" for value in values], index=values.index)
    codes, distinct = pd.factorize(texts)
    found = np.array([read(text) for text in distinct], dtype=float)[codes] if len(distinct) else np.empty(0)
    found = np.where(missing, np.nan, found)
    return found, np.isnan(found) & ~missing
