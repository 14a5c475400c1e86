"""Rows of operators' site tables before their columns are read: totals, several sectors in one row, coverage words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from twin.ingest.mapping import normal
from twin.ingest.values import Mask, as_text, fold

AZIMUTH = "sectors.azimuth_deg"
_COVERAGE_NAMES = (
    "覆盖类型", "覆盖类别", "覆盖场景", "室内外", "室内外类型", "室内室外", "室分宏站", "是否室分", "站点类型",
    "基站类型", "站址类型", "站型", "小区类型", "小区覆盖类型", "天线类型", "coveragetype", "coverage",
    "indooroutdoor", "indoor", "sitetype", "celltype", "antennatype",
)  # fmt: skip
INDOOR = re.compile(r"室分|室内|indoor|\bdas\b|楼宇分布|皮站|pico|lampsite|qcell")
OMNI = re.compile(r"全向|omni")
_SEVERAL = re.compile(r"\s*[/、;；|｜\\]\s*|\s*[,，]\s+|\s+")
_COMMAS = re.compile(r"\d+(?:\.\d+)?(?:[,，]\d+(?:\.\d+)?){2,}")
_DASHES = re.compile(r"\d{1,3}(?:[-_]\d{1,3}){1,5}")
_TOTALS = frozenset({"合计", "总计", "小计", "总数", "total", "sum", "subtotal", "grandtotal"})


def totals(table: pd.DataFrame) -> Mask:
    """Rows that add up the others: their first words are ``合计``, ``Total`` or the like."""
    found = np.zeros(len(table), dtype=bool)
    for header in table.columns[:3]:
        words = table[header].map(lambda value: normal(value).rstrip(":：") if isinstance(value, str) else "")
        found |= words.isin(_TOTALS).to_numpy()
    return found


def unfolded(
    table: pd.DataFrame, mapping: Mapping[str, str]
) -> tuple[pd.DataFrame, npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """A row per azimuth where a cell holds several (``0/120/240``).

    Other cells of the sector with as many values are parted alike. Also gives
    the former row of every row, and its number among the pieces of that row.
    """
    size = len(table)
    header = mapping.get(AZIMUTH)
    parts = [_several(value, dashes=True) for value in table[header]] if header is not None else [None] * size
    counts = np.array([len(part) if part else 1 for part in parts], dtype=np.int64)
    source = np.repeat(np.arange(size), counts)
    piece = np.arange(len(source)) - np.repeat(np.cumsum(counts) - counts, counts)
    if header is None or (counts == 1).all():
        return table.copy(), source, piece
    result = table.iloc[source].reset_index(drop=True).astype(object)
    headers = {name for target, name in mapping.items() if target.startswith("sectors.")}
    for name in headers:
        column = result[name].to_numpy(dtype=object, copy=True)
        for row in np.flatnonzero(counts[source] > 1).tolist():
            own = _several(column[row], dashes=name == header)
            if own is not None and len(own) == counts[source[row]]:
                column[row] = own[piece[row]]
        result[name] = column
    return result, source, piece


def _several(value: object, *, dashes: bool) -> list[str] | None:
    """The values of a cell that holds more than one, else None."""
    if not isinstance(value, str):
        return None
    text = value.strip()
    if _COMMAS.fullmatch(text):
        parts = re.split("[,，]", text)
    elif dashes and _DASHES.fullmatch(text):
        parts = re.split("[-_]", text)
    else:
        parts = _SEVERAL.split(text)
    numeric = all(re.match(r"[-+]?\d", part) for part in parts)
    return parts if len(parts) > 1 and numeric else None


def coverage_of(table: pd.DataFrame, mapping: Mapping[str, str]) -> npt.NDArray[np.object_]:
    """``indoor`` or ``omni`` where a column of the table says so."""
    headers = headers_called(table, _COVERAGE_NAMES)
    headers += [mapping[target] for target in ("mount", AZIMUTH) if target in mapping]
    result = np.full(len(table), "", dtype=object)
    for header in dict.fromkeys(headers):
        yes = (
            _flags(table[header])
            if "室分" in header or normal(header) == "indoor"
            else np.zeros(len(table), dtype=bool)
        )
        omni = table[header].map(lambda value: matches(OMNI, value)).to_numpy(bool)
        indoor = table[header].map(lambda value: matches(INDOOR, value)).to_numpy(bool) | yes
        result[omni & (result == "")] = "omni"
        result[indoor] = "indoor"
    return result


def _flags(values: pd.Series) -> Mask:
    """Where a column such as ``是否室分`` says yes."""
    said = values.map(lambda value: fold(as_text(value)) in ("是", "yes", "y", "1", "true"))
    return np.asarray(said, dtype=bool)


def headers_called(table: pd.DataFrame, names: Sequence[str]) -> list[str]:
    """Headers of ``table`` called one of ``names``, in the order of ``names``."""
    by_name: dict[str, str] = {}
    for header in map(str, table.columns):
        by_name.setdefault(normal(header), header)
    return [by_name[name] for name in names if name in by_name]


def matches(pattern: re.Pattern[str], value: object) -> bool:
    """Whether a cell is a text in which ``pattern`` is found."""
    return isinstance(value, str) and pattern.search(fold(value)) is not None
