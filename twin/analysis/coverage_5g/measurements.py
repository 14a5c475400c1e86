"""Drive tests and measurement reports (路测, MR): a table of places and signal levels, read into arrays.

The usual Chinese and English headers of CSV and XLSX exports are known. A row with
a value that is no number, or that no receiver measures, stays out and is reported
with its row number and the reason, as in every import.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from layers import Column, Text
from twin.crs import Reference
from twin.crs_doctor import CrsReport, Known, diagnose, given
from twin.crs_evidence import Plane
from twin.errors import InputError, NoGoodRow, UndecidedCrs, UnreadableFile
from twin.ingest.contract import Source
from twin.ingest.faults import Faults
from twin.ingest.files import format_of
from twin.ingest.mapping import normal, unit_for
from twin.ingest.places import datum_in, degrees
from twin.ingest.radio_values import read_carriers
from twin.ingest.reading import Progress, Stop, Task
from twin.ingest.table import read_csv, read_xlsx
from twin.ingest.values import as_text, fold, is_missing, numbers

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Times = npt.NDArray[np.datetime64]

NO_PCI = -1
REPORTED_RSRP_DBM = -156.5
"""SS-RSRP_i of TS 38.133 Table 10.1.6.1-1 is the decibel from -157 + i to -156 + i dBm; this is its middle for 0."""

_RSRP, _SINR, _PCI, _BAND, _TIME = "ss_rsrp_dbm", "ss_sinr_db", "pci", "band_ghz", "time"
COLUMNS: Mapping[str, Column] = {
    column.name: column
    for column in (
        Column(_RSRP, "number", Text("SS-RSRP", "SS-RSRP"), Text("同步信号参考信号接收功率", "Level of the SSB"),
               unit="dBm", minimum=-157, maximum=-31,
               aliases=("ss-rsrp", "ssrsrp", "ssb rsrp", "nr ss-rsrp", "nr rsrp", "rsrp", "服务小区rsrp", "主服务小区rsrp",
                        "主小区rsrp", "平均rsrp", "serving ss-rsrp", "serving rsrp", "serving cell rsrp", "pcell rsrp",
                        "nr pcell ss-rsrp", "nr serving ss-rsrp", "电平", "场强", "信号强度")),
        Column(_SINR, "number", Text("SS-SINR", "SS-SINR"), Text("同步信号信干噪比", "Quality of the SSB"),
               unit="dB", minimum=-30, maximum=50,
               aliases=("ss-sinr", "sssinr", "ssb sinr", "nr ss-sinr", "nr sinr", "sinr", "服务小区sinr", "主服务小区sinr",
                        "主小区sinr", "平均sinr", "serving ss-sinr", "serving sinr", "serving cell sinr", "pcell sinr",
                        "nr pcell ss-sinr", "nr serving ss-sinr", "信干噪比")),
        Column(_PCI, "integer", Text("PCI", "PCI"), Text("物理小区标识", "Physical cell identity"),
               minimum=0, maximum=1007,
               aliases=("pci", "nr pci", "nrpci", "物理小区标识", "物理小区id", "服务小区pci", "主服务小区pci",
                        "serving pci", "serving cell pci", "pcell pci", "physical cell id", "cell pci")),
        Column(_BAND, "number", Text("频段", "Band"), Text("载波中心频率", "Carrier frequency"), unit="GHz",
               aliases=("频段", "频点", "nr频点", "ssb频点", "下行频点", "服务小区频点", "主服务小区频点", "band", "nr band",
                        "arfcn", "nr-arfcn", "ssb arfcn", "nr arfcn", "earfcn", "frequency", "中心频点", "频率")),
        Column(_TIME, "date", Text("时间", "Time"), Text("测量时刻", "When it was measured"),
               aliases=("时间", "采集时间", "测试时间", "测量时间", "上报时间", "time", "timestamp", "datetime", "date time",
                        "pc time", "ue time", "gps time", "日期时间", "采样时间")),
    )
}  # fmt: skip
"""What is read besides the place, by its name in :class:`Measurements`; the aliases are headers of files."""


@dataclass(frozen=True)
class Measurements:
    """Samples (n,) of a drive test or measurement report.

    ``lon``/``lat`` are WGS84 degrees, levels NaN and ``pci`` -1 where not given, ``time`` NaT (local time as
    written). ``row`` is the number of each sample in its file. ``faults`` has a line per bad row (columns of
    :data:`twin.ingest.faults.FAULT_COLUMNS`), ``rejected`` of them stayed out; ``notes`` say what was assumed.
    """

    lon: Floats
    lat: Floats
    time: Times
    pci: npt.NDArray[np.int32]
    ss_rsrp_dbm: Floats
    ss_sinr_db: Floats
    band_ghz: Floats
    row: npt.NDArray[np.int64]
    faults: pd.DataFrame
    rejected: int
    crs: CrsReport
    notes: tuple[Text, ...] = ()

    def __len__(self) -> int:
        return len(self.lon)

    def chosen(self, keep: npt.NDArray[Any]) -> Measurements:
        """Some of the samples: a mask or row numbers from 0."""
        values = {item.name: getattr(self, item.name) for item in fields(self)}
        for name in ("lon", "lat", _TIME, _PCI, _RSRP, _SINR, _BAND, "row"):
            values[name] = values[name][keep]
        return Measurements(**values)


def read_measurements(
    path: Path,
    *,
    crs: str = "auto",
    known: Known | None = None,
    mapping: Mapping[str, str] | None = None,
    original_name: str | None = None,
    progress: Progress | None = None,
    cancelled: Stop | None = None,
) -> Measurements:
    """Samples of a CSV or XLSX file (of a workbook, the first sheet with levels).

    Parameters
    ----------
    crs
        ``auto`` asks the doctor, who compares with ``known``; else ``WGS84``, ``GCJ-02``, ``EPSG:4549`` ...
    mapping
        Columns of the file by name (``ss_rsrp_dbm``, ``lon`` ...) instead of those found by their headers.

    Raises
    ------
    twin.errors.UnreadableFile
        No table.
    twin.errors.InputError
        No coordinates or no column of SS-RSRP; a mapping to columns that are not there.
    twin.errors.UndecidedCrs
        The coordinates can be read in several ways; choose with ``crs``.
    twin.errors.NoGoodRow
        No row is left.
    twin.errors.Cancelled
        ``cancelled()`` was true.
    """
    name = Path(original_name or path.name).name
    task = Task(progress, cancelled)
    source, columns = _table(path, name, task, mapping)
    task.step(0.5, "crs")
    declared = source.declared if source.declared.how != "none" else datum_in(name)
    report = (
        given(crs, declared)
        if crs.strip().casefold() != "auto"
        else diagnose(source.geometry, declared, known)
    )
    if not report.decided or report.found is None:
        names = "、".join(hypothesis.name for hypothesis in report.hypotheses[:6])
        raise UndecidedCrs(
            f"测量文件 {name} 的坐标系无法判定（{names}），请指定其中之一；路测 GPS 记录通常是 WGS84。",
            f"the reference system of {name} is undecided ({names}); choose one. GPS logs are usually WGS84.",
        )
    task.step(0.7, "check")
    return _Reader(source, columns).measurements(Reference.parse(report.found), report, name)


def _table(
    path: Path, name: str, task: Task, mapping: Mapping[str, str] | None
) -> tuple[Source, dict[str, str]]:
    """The table with levels, and which of its columns is what."""
    kind = format_of(path, name)
    if kind not in ("CSV", "XLSX"):
        raise UnreadableFile(
            f"测量数据需为 CSV 或 XLSX 表，{name} 不是。",
            f"measurements come as CSV or XLSX; {name} is neither.",
        )
    tables = [read_csv(path, name, task)] if kind == "CSV" else read_xlsx(path, name, task)
    for source, places in tables:
        columns = {**places, **_columns(source.table), **(mapping or {})}
        missing = [header for header in columns.values() if header not in source.table.columns]
        unknown = [
            target for target in columns if target not in COLUMNS and target not in ("lon", "lat", "wkt")
        ]
        if missing or unknown:
            continue
        if _RSRP in columns:
            if mapping and {"lon", "lat"} & set(mapping):
                source.geometry = _points(source.table, columns)
            if shapely.is_missing(source.geometry).all():
                raise InputError(
                    f"测量文件 {name} 没有可读的坐标，需要经度和纬度两列。",
                    f"{name} has no readable coordinates; it needs columns of longitude and latitude.",
                )
            return source, columns
    headers = ", ".join(map(str, tables[0][0].table.columns))[:300]
    raise InputError(
        f"测量文件 {name} 中没有 SS-RSRP 列（或指定的列不存在）；它的列有：{headers}。",
        f"{name} has no column of SS-RSRP (or the mapping does not hold); its columns are: {headers}.",
    )


def _columns(table: pd.DataFrame) -> dict[str, str]:
    """Columns of the file by what they hold, told by their headers."""
    by_name: dict[str, str] = {}
    for header in map(str, table.columns):
        by_name.setdefault(normal(header), header)
        by_name.setdefault(normal(re.sub(r"(?i)[_ ]?(dbm|db)$", "", header)), header)
    found: dict[str, str] = {}
    for column in COLUMNS.values():
        for alias in (column.name, *column.aliases):
            carried = by_name.get(normal(alias))
            if carried is not None and carried not in found.values():
                found[column.name] = carried
                break
    return found


def _points(table: pd.DataFrame, columns: Mapping[str, str]) -> npt.NDArray[np.object_]:
    x, y = degrees(table[columns["lon"]]), degrees(table[columns["lat"]])
    points = np.full(len(table), None, dtype=object)
    whole = np.isfinite(x) & np.isfinite(y)
    points[whole] = shapely.points(x[whole], y[whole])
    return points


class _Reader:
    """Reads the columns of a table; rows with wrong values leave ``good`` and are in ``faults``."""

    def __init__(self, source: Source, columns: Mapping[str, str]) -> None:
        self.table = source.table.reset_index(drop=True)
        self.geometry = np.asarray(source.geometry, dtype=object)
        self.rows = np.arange(source.first_row, source.first_row + len(self.table))
        self.columns = columns
        self.good = np.ones(len(self.table), dtype=bool)
        self.faults = Faults()
        self.notes: list[Text] = []

    def measurements(self, reference: Reference, report: CrsReport, name: str) -> Measurements:
        lon, lat = self._places(reference)
        rsrp = self._levels()
        sinr, cell = self._number(_SINR), self._number(_PCI)
        pci = np.where(np.isnan(cell), NO_PCI, cell).astype(np.int32)
        band, time = self._bands(), self._times()
        good = self.good
        if not good.any():
            first = self.faults.table().iloc[0]
            raise NoGoodRow(
                f"测量文件 {name} 没有一行可用（例如第 {first['row']} 行：{first['reason_zh']}）。",
                f"no row of {name} can be used (row {first['row']}, for instance: {first['reason_en']}).",
            )
        return Measurements(
            lon[good], lat[good], time[good], pci[good], rsrp[good], sinr[good], band[good], self.rows[good],
            self.faults.table(), int((~good).sum()), report, tuple(self.notes),
        )  # fmt: skip

    def _refuse(self, mask: Bools, column: str, zh: str, en: str, *, warn: bool = False) -> None:
        chosen = mask & self.good
        if not chosen.any():
            return
        raw = self.table.loc[chosen, self.columns[column]] if column in self.columns else None
        self.faults.add(
            "warning" if warn else "rejected", zh, en, rows=self.rows[chosen], column=column,
            values=None if raw is None else ["" if value is None else as_text(value) for value in raw],
        )  # fmt: skip
        if not warn:
            self.good &= ~chosen

    def _places(self, reference: Reference) -> tuple[Floats, Floats]:
        missing = shapely.is_missing(self.geometry)
        self._refuse(missing, "lon", "没有可读的坐标", "it has no readable coordinates")
        xy = np.full((len(missing), 2), np.nan)
        xy[~missing] = shapely.get_coordinates(shapely.centroid(self.geometry[~missing]))
        with np.errstate(all="ignore"):
            lon, lat = reference.to_wgs84(xy[:, 0], xy[:, 1])
            outside = ~((np.abs(lon) <= 180) & (np.abs(lat) <= 90)) | ((xy == 0).all(axis=1))
        self._refuse(outside, "lon", "坐标为 0 或超出地球范围", "its coordinates are 0 or outside the earth")
        return np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)

    def _levels(self) -> Floats:
        header = self.columns[_RSRP]
        column = COLUMNS[_RSRP]
        self._refuse(is_missing(self.table[header]), _RSRP, "没有 SS-RSRP 值", "it has no SS-RSRP")
        found, bad = numbers(self.table[header], column, unit_for(column, header))
        self._refuse(bad, _RSRP, "SS-RSRP 不是数字", "its SS-RSRP is not a number")
        some = found[np.isfinite(found)]
        # Measurement reports hold the reported quantity (0 to 127) instead of dBm.
        if len(some) and np.median(some) >= 0 and (some == np.rint(some)).mean() > 0.95:
            found = np.where((found >= 0) & (found <= 127), found + REPORTED_RSRP_DBM, np.inf)
            self.notes.append(
                Text(
                    "SS-RSRP 列是 0 到 127 的上报值，已按 TS 38.133 换算为 dBm。",
                    "SS-RSRP was given as reported values 0 to 127; converted to dBm by TS 38.133.",
                )
            )
        return self._limited(_RSRP, found)

    def _number(self, name: str) -> Floats:
        if name not in self.columns:
            return np.full(len(self.table), np.nan)
        column = COLUMNS[name]
        found, bad = numbers(self.table[self.columns[name]], column, unit_for(column, self.columns[name]))
        label = column.title
        self._refuse(bad, name, f"{label.zh} 不是数字", f"its {label.en} is not a number")
        return self._limited(name, found)

    def _limited(self, name: str, found: Floats) -> Floats:
        column = COLUMNS[name]
        low, high = column.minimum or 0.0, column.maximum or 0.0
        with np.errstate(invalid="ignore"):
            outside = (found < low) | (found > high)
            if column.kind == "integer":
                outside |= np.isfinite(found) & (found != np.rint(found))
        limits = f"{low:g}", f"{high:g} {column.unit}".strip()
        self._refuse(outside, name, f"{column.title.zh} 超出 {limits[0]} 至 {limits[1]}",
                     f"its {column.title.en} is outside {limits[0]} to {limits[1]}")  # fmt: skip
        return np.where(outside, np.nan, found)

    def _bands(self) -> Floats:
        if _BAND not in self.columns:
            return np.full(len(self.table), np.nan)
        header = self.columns[_BAND]
        found, bad = read_carriers(self.table[header], COLUMNS[_BAND], header)
        self._refuse(bad, _BAND, "频段不是已知的 5G 频段或频点", "its band is no known 5G carrier")
        return found

    def _times(self) -> Times:
        """Times as written; unreadable ones are told of and left out, for levels are good without."""
        result = np.full(len(self.table), np.datetime64("NaT", "ms"), dtype="datetime64[ms]")
        if _TIME not in self.columns:
            return result
        raw = self.table[self.columns[_TIME]]
        missing = is_missing(raw)
        codes, distinct = pd.factorize(raw.map(lambda value: "" if value is None else as_text(value)))
        result[:] = np.array([_time(text) for text in distinct], dtype="datetime64[ms]")[codes]
        self._refuse(np.isnat(result) & ~missing, _TIME, "时间无法读取，已留空",
                     "its time cannot be read and was left empty", warn=True)  # fmt: skip
        return result


def _time(text: str) -> np.datetime64:
    """A time as drive-test tools write it (also seconds or milliseconds since 1970), NaT when it is none."""
    folded = fold(text)
    none = np.datetime64("NaT", "ms")
    if re.fullmatch(r"\d{10}(?:\.\d+)?", folded):
        return np.datetime64(round(float(folded) * 1000), "ms")
    if re.fullmatch(r"\d{13}", folded):
        return np.datetime64(int(folded), "ms")
    match = re.match(
        r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?[t\s]*(?:(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:[.:,](\d{1,6}))?)?)?",
        folded,
    )
    if match is None:
        return none
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    part = f"{match[7] or '0':0<3}"[:3]
    try:
        return np.datetime64(f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{part}", "ms")
    except ValueError:
        return none


def thinned(samples: Measurements, size_m: float = 10.0) -> Measurements:
    """One sample per square of ``size_m`` metres, cell (PCI) and carrier, levels averaged in dB.

    Tests log by time, so that every red light would count many times over; and averaging over some tens of
    wavelengths removes fast fading (Lee's criterion: 40 wavelengths, 3.4 m at 3.5 GHz). Place, time and row are
    those of the square's first sample.
    """
    if not size_m > 0:
        raise InputError(f"抽稀格边长 {size_m} 应为正数。", f"the size of squares {size_m} must be positive.")
    if not len(samples):
        return samples
    plane = Plane(float(np.median(samples.lon)), float(np.median(samples.lat)))
    squares = np.floor(plane(samples.lon, samples.lat) / size_m).astype(np.int64)
    groups = pd.DataFrame({
        "x": squares[:, 0], "y": squares[:, 1], "pci": samples.pci, "band": np.nan_to_num(samples.band_ghz, nan=-1),
    }).groupby(["x", "y", "pci", "band"], sort=False).ngroup().to_numpy()  # fmt: skip
    first = np.unique(groups, return_index=True)[1]
    kept = samples.chosen(first)
    levels = pd.DataFrame({_RSRP: samples.ss_rsrp_dbm, _SINR: samples.ss_sinr_db}).groupby(groups).mean()
    values = {item.name: getattr(kept, item.name) for item in fields(kept)}
    return Measurements(**{**values, _RSRP: levels[_RSRP].to_numpy(), _SINR: levels[_SINR].to_numpy()})
