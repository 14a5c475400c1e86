"""The contract of a layer, applied to a whole dataset: good rows and faults.

A wrong value (no number, out of range, no date, unknown value of a required
vocabulary) keeps its row out; a missing one does not, nor does an unknown value
of an optional vocabulary, which becomes empty with a warning.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from layers import Column, LayerSpec
from twin.crs import Reference
from twin.crs_doctor import CrsReport, Declared
from twin.crs_evidence import Geometries
from twin.errors import NoGoodRow
from twin.ingest import values as read
from twin.ingest.faults import Faults
from twin.ingest.heights import complete_heights
from twin.ingest.mapping import unit_for
from twin.ingest.places import degrees
from twin.ingest.radio_values import READERS
from twin.ingest.reading import Accepted, Origin, Task
from twin.ingest.records import group_records
from twin.ingest.shapes import Shaping
from twin.ingest.site_rows import totals
from twin.ingest.sites import LAYER as SITES
from twin.ingest.sites import SiteTable

_NESTED = (list, tuple, dict, np.ndarray)
_TOWN = re.compile(r"(\d{9})(?:000)?$")


def _json_text(value: object) -> object:
    if not isinstance(value, _NESTED):
        return value
    return json.dumps(
        value,
        ensure_ascii=False,
        default=lambda item: item.tolist() if hasattr(item, "tolist") else str(item),
    )


@dataclass(slots=True)
class Source:
    """A table as read from a file, before it means anything.

    ``geometry`` is in the file's own coordinates; ``first_row`` is the number
    a user would give the first row (2 in a spreadsheet with a header).
    """

    name: str
    table: pd.DataFrame
    geometry: Geometries
    declared: Declared = field(default_factory=Declared)
    first_row: int = 1
    origin: Origin = field(default_factory=Origin)

    def __post_init__(self) -> None:
        """Nested values become JSON texts, so that every cell can be compared and shown."""
        for column in self.table.columns:
            values = self.table[column]
            if values.dtype == object and values.map(lambda value: isinstance(value, _NESTED)).any():
                self.table[column] = values.map(_json_text)


def accept(
    spec: LayerSpec,
    source: Source,
    mapping: Mapping[str, str],
    *,
    reference: Reference,
    report: CrsReport,
    task: Task,
    region: BaseGeometry | None = None,
) -> Accepted:
    """Rows of ``source`` as rows of the layer ``spec``.

    ``region`` is the district (EPSG:4326) where it is known; 5G sites far
    outside it stay out. :class:`NoGoodRow` when no row is left.
    """
    task.step(0.0, "check")
    faults = Faults()
    table = source.table.reset_index(drop=True)
    geometry = np.array(source.geometry, dtype=object)
    rows = np.arange(source.first_row, source.first_row + len(table))
    sites = SiteTable.of(table, geometry, rows, mapping) if spec.id == SITES else None
    if sites is not None:
        table, geometry, rows = sites.table, sites.geometry, sites.numbers
    keys = _keys(table, mapping)
    shaping = Shaping(geometry, rows, keys, faults)
    _placeless(shaping, table, mapping)
    shaping.place(reference)
    task.step(0.3, "check")
    shaping.repair()
    shaping.become(spec)
    shaping.repair()
    task.step(0.6, "check")
    checker = _Checker(table, mapping, rows=rows, keys=keys, good=shaping.good, faults=faults)
    grouped = any("." in target for target in mapping)
    if keys is not None and not grouped:
        checker.duplicates(keys)
    columns, fields = checker.read(spec, mapping)
    if sites is not None:
        sites.check(checker, fields, columns, keys, shaping.geometry, region)
    good = checker.good
    if keys is not None:
        columns["source_key"] = _filled(keys, rows)
    frame = gpd.GeoDataFrame(columns, geometry=shaping.geometry, index=np.arange(len(table)), crs=4326)
    frame = frame[good].copy()
    if grouped and len(frame):
        owner = None if sites is None else sites.gathered(frame, columns, keys, faults)
        found = {name: members for name, members in fields.items() if members}
        frame = group_records(frame, found, rows, faults, owner)
    rejected = int((~good).sum())
    if spec.id == "building" and len(frame):
        frame = complete_heights(frame)
    if frame.empty:
        raise NoGoodRow(*_none_good(spec, faults, rejected))
    task.step(1.0, "check")
    return Accepted(spec.id, frame.reset_index(drop=True), faults.table(), rejected, report)


def _placeless(shaping: Shaping, table: pd.DataFrame, mapping: Mapping[str, str]) -> None:
    """Say why a row of a table has no place where more is known than that it has none."""
    missing = shapely.is_missing(shaping.geometry)
    if not missing.any():
        return
    shaping.refuse(missing & totals(table), "这是合计行，不是数据", "it is a row of totals, not of data")
    for target, zh, en in (("lon", "经度", "longitude"), ("lat", "纬度", "latitude")):
        if target in mapping:
            raw = table[mapping[target]]
            unread = missing & ~read.is_missing(raw) & np.isnan(degrees(raw))
            shaping.refuse(unread, f"{zh}不是数字", f"its {en} is not a number", raw)


def _none_good(spec: LayerSpec, faults: Faults, rejected: int) -> tuple[str, str]:
    """The sentence for a dataset without a good row, with the most frequent reason."""
    table = faults.table()
    table = table[table["level"] == "rejected"]
    zh, en = "文件没有数据行", "it holds no row"
    if len(table):
        common = table.groupby(["reason_zh", "reason_en"]).size().idxmax()
        zh, en = f"最常见的原因：{common[0]}", f"the most frequent reason: {common[1]}"
    return (
        f"没有一行可以导入图层 {spec.id}（{rejected} 行被拒绝；{zh}），数据未改动。",
        f"no row can enter the layer {spec.id} ({rejected} rejected; {en}); nothing was changed.",
    )


def _keys(table: pd.DataFrame, mapping: Mapping[str, str]) -> npt.NDArray[np.object_] | None:
    header = mapping.get("source_key")
    if header is None:
        return None
    keys = read.texts(table[header])
    found = np.empty(len(keys), dtype=object)
    found[:] = keys.to_numpy()
    return found


def _filled(keys: npt.NDArray[np.object_], rows: npt.NDArray[np.int64]) -> npt.NDArray[np.object_]:
    """Keys, with the row number for rows that have none."""
    missing = pd.isna(keys)
    filled = keys.copy()
    filled[missing] = [f"row {row}" for row in rows[missing]]
    return filled


def _nine_digits(text: str) -> str:
    match = _TOWN.match(text)
    return match[1] if match else text


class _Checker:
    """Reads the columns of a table as the columns of a layer; wrong values drop their row from ``good``."""

    def __init__(
        self,
        table: pd.DataFrame,
        mapping: Mapping[str, str],
        *,
        rows: npt.NDArray[np.int64],
        keys: npt.NDArray[np.object_] | None,
        good: npt.NDArray[np.bool_],
        faults: Faults,
    ) -> None:
        self.table = table
        self.good = good.copy()
        self._mapping = mapping
        self._rows = rows
        self._keys = keys
        self._faults = faults

    def fault(
        self,
        mask: npt.NDArray[np.bool_],
        column: str,
        zh: str,
        en: str,
        values: pd.Series | None,
        *,
        warn: bool = False,
    ) -> None:
        """Report the rows of ``mask`` that are still in, and drop them unless ``warn``."""
        chosen = mask & self.good
        if not chosen.any():
            return
        self._faults.add(
            "warning" if warn else "rejected",
            zh,
            en,
            rows=self._rows[chosen],
            keys=None if self._keys is None else self._keys[chosen],
            values=None if values is None else [read.as_text(value) for value in values[chosen]],
            column=column,
        )
        if not warn:
            self.good &= ~chosen

    def read(
        self, spec: LayerSpec, mapping: Mapping[str, str]
    ) -> tuple[dict[str, Any], dict[str, dict[str, pd.Series]]]:
        """All columns of the layer, and the fields of its records in tables with a row per record."""
        columns: dict[str, Any] = {}
        for column in spec.columns:
            if column.name in mapping:
                columns[column.name] = self.column(column, mapping[column.name])
            elif column.required:
                self.lacking(column)
        if "town" in mapping:
            columns["town"] = self.town(self.table[mapping["town"]])
        if spec.id == "town" and "code" in columns:
            columns["code"] = columns["code"].map(_nine_digits, na_action="ignore")
        fields = {
            column.name: {
                item.name: self.column(item, mapping[f"{column.name}.{item.name}"])
                for item in column.fields
                if f"{column.name}.{item.name}" in mapping
            }
            for column in spec.columns
            if column.kind == "records" and column.name not in mapping
        }
        return columns, fields

    def duplicates(self, keys: npt.NDArray[np.object_]) -> None:
        """Of rows with one key the first good one stays."""
        index = np.flatnonzero(self.good & ~pd.isna(keys))
        again = np.zeros(len(keys), dtype=bool)
        again[index] = pd.Series(keys[index]).duplicated().to_numpy()
        self.fault(
            again, "source_key", "编号与前面的行重复", "its key is that of an earlier row", pd.Series(keys)
        )

    def lacking(self, column: Column) -> None:
        """The file has no column for a required one."""
        everything = np.ones(len(self.table), dtype=bool)
        self.fault(
            everything,
            column.name,
            f"缺少必填列“{column.title.zh}”，请指定对应的列",
            f"the required column {column.title.en!r} is missing; choose the column that holds it",
            None,
        )

    def column(self, column: Column, header: str) -> pd.Series:
        """Values of one column of the layer."""
        raw = self.table[header]
        if column.required:
            missing = read.is_missing(raw)
            self.fault(missing, column.name, f"必填的“{column.title.zh}”为空",
                        f"the required {column.title.en!r} is empty", None)  # fmt: skip
        if column.kind == "text":
            return self._text(column, raw)
        if column.kind == "boolean":
            found, bad = read.booleans(raw)
            self._unread(bad, column, raw, "是/否", "yes or no")
            return found
        if column.kind == "date":
            found, bad = read.dates(raw)
            self._unread(bad, column, raw, "日期", "a date")
            return found
        if column.kind == "records":
            return self._records(column, raw)
        return self._number(column, raw, header)

    def _unread(self, bad: npt.NDArray[np.bool_], column: Column, raw: pd.Series, zh: str, en: str) -> None:
        self.fault(bad, column.name, f"“{column.title.zh}”不是{zh}", f"{column.title.en!r} is not {en}", raw)

    def _text(self, column: Column, raw: pd.Series) -> pd.Series:
        if not column.choices:
            return read.texts(raw)
        found, bad = read.choices(raw, column)
        if column.required:
            self.fault(bad, column.name, f"“{column.title.zh}”不是已知的取值",
                        f"{column.title.en!r} is not one of the known values", raw)  # fmt: skip
        else:
            zh = f"“{column.title.zh}”不是已知的取值，已置空"
            en = f"{column.title.en!r} is not one of the known values and was left empty"
            self.fault(bad, column.name, zh, en, raw, warn=True)
        return found

    def _number(self, column: Column, raw: pd.Series, header: str) -> pd.Series:
        special = READERS.get(column.name)
        if special is None:
            found, bad = read.numbers(raw, column, unit_for(column, header))
            self._unread(bad, column, raw, "数字", "a number")
        else:
            found, bad = special.read(raw, column, header)
            self._unread(bad, column, raw, special.what.zh, special.what.en)
        if column.name == "year":
            # Files write 0 for an unknown year.
            found[found == 0] = np.nan
        low = -np.inf if column.minimum is None else column.minimum
        high = np.inf if column.maximum is None else column.maximum
        with np.errstate(invalid="ignore"):
            outside = (found < low) | (found > high) | (np.abs(found) > 2**53)
        unit = column.unit
        self.fault(outside, column.name, f"“{column.title.zh}”超出范围 {low:g} 至 {high:g} {unit}".strip(),
                    f"{column.title.en!r} is outside {low:g} to {high:g} {unit}".strip(), raw)  # fmt: skip
        found[outside] = np.nan
        if column.kind == "integer":
            return pd.Series(pd.array(np.rint(found), dtype="Float64").astype("Int64"), index=raw.index)
        return pd.Series(found, index=raw.index)

    def _records(self, column: Column, raw: pd.Series) -> pd.Series:
        """Lists of records given as JSON."""
        found = np.empty(len(raw), dtype=object)
        bad = np.zeros(len(raw), dtype=bool)
        for index, value in enumerate(raw):
            if value is None or (isinstance(value, float) and np.isnan(value)) or value == "":
                continue
            try:
                items = json.loads(value) if isinstance(value, str | bytes) else list(value)
                found[index] = [_record(column, dict(item)) for item in items]
            except (ValueError, TypeError, RecursionError):
                bad[index] = True
        self._unread(bad, column, raw, " JSON 记录列表", "a JSON list of records")
        return pd.Series(found, index=raw.index, dtype=object)

    def town(self, raw: pd.Series) -> pd.Series:
        """Nine-digit town codes (twelve-digit ones are cut), null where there is none."""
        codes = read.texts(raw).map(_TOWN.match, na_action="ignore")
        found = [int(match[1]) if isinstance(match, re.Match) else pd.NA for match in codes]
        bad = np.array([item is pd.NA for item in found]) & ~read.is_missing(raw)
        zh, en = "街镇代码不是九位数字，已置空", "the town code has not nine digits and was left empty"
        self.fault(bad, "town", zh, en, raw, warn=True)
        return pd.Series(pd.array(found, dtype="Int64"), index=raw.index)


def _record(column: Column, item: dict[str, Any]) -> dict[str, Any]:
    """One record with the fields of ``column``; :class:`ValueError` when a value cannot be read."""
    record: dict[str, Any] = {}
    for member in column.fields:
        value = item.get(member.name)
        if value is None or value == "":
            record[member.name] = None
        elif member.kind in ("number", "integer"):
            number = float(value)
            low, high = member.minimum, member.maximum
            if (
                not np.isfinite(number)
                or (low is not None and number < low)
                or (high is not None and number > high)
            ):
                raise ValueError(member.name)
            record[member.name] = round(number) if member.kind == "integer" else number
        else:
            record[member.name] = str(value)
    return record
