"""The CRS doctor: which reference system do these coordinates really have?

Value ranges leave a few readings; each is compared with what the twin knows
(:mod:`twin.crs_evidence`), and the report names the best, the evidence in
metres and the second best. Where the evidence does not separate the readings,
what the file itself declares counts; where it declares nothing, the doctor
says that it does not know.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import shapely

from twin.crs import BD09, GCJ02, WGS84, Reference, in_china, utm
from twin.crs_evidence import Evidence, Geometries, Known, Sample, gather, near
from twin.settings import ROOT

__all__ = ["CrsReport", "Declared", "Hypothesis", "Known", "diagnose", "given"]

DISTRICT_BOUNDARY = ROOT / "data" / "district_boundary.geojson"
"""Outline of Jiading in WGS84: the evidence of an empty twin."""

_SAME_M = 2.0


@dataclass(frozen=True, slots=True)
class Declared:
    """What the file says about its coordinates.

    ``how`` is ``file`` (written in the file), ``format`` (every file of the
    format is meant so, whatever it holds), ``name`` (a file or column name
    says so) or ``none``.
    """

    reference: Reference | None = None
    how: Literal["file", "format", "name", "none"] = "none"


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One reading of the coordinates, and how well it fits.

    ``evidence_m`` is the misfit in metres against what the twin knows, None
    where nothing could be compared.
    """

    name: str
    evidence_m: float | None


@dataclass(frozen=True, slots=True)
class CrsReport:
    """What the doctor found out about the coordinates of a dataset.

    Parameters
    ----------
    declared
        The system the file states; None when it states none.
    found
        ``"EPSG:4326"``, ``"GCJ-02"``, ``"BD-09"``, ``"EPSG:4549"``,
        ``"EPSG:4549 swapped"`` ...; the first guess when not ``decided``, None
        when no reading is possible.
    basis
        ``fit`` (compared with known data), ``range`` (only one reading is
        possible), ``declared``, ``given`` (by the user) or ``none``.
    evidence_m, second
        Misfit of ``found``; name and misfit of the second best.
    hypotheses
        All possible readings, best first.
    zh, en
        The finding in plain words.
    """

    declared: str | None
    found: str | None
    decided: bool
    basis: str
    evidence_m: float | None = None
    second: tuple[str, float | None] | None = None
    hypotheses: tuple[Hypothesis, ...] = ()
    zh: str = ""
    en: str = ""

    def text(self, language: str) -> str:
        """The finding in one or two plain sentences (``"zh"`` or ``"en"``)."""
        return self.en if language == "en" else self.zh


def given(text: str, declared: Declared | None = None) -> CrsReport:
    """Report on a system the user chose; :class:`twin.errors.InputError` when it is not known."""
    reference = Reference.parse(text)
    stated = declared.reference if declared else None
    return CrsReport(
        declared=str(stated) if stated else None,
        found=str(reference),
        decided=True,
        basis="given",
        zh=f"按指定的坐标系 {reference} 读取。",
        en=f"read as {reference}, as you chose.",
    )


def diagnose(geometry: Geometries, declared: Declared, known: Known | None = None) -> CrsReport:
    """Find the reference system of geometries (shapely array, file coordinates).

    Never raises on odd data: coordinates that fit no system give a report with
    ``found`` None and ``decided`` False.
    """
    sample = Sample.of(geometry)
    stated = str(declared.reference) if declared.reference else None
    if not len(sample.points):
        return CrsReport(stated, stated, stated is not None, "declared" if stated else "none",
                         zh="没有可判断的坐标。", en="there are no coordinates to judge.")  # fmt: skip
    readings = _possible(sample, declared, known)
    if not readings:
        return CrsReport(
            stated, None, decided=False, basis="none",
            zh="坐标值不符合任何已知坐标系，请检查坐标列，或用坐标系选项指定。",
            en="the values fit no known reference system; check the coordinate columns or choose the system.",
        )  # fmt: skip
    basis = _basis(known, sample, readings)
    if basis is not None and basis.bounds is not None:
        bounds = basis.bounds
        close = [reading for reading in readings if near(sample.points, reading, bounds)]
        readings = close or readings
    else:
        basis = None
    readings = _distinct(readings, sample, declared)
    if len(readings) == 1 or basis is None:
        return _by_range(readings, declared, stated)
    for evidence in gather(sample, basis, readings):
        report = _by_fit(evidence, readings, stated, sample)
        if report is not None:
            return report
    return _by_range(readings, declared, stated)


# -- readings ------------------------------------------------------------------------------


def _possible(sample: Sample, declared: Declared, known: Known | None) -> list[Reference]:
    """Readings that the ranges of the values allow, the declared one first."""
    points = sample.points
    low, high = np.quantile(points, 0.01, axis=0), np.quantile(points, 0.99, axis=0)
    middle = np.median(points, axis=0)
    readings: list[Reference] = []
    if declared.reference is not None and _lands(declared.reference, points):
        readings.append(declared.reference)
    straight = _family(low, high, middle, known)
    crossed = [
        Reference(reading.name, swapped=True)
        for reading in _family(low[::-1], high[::-1], middle[::-1], known)
    ]
    readings += straight
    # Degrees that are possible both ways are taken as x, y unless the twin lies the other way.
    if not straight or not straight[0].geographic or _twin_is_at(crossed, known, points):
        readings += crossed
    found: list[Reference] = []
    for reading in readings:
        if reading not in found and _lands(reading, points):
            found.append(reading)
    return found


def _twin_is_at(readings: list[Reference], known: Known | None, points: npt.NDArray[np.float64]) -> bool:
    bounds = known.bounds if known is not None else None
    return bool(bounds and readings and near(points, readings[0], bounds))


def _family(
    low: npt.NDArray[np.float64],
    high: npt.NDArray[np.float64],
    middle: npt.NDArray[np.float64],
    known: Known | None,
) -> list[Reference]:
    """Systems whose x, y may take values from ``low`` to ``high``."""
    if max(abs(low[0]), abs(high[0])) <= 180.5 and max(abs(low[1]), abs(high[1])) <= 90.5:
        names = [WGS84]
        if bool(in_china(middle[0], middle[1])):
            names += [GCJ02, BD09]
        return [Reference(name) for name in names]
    names = []
    if max(abs(low[0]), abs(high[0])) <= 20_037_600 and max(abs(low[1]), abs(high[1])) <= 20_048_966:
        names.append("EPSG:3857")
    chinese = low[1] >= 300_000 and high[1] <= 6_200_000
    zone, easting = divmod(float(middle[0]), 1e6)
    if chinese and 100_000 <= easting <= 900_000:
        if 25 <= zone <= 45:
            names.append(f"EPSG:{4513 + int(zone) - 25}")
        elif 13 <= zone <= 23:
            names.append(f"EPSG:{4491 + int(zone) - 13}")
        elif zone == 0:
            # The 6-degree zones without prefix are among these: same meridians, same figures.
            names += [f"EPSG:{code}" for code in range(4534, 4555)]
            names += [f"EPSG:{code}" for code in range(32643, 32654)]
    if known is not None and known.bounds is not None and 0 < middle[0] < 1e6:
        west, south, east, north = known.bounds
        home = utm((west + east) / 2, (south + north) / 2)
        base = home // 100 * 100
        names += [f"EPSG:{code}" for code in (home, home - 1, home + 1) if base < code <= base + 60]
    return [Reference(name) for name in dict.fromkeys(names)]


def _lands(reading: Reference, points: npt.NDArray[np.float64]) -> bool:
    """Whether nearly all points become places on the earth under ``reading``."""
    if reading.geographic and np.quantile(np.abs(points), 0.99) > 180.5:
        return False
    lon, lat = reading.to_wgs84(points[:, 0], points[:, 1])
    with np.errstate(invalid="ignore"):
        good = np.isfinite(lon) & np.isfinite(lat) & (np.abs(lon) <= 180.0001) & (np.abs(lat) <= 90.0001)
    return bool(good.mean() > 0.95)


def _distinct(readings: list[Reference], sample: Sample, declared: Declared) -> list[Reference]:
    """Readings that put the data at different places; of equals the declared, else the first."""
    points = sample.points[:: max(1, len(sample.points) // 50)]
    kept: list[Reference] = []
    places: list[npt.NDArray[np.float64]] = []
    ordered = sorted(readings, key=lambda reading: reading != declared.reference)
    for reading in ordered:
        lon, lat = reading.to_wgs84(points[:, 0], points[:, 1])
        place = np.column_stack([lon, lat]) * 111_000
        if all(not np.nanmax(np.abs(place - other), initial=0.0) < _SAME_M for other in places):
            kept.append(reading)
            places.append(place)
    return kept


def _basis(known: Known | None, sample: Sample, readings: list[Reference]) -> Known | None:
    """What to compare with: the twin if the data may lie near it, else the shipped outline of Jiading."""
    for candidate in (known, _shipped()):
        if candidate is None or candidate.bounds is None:
            continue
        bounds = candidate.bounds
        if any(near(sample.points, reading, bounds) for reading in readings):
            return candidate
    return None


def _shipped() -> Known | None:
    path = DISTRICT_BOUNDARY
    return _outline_of(path, path.stat().st_mtime_ns) if path.is_file() else None


@lru_cache(maxsize=2)
def _outline_of(path: Path, _stamp: int) -> Known:
    document = json.loads(path.read_text(encoding="utf-8"))
    features = document.get("features", [document])
    parts = [shapely.geometry.shape(feature.get("geometry", feature)) for feature in features]
    return Known(boundary=shapely.union_all(parts))


# -- decisions -----------------------------------------------------------------------------


def _by_fit(
    evidence: Evidence, readings: list[Reference], stated: str | None, sample: Sample
) -> CrsReport | None:
    """The report of one comparison, or None when it does not separate the readings."""
    ranked = sorted(
        ((evidence.misfit(reading), place, reading) for place, reading in enumerate(readings)),
        key=lambda item: item[:2],
    )
    best, _, found = ranked[0]
    runner, _, other = ranked[1]
    if not np.isfinite(best) or best > evidence.tolerance_m:
        return None
    if runner < best * evidence.ratio or runner < best + evidence.margin_m:
        return None
    name = str(found)
    zh = f"判定为 {name}：{evidence.zh}为 {_metres(best)} 米；次优 {other} 为 {_metres(runner)} 米。"
    en = f"found {name}: {evidence.en} is {_metres(best)} m; second best {other} with {_metres(runner)} m."
    if stated is not None and stated != name:
        shift = _shift(Reference.parse(stated) if len(stated) < 40 else found, found, sample)
        zh += f"文件声明为 {stated}，但与已知数据不符" + (f"，相差约 {shift:.0f} 米。" if shift else "。")
        en += f" The file declares {stated}, which does not fit" + (
            f" (about {shift:.0f} m off)." if shift else "."
        )
    return CrsReport(
        declared=stated,
        found=name,
        decided=True,
        basis="fit",
        evidence_m=round(best, 2),
        second=(str(other), _finite(runner)),
        hypotheses=tuple(Hypothesis(str(reading), _finite(value)) for value, _, reading in ranked),
        zh=zh,
        en=en,
    )


def _by_range(readings: list[Reference], declared: Declared, stated: str | None) -> CrsReport:
    """The report where nothing could be compared: ranges, then what the file declares."""
    hypotheses = tuple(Hypothesis(str(reading), None) for reading in readings)
    second = (str(readings[1]), None) if len(readings) > 1 else None
    trusted = declared.how in ("file", "name") and declared.reference in readings
    if trusted:
        where_zh, where_en = ("文件名或列名", "a name") if declared.how == "name" else ("文件", "the file")
        zh = f"采用{where_zh}声明的 {stated}"
        en = f"read as {stated}, as {where_en} declares"
        if second is not None:
            zh += "；附近没有能区分其他读法的已知数据，可信度较低"
            en += "; nothing known near it could tell this from other readings, so confidence is low"
        return CrsReport(stated, stated, decided=True, basis="declared", second=second,
                         hypotheses=hypotheses, zh=zh + "。", en=en + ".")  # fmt: skip
    name = str(readings[0])
    if len(readings) == 1:
        zh, en = f"坐标值只符合 {name}。", f"the values fit {name} only."
        if stated is not None and stated != name:
            zh += f"文件声明的 {stated} 不可能。"
            en += f" The declared {stated} is not possible."
        return CrsReport(stated, name, decided=True, basis="range", hypotheses=hypotheses, zh=zh, en=en)
    names = "、".join(str(reading) for reading in readings[:6])
    english = ", ".join(str(reading) for reading in readings[:6])
    return CrsReport(
        stated, name, decided=False, basis="none", second=second, hypotheses=hypotheses,
        zh=f"无法判定坐标系：{names} 都有可能，附近没有可比对的已知数据。请指定坐标系，或先导入区界。",
        en=f"undecided: {english} are all possible, and nothing known could tell them apart. "
        "Choose the system, or import the district boundary first.",
    )  # fmt: skip


def _shift(stated: Reference, found: Reference, sample: Sample) -> float | None:
    """Metres between two readings at the middle of the data, None when beyond telling."""
    x, y = np.median(sample.points, axis=0)
    lon, lat = stated.to_wgs84([x], [y])
    true_lon, true_lat = found.to_wgs84([x], [y])
    east = (lon[0] - true_lon[0]) * 111_320 * np.cos(np.radians(true_lat[0]))
    distance = float(np.hypot(east, (lat[0] - true_lat[0]) * 110_900))
    return distance if 1 < distance < 100_000 else None


def _metres(value: float) -> str:
    return "∞" if not np.isfinite(value) else f"{value:.1f}" if value < 20 else f"{value:.0f}"


def _finite(value: float) -> float | None:
    return round(value, 2) if np.isfinite(value) else None
