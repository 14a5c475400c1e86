"""Operators' site tables (工参): what a row per sector or per site needs beyond the contract of columns.

Sectors without azimuth, total tilts, several azimuths in one cell, cells given
twice, sites beside the district, and which rows are sectors of one site.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from layers import get
from twin.crs_evidence import Geometries, Plane
from twin.ingest.faults import Faults
from twin.ingest.mapping import CELL_NAMES, TOTAL_TILTS, normal
from twin.ingest.radio_values import MOST_DBM, power_unit, stated_power_unit
from twin.ingest.site_rows import AZIMUTH, INDOOR, OMNI, coverage_of, headers_called, matches, unfolded
from twin.ingest.values import Mask, as_text, fold, texts, vocabulary

Keys = npt.NDArray[np.object_] | None

LAYER = "site_5g"
OMNI_PATTERNS: Mapping[str, str] = {"omni": "omni-8T", "indoor": "omni-indoor"}
"""Names of the twin's own patterns for antennas without azimuth."""
SAME_SITE_M = 50.0
"""Rows of one site number or name farther apart are different places (remote radio units, or errors)."""
NEAR_DISTRICT_M = 5_000.0
"""Sites up to here beyond the district serve its border and disturb it; TR 38.901's formulas end here."""

_CELL_IDS = (
    "ncgi", "nrcgi", "cgi", "小区cgi", "nci", "小区标识", "小区id", "小区编号", "小区号", "cellid", "nrcellid",
    "本地小区标识", "localcellid", *CELL_NAMES,
)  # fmt: skip
_COVERAGE_WORD = re.compile(
    r"(宏基?站|宏蜂窝|微基?站|微蜂窝|皮基?站|室分|室内分布|室内分布系统|室内|室外|室外站|室内站|全向|定向|macro|micro|pico|indoor|outdoor|omni|das)$"
)
_SECTOR_END = re.compile(r"[-_ #]*\d*$")


class Checker(Protocol):
    """Who keeps bad rows out: ``fault`` reports the rows of a mask that are still in."""

    good: Mask

    def fault(
        self, mask: Mask, column: str, zh: str, en: str, values: pd.Series | None, *, warn: bool = False
    ) -> None:
        """Report, and drop the rows unless ``warn``."""


@dataclass(slots=True)
class SiteTable:
    """A site table before its columns are read, a row per sector.

    ``numbers`` are the row numbers users know, ``piece`` tells the sectors of
    one row apart, ``coverage`` is ``indoor``, ``omni`` or empty for every row.
    """

    table: pd.DataFrame
    geometry: Geometries
    numbers: npt.NDArray[np.int64]
    mapping: Mapping[str, str]
    piece: npt.NDArray[np.int64]
    coverage: npt.NDArray[np.object_]

    @classmethod
    def of(
        cls,
        table: pd.DataFrame,
        geometry: Geometries,
        numbers: npt.NDArray[np.int64],
        mapping: Mapping[str, str],
    ) -> SiteTable:
        """The table with a row per sector and its coverage words taken out of numbers and mounts."""
        table, source, piece = unfolded(table, mapping)
        made = cls(table, geometry[source], numbers[source], mapping, piece, coverage_of(table, mapping))
        made._clear()
        return made

    def _clear(self) -> None:
        """``全向`` is no azimuth and ``宏站`` no mount: such cells become empty."""
        blank = {}
        if AZIMUTH in self.mapping:
            header = self.mapping[AZIMUTH]
            blank[header] = self.table[header].map(lambda value: matches(OMNI, value)).to_numpy(bool)
        if "mount" in self.mapping:
            header = self.mapping["mount"]
            words = _mount_words()
            blank[header] = (
                self.table[header]
                .map(lambda value: matches(_COVERAGE_WORD, value) and fold(as_text(value)) not in words)
                .to_numpy(bool)
            )
        for header, mask in blank.items():
            self.table[header] = self.table[header].mask(mask, None)

    # -- what the columns alone do not tell --------------------------------------------------

    def check(
        self,
        checker: Checker,
        fields: dict[str, dict[str, pd.Series]],
        columns: Mapping[str, Any],
        keys: Keys,
        places: Geometries,
        region: BaseGeometry | None,
    ) -> None:
        """Report what is wrong with sectors and places; ``fields`` are completed in place.

        ``keys`` are the site numbers of the rows, ``places`` their places in EPSG:4326, ``region`` is the district
        where it is known.
        """
        sectors = fields.get("sectors", {})
        if sectors:
            self._azimuths(checker, sectors)
            self._powers(checker, sectors)
            self._tilts(sectors)
        if region is not None:
            _outside(checker, places, region)
        self._twice(checker, sectors, self.owner(columns, keys, places), places)

    def _azimuths(self, checker: Checker, sectors: dict[str, pd.Series]) -> None:
        omni = self.coverage != ""
        if "pattern" in sectors or omni.any():
            pattern = sectors.get("pattern", pd.Series([None] * len(self.table), dtype=object))
            omni |= pattern.map(lambda value: matches(OMNI, value) or matches(INDOOR, value)).to_numpy(bool)
            own = pattern.map(lambda value: isinstance(value, str) and value in OMNI_PATTERNS.values())
            words = pd.Series([OMNI_PATTERNS[kind or "omni"] for kind in self.coverage], index=pattern.index)
            # An antenna's own name would be taken for that of a directed one.
            sectors["pattern"] = pattern.mask(omni & ~own.to_numpy(bool), words)
        if "azimuth_deg" not in sectors:
            first = _first(checker.good)
            checker.fault(first, "sectors", "文件没有方位角列，扇区朝向未知",
                          "the file has no column of azimuths; where the sectors look is unknown", None,
                          warn=True)  # fmt: skip
            return
        missing = sectors["azimuth_deg"].isna().to_numpy()
        checker.fault(missing & omni, "azimuth_deg", "没有方位角，按全向（室分）天线保留",
                      "it has no azimuth and was kept as an omnidirectional (indoor) antenna", None,
                      warn=True)  # fmt: skip
        checker.fault(missing & ~omni, "azimuth_deg", "扇区没有方位角，又不是室分或全向站",
                      "the sector has no azimuth and is neither indoor nor omnidirectional", None)  # fmt: skip

    def _powers(self, checker: Checker, sectors: dict[str, pd.Series]) -> None:
        if "power_dbm" not in sectors:
            return
        header = self.mapping["sectors.power_dbm"]
        raw = self.table[header]
        power = sectors["power_dbm"].to_numpy(dtype=float)
        with np.errstate(invalid="ignore"):
            absurd = power > MOST_DBM
        checker.fault(absurd, "power_dbm", f"功率超过 {MOST_DBM:g} dBm（2 kW），不合理",
                      f"its power is more than {MOST_DBM:g} dBm (2 kW), which no sector has", raw)  # fmt: skip
        if not stated_power_unit(header) and raw.map(_plain_number).any():
            unit = "W" if power_unit(raw) == "w" else "dBm"
            checker.fault(_first(checker.good), "power_dbm", f"功率列没有写单位，数字按 {unit} 读取",
                          f"the powers state no unit; plain numbers were read as {unit}", None,
                          warn=True)  # fmt: skip

    def _tilts(self, sectors: dict[str, pd.Series]) -> None:
        """Total tilts are parted: what is not the one kind is the other."""
        mechanical, electrical = sectors.get("mechanical_tilt_deg"), sectors.get("electrical_tilt_deg")
        if electrical is not None and mechanical is not None:
            if self._total("mechanical_tilt_deg"):
                sectors["mechanical_tilt_deg"] = (mechanical - electrical).where(
                    electrical.notna(), mechanical
                )
            elif self._total("electrical_tilt_deg"):
                sectors["electrical_tilt_deg"] = (electrical - mechanical).where(
                    mechanical.notna(), electrical
                )
        elif mechanical is not None and normal(self.mapping["sectors.mechanical_tilt_deg"]) in TOTAL_TILTS:
            # One tilt and no word on its kind: there is no other on top of it.
            sectors["electrical_tilt_deg"] = pd.Series(0.0, index=mechanical.index).where(mechanical.notna())

    def _total(self, name: str) -> bool:
        header = normal(self.mapping[f"sectors.{name}"])
        return "总" in header or "total" in header

    def _twice(
        self,
        checker: Checker,
        sectors: Mapping[str, pd.Series],
        owner: npt.NDArray[np.object_],
        places: Geometries,
    ) -> None:
        """A cell (or, without cell names, a row) given twice: the first good one stays."""
        good = np.flatnonzero(checker.good)
        if not len(good):
            return
        parts: list[Any] = [owner]
        cells = self._cells(good)
        if cells is not None:
            parts += [cells, self.piece]
            reason = ("小区与前面的行重复", "its cell is that of an earlier row")
        else:
            parts += [_spots(places), *(values.to_numpy() for values in sectors.values())]
            reason = ("与前面的行重复", "it repeats an earlier row")
        identity = pd.DataFrame(dict(enumerate(parts)), index=range(len(self.table)))
        again = np.zeros(len(self.table), dtype=bool)
        again[good] = identity.iloc[good].duplicated().to_numpy()
        checker.fault(again, "sectors" if sectors else "source_key", *reason, None)

    def _cells(self, good: npt.NDArray[np.int64]) -> npt.NDArray[np.object_] | None:
        """What names the cell of every row, where a column does; a column that mostly repeats does not."""
        used = {header for target, header in self.mapping.items() if target == "source_key"}
        for header in headers_called(self.table, _CELL_IDS):
            if header in used:
                continue
            found: npt.NDArray[np.object_] = texts(self.table[header]).to_numpy()
            given = pd.Series(found[good]).dropna()
            if len(given) > 0.9 * len(good) and len(given.unique()) > 1:
                return found
        return None

    # -- sites -------------------------------------------------------------------------------

    def owner(self, columns: Mapping[str, Any], given: Keys, places: Geometries) -> npt.NDArray[np.object_]:
        """What the rows of one site share: its number, else its name, else its CGI, else its place.

        A name of cells is no name of a site, nor is a number that differs from
        sector to sector its number. Operators that share a mast keep their own sites.
        """
        size = len(self.table)
        name = columns.get("name")
        by_cell = name is not None and normal(self.mapping["name"]) in CELL_NAMES
        names = (
            _objects(name, size) if name is not None and not by_cell else np.full(size, None, dtype=object)
        )
        keys = _objects(given, size)
        known = pd.Series(names).nunique() or len(set(_spots(places)))
        if pd.Series(keys).nunique() > 1.5 * known:
            keys[:] = None
        owner = np.where(pd.notna(keys), keys, names)
        if pd.isna(owner).any():
            owner = np.where(pd.notna(owner), owner, self._of_cells(size))
        owner = np.where(pd.notna(owner), owner, _spots(places))
        if "operator" in columns:
            operator = _objects(columns["operator"], size)
            many = pd.Series(operator).groupby(owner).transform("nunique").to_numpy() > 1
            owner = np.where(many, [f"{one} {who or ''}".strip() for one, who in zip(owner, operator, strict=True)],
                             owner)  # fmt: skip
        return np.asarray(owner, dtype=object)

    def _of_cells(self, size: int) -> npt.NDArray[np.object_]:
        """The site's part of cell identities written with separators (``460-00-1234567-1``)."""
        for header in headers_called(self.table, ("ncgi", "nrcgi", "cgi", "小区cgi")):
            found = texts(self.table[header])
            parted = found.str.extract(r"^(.*\d.*)[-_:/]\w+$")[0]
            if parted.notna().mean() > 0.5:
                return _objects(parted, size)
        return np.full(size, None, dtype=object)

    def gathered(
        self, frame: gpd.GeoDataFrame, columns: Mapping[str, Any], keys: Keys, faults: Faults
    ) -> pd.Series:
        """Which site every row of ``frame`` belongs to; places of one site over 50 m apart are reported.

        ``frame`` is indexed by rows of the table. Rows farther off become a site of their own: remote radio units
        share the number of their base unit.
        """
        owner = pd.Series(
            self.owner(columns, keys, _column(frame, len(self.table)))[frame.index], index=frame.index
        )
        xy = shapely.get_coordinates(frame.geometry.to_numpy())
        plane = Plane(float(xy[:, 0].mean()), float(xy[:, 1].mean()))
        metres = plane(xy[:, 0], xy[:, 1])
        result = owner.copy()
        found: list[tuple[int, float]] = []
        places = pd.DataFrame(metres).groupby(owner.to_numpy()).agg(["min", "max"])
        wide = (
            np.hypot(places[0]["max"] - places[0]["min"], places[1]["max"] - places[1]["min"]) > SAME_SITE_M
        )
        values = owner.to_numpy()
        for name in places.index[wide]:
            anchors: list[int] = []
            for position in np.flatnonzero(values == name).tolist():
                apart = [float(np.hypot(*(metres[position] - metres[anchor]))) for anchor in anchors]
                near = next((n for n, distance in enumerate(apart) if distance <= SAME_SITE_M), None)
                if near is None:
                    near = len(anchors)
                    anchors.append(position)
                if near:
                    found.append((position, apart[0]))
                    spot = xy[anchors[near]]
                    result.iloc[position] = f"{name} {spot[0]:.5f} {spot[1]:.5f}"
        if found:
            index = [position for position, _ in found]
            faults.add(
                "warning",
                f"同一站号或站名的位置相距超过 {SAME_SITE_M:g} 米，已作为另一个站址",
                f"rows of one site are more than {SAME_SITE_M:g} m apart; it was kept as a place of its own",
                rows=self.numbers[frame.index[index]],
                keys=owner.iloc[index].astype(str).to_list(),
                values=[f"{distance:.0f} m" for _, distance in found],
                column="geometry",
            )
        self._name(frame, result)
        return result

    def _name(self, frame: gpd.GeoDataFrame, owner: pd.Series) -> None:
        """Sites whose rows name cells get what their cells' names share."""
        if "name" not in frame or normal(self.mapping["name"]) not in CELL_NAMES:
            return
        shared = frame["name"].dropna().groupby(owner).agg(_shared_name)
        frame["name"] = owner.map(shared).astype(object).where(frame["name"].notna(), None)


def _outside(checker: Checker, places: Geometries, region: BaseGeometry) -> None:
    """Sites beside the district are told of, those too far to matter stay out."""
    middle = shapely.centroid(region)
    plane = Plane(middle.x, middle.y)
    shape = plane.geometry(region)
    shapely.prepare(shape)
    away = np.zeros(len(places))
    given = np.flatnonzero(checker.good)
    away[given] = shapely.distance(plane.geometry(places[given]), shape)
    values = pd.Series([f"{metres / 1000:.1f} km" for metres in away])
    checker.fault(
        away > NEAR_DISTRICT_M, "geometry", f"位置在区界以外 {NEAR_DISTRICT_M / 1000:g} 公里开外",
        f"it lies more than {NEAR_DISTRICT_M / 1000:g} km outside the district", values,
    )  # fmt: skip
    checker.fault(
        away > 0, "geometry", "位置在区界以外，作为邻区站保留",
        "it lies outside the district and was kept as a neighbour", values, warn=True,
    )  # fmt: skip


def _spots(places: Geometries) -> npt.NDArray[np.object_]:
    """Places to about a metre, as texts; rows without a place have each their own."""
    found = np.array([f"? {row}" for row in range(len(places))], dtype=object)
    given = np.flatnonzero(~shapely.is_missing(places) & ~shapely.is_empty(places))
    for row, (x, y) in zip(given, shapely.get_coordinates(shapely.centroid(places[given])), strict=True):
        found[row] = f"{x:.5f} {y:.5f}"
    return found


def _column(frame: gpd.GeoDataFrame, size: int) -> Geometries:
    """Geometry of ``frame`` by row of the table it is indexed with."""
    places = np.full(size, None, dtype=object)
    places[frame.index] = frame.geometry.to_numpy()
    return places


def _mount_words() -> Mapping[str, str]:
    return vocabulary(get(LAYER).column("mount"))


def _plain_number(value: object) -> bool:
    text = as_text(value) if value is not None else ""
    return re.fullmatch(r"\s*[-+]?\d+(?:\.\d+)?\s*", text) is not None


def _first(mask: Mask) -> Mask:
    """``mask`` with its first row only."""
    first = np.zeros(len(mask), dtype=bool)
    first[np.flatnonzero(mask)[:1]] = True
    return first


def _objects(values: Any, size: int) -> npt.NDArray[np.object_]:
    found = np.full(size, None, dtype=object)
    if values is not None:
        found[:] = np.asarray(values, dtype=object)
        found[pd.isna(found)] = None
    return found


def _shared_name(names: pd.Series) -> str:
    """What the names of a site's cells begin with alike, without the sector's number."""
    if len(names) == 1:
        return str(names.iloc[0])
    prefix = _SECTOR_END.sub("", _common_start(names.to_list()))
    return prefix if len(prefix) > 1 else str(names.iloc[0])


def _common_start(names: list[str]) -> str:
    """The longest start that all texts share."""
    low, high = min(names), max(names)
    same = (one == other for one, other in zip(low, high, strict=False))
    return low[: next((place for place, equal in enumerate(same) if not equal), len(low))]
