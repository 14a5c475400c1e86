"""Sites and their sectors as arrays, read from the layer ``site_5g`` or changed by a scenario.

What a table of sites leaves open is filled in and marked (:class:`Assumed`), so
that a result can say how much of it rests on assumptions:

* no sectors: three at 0, 120 and 240 degrees;
* no azimuth: the sectors of a site spread evenly, by their order;
* no height: 3 m over the roof that the site stands on, else 35 m (mast), 10 m (pole), 25 m;
* no power: 53 dBm (200 W), 46 dBm under 2 GHz, 40 dBm on a pole;
* no tilt: 0 degrees mechanical, 6 degrees electrical;
* no band: 3.5 GHz; in a scenario the carrier looked at.

A site added by edit ``n`` of a scenario has the number ``-n``.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from layers.site_5g import LAYER, SECTOR_FIELDS
from twin.analysis.surface import Surface
from twin.errors import InputError
from twin.store import Store

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]
Bools = npt.NDArray[np.bool_]

BAND_GHZ, ELECTRICAL_TILT_DEG = 3.5, 6.0
HEIGHT_M: Mapping[str, float] = {"mast": 35.0, "pole": 10.0}
OTHER_HEIGHT_M, OVER_ROOF_M = 25.0, 3.0
MOST_SECTORS = 24


class Assumed(enum.IntFlag):
    """What was not given and had to be assumed for a sector."""

    SECTORS = 1
    AZIMUTH = 2
    HEIGHT = 4
    POWER = 8
    TILT = 16
    BAND = 32


@dataclass(frozen=True, eq=False, repr=False)
class Sites:
    """Sites (n,) and their sectors (m,), sectors in the order of their sites.

    ``lon``/``lat`` are degrees, ``height_m`` NaN where neither site nor sector gives one. ``site`` is the
    row of each sector's site. ``sent`` tells which sites are on the air; removed and switched-off ones stay
    in their rows. ``load`` is NaN where the parameters' load holds.
    """

    fid: npt.NDArray[np.int64]
    lon: Floats
    lat: Floats
    name: npt.NDArray[Any]
    operator: npt.NDArray[Any]
    mount: npt.NDArray[Any]
    status: npt.NDArray[Any]
    sent: Bools
    site: Ints
    band_ghz: Floats
    azimuth_deg: Floats
    mechanical_tilt_deg: Floats
    electrical_tilt_deg: Floats
    height_m: Floats
    power_dbm: Floats
    bandwidth_mhz: Floats
    pattern: npt.NDArray[Any]
    load: Floats
    assumed: npt.NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.fid)

    @property
    def sectors(self) -> int:
        """How many sectors there are."""
        return len(self.site)

    def sector_number(self) -> Ints:
        """The number of each sector within its site, from 1."""
        first = np.searchsorted(self.site, self.site)
        return (np.arange(self.sectors) - first + 1).astype(np.int32)

    def joined(self, other: Sites) -> Sites:
        """These sites with the rows of ``other`` after them."""
        merged: dict[str, Any] = {
            name: np.concatenate([getattr(self, name), getattr(other, name)]) for name in _SITE + _SECTOR
        }
        merged["site"] = np.concatenate([self.site, other.site + np.int32(len(self))])
        return Sites(**merged)

    def silenced(self, rows: npt.NDArray[np.intp] | list[int]) -> Sites:
        """The same rows with some sites off the air."""
        sent = self.sent.copy()
        sent[rows] = False
        return replace(self, sent=sent)

    def chosen(self, keep: Bools) -> Sites:
        """Some of the sites, with their sectors."""
        row = np.cumsum(keep, dtype=np.int32) - 1
        sectors = keep[self.site]
        picked = {name: getattr(self, name)[keep] for name in _SITE}
        picked |= {name: getattr(self, name)[sectors] for name in _SECTOR}
        return Sites(**{**picked, "site": row[self.site[sectors]]})

    def row_of(self, fid: int) -> int | None:
        """The row of the site on the air with this number, the last one when it was moved; None without."""
        rows = np.flatnonzero((self.fid == fid) & self.sent)
        return int(rows[-1]) if len(rows) else None

    def moved(self, row: int, lon: float, lat: float) -> Sites:
        """One site's rows at another place, alone."""
        one = self.chosen(np.arange(len(self)) == row)
        return replace(one, lon=np.array([lon]), lat=np.array([lat]), sent=np.array([True]))


_SITE = ("fid", "lon", "lat", "name", "operator", "mount", "status", "sent")
_SECTOR = (
    "site", "band_ghz", "azimuth_deg", "mechanical_tilt_deg", "electrical_tilt_deg", "height_m",
    "power_dbm", "bandwidth_mhz", "pattern", "load", "assumed",
)  # fmt: skip


def read(store: Store, *, operators: Sequence[str] = (), planned: bool = False, off: bool = False) -> Sites:
    """The shown sites that are on the air.

    Parameters
    ----------
    operators
        Only sites of these; all where empty.
    planned, off
        Also sites that are planned, or switched off, as if on the air.

    Raises
    ------
    InputError
        There are no sites.
    """
    if LAYER.id not in store.shown:
        raise InputError(
            "没有 5G 基站数据；请先导入工参表或建立演示城市。",
            "there are no 5G sites; import a site table or build the demo city.",
        )
    relation = store.generation(LAYER.id).relation
    rows = (
        store.cursor()
        .execute(
            f"SELECT fid, lon, lat, name, operator, mount, status, height_m, sectors FROM {relation} ORDER BY row_no"
        )
        .fetchall()
    )
    allowed = {"on", None} | ({"planned"} if planned else set()) | ({"off"} if off else set())
    return of_rows(
        {
            "fid": fid, "lon": lon, "lat": lat, "name": name, "operator": operator, "mount": mount,
            "status": status, "height_m": height, "sectors": sectors,
        }
        for fid, lon, lat, name, operator, mount, status, height, sectors in rows
        if status in allowed and (not operators or operator in operators)
    )  # fmt: skip


def of_rows(rows: Iterable[Mapping[str, Any]], *, band_ghz: float = BAND_GHZ) -> Sites:
    """Sites from plain rows: fid, lon, lat and the columns of the layer, missing ones None or absent.

    Sectors that give no band are on ``band_ghz``.

    :class:`twin.errors.InputError` names the site, sector and field that is out of range.
    """
    site: dict[str, list[Any]] = {name: [] for name in _SITE}
    sector: dict[str, list[Any]] = {name: [] for name in _SECTOR}
    for number, row in enumerate(rows):
        fid = int(row.get("fid") or 0)
        for name in ("name", "operator", "mount", "status"):
            site[name].append(row.get(name) or "")
        site["fid"].append(fid)
        site["lon"].append(float(row["lon"]))
        site["lat"].append(float(row["lat"]))
        site["sent"].append(True)
        given = list(row.get("sectors") or [])
        if len(given) > MOST_SECTORS:
            raise InputError(
                f"基站 {fid} 有 {len(given)} 个扇区，至多 {MOST_SECTORS} 个。",
                f"site {fid} has {len(given)} sectors; there may be {MOST_SECTORS}.",
            )
        missing = Assumed(0) if given else Assumed.SECTORS
        parts: list[Mapping[str, Any]] = given or [{"azimuth_deg": angle} for angle in (0.0, 120.0, 240.0)]
        for order, part in enumerate(parts):
            values = _sector(row, part, order, len(parts), missing, band_ghz)
            values["site"] = number
            for name in _SECTOR:
                sector[name].append(values[name])
    columns: dict[str, Any] = {name: np.array(site[name], dtype=_TYPES.get(name, object)) for name in _SITE}
    columns |= {name: np.array(sector[name], dtype=_TYPES.get(name, float)) for name in _SECTOR}
    return Sites(**columns)


def as_rows(sites: Sites) -> list[dict[str, Any]]:
    """The sites as :func:`of_rows` takes them; what was assumed for them is given now."""
    rows = []
    for number in range(len(sites)):
        sectors = [
            {
                "band_ghz": float(sites.band_ghz[k]),
                "azimuth_deg": float(sites.azimuth_deg[k]),
                "mechanical_tilt_deg": float(sites.mechanical_tilt_deg[k]),
                "electrical_tilt_deg": float(sites.electrical_tilt_deg[k]),
                "height_m": _given(sites.height_m[k]),
                "power_dbm": float(sites.power_dbm[k]),
                "bandwidth_mhz": _given(sites.bandwidth_mhz[k]),
                "pattern": sites.pattern[k],
            }
            for k in np.flatnonzero(sites.site == number).tolist()
        ]
        row: dict[str, Any] = {
            name: str(getattr(sites, name)[number]) for name in ("name", "operator", "mount", "status")
        }
        row |= {
            "fid": int(sites.fid[number]),
            "lon": float(sites.lon[number]),
            "lat": float(sites.lat[number]),
        }
        rows.append(row | {"sectors": sectors})
    return rows


def _given(value: Any) -> float | None:
    return float(value) if np.isfinite(value) else None


_TYPES: Mapping[str, type] = {
    "fid": np.int64, "lon": float, "lat": float, "sent": bool, "site": np.int32, "pattern": object,
    "assumed": np.uint8,
}  # fmt: skip
_RANGES = {
    item.name: (-1e9 if item.minimum is None else item.minimum, 1e9 if item.maximum is None else item.maximum)
    for item in SECTOR_FIELDS
    if item.kind == "number"
}


def _sector(
    site: Mapping[str, Any],
    given: Mapping[str, Any],
    order: int,
    count: int,
    assumed: Assumed,
    band_ghz: float,
) -> dict[str, Any]:
    """One sector with everything it lacks assumed."""
    read = {name: _number(site, given, order, name) for name in _RANGES}
    band = read["band_ghz"]
    if band is None:
        band, assumed = band_ghz, assumed | Assumed.BAND
    if read["azimuth_deg"] is None:
        read["azimuth_deg"], assumed = order * 360.0 / count, assumed | Assumed.AZIMUTH
    if read["power_dbm"] is None:
        pole = site.get("mount") == "pole"
        read["power_dbm"], assumed = 40.0 if pole else 46.0 if band < 2 else 53.0, assumed | Assumed.POWER
    if read["electrical_tilt_deg"] is None and read["mechanical_tilt_deg"] is None:
        read["electrical_tilt_deg"], assumed = ELECTRICAL_TILT_DEG, assumed | Assumed.TILT
    height = read["height_m"]
    if height is None:
        height = _number({"fid": site.get("fid")}, {"height_m": site.get("height_m")}, order, "height_m")
    if height is None:
        assumed |= Assumed.HEIGHT
    return {
        "band_ghz": band,
        "azimuth_deg": read["azimuth_deg"],
        "mechanical_tilt_deg": read["mechanical_tilt_deg"] or 0.0,
        "electrical_tilt_deg": read["electrical_tilt_deg"] or 0.0,
        "height_m": np.nan if height is None else height,
        "power_dbm": read["power_dbm"],
        "bandwidth_mhz": np.nan if read["bandwidth_mhz"] is None else read["bandwidth_mhz"],
        "pattern": given.get("pattern") or None,
        "load": np.nan,
        "assumed": int(assumed),
    }


def _number(site: Mapping[str, Any], given: Mapping[str, Any], order: int, name: str) -> float | None:
    value = given.get(name)
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return None
    low, high = _RANGES[name]
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        raise InputError(
            f"基站 {site.get('fid')} 第 {order + 1} 扇区的 {name} 为 {str(value)[:40]!r}，应在 {low:g} 到 {high:g} 之间。",
            f"sector {order + 1} of site {site.get('fid')} has {name} {str(value)[:40]!r}; "
            f"it must be {low:g} to {high:g}.",
        )
    return float(value)


def on_building(sites: Sites, surface: Surface, within_m: float = 15.0) -> Bools:
    """Whether each site stands on a building, or so near to one, (n,).

    Sites said to be on roofs that do not are a sign of shifted coordinates (GCJ-02, BD-09).
    """
    row, column = surface.grid.cells(*surface.grid.to_metres(sites.lon, sites.lat))
    reach = int(np.ceil(within_m / surface.grid.cell_m))
    near = np.zeros(len(sites), dtype=bool)
    for down in range(-reach, reach + 1):
        for right in range(-reach, reach + 1):
            r, c = row + down, column + right
            inside = surface.grid.holds(r, c) & (np.hypot(down, right) * surface.grid.cell_m <= within_m)
            near[inside] |= surface.building[r[inside], c[inside]] >= 0
    return near


def heights(sites: Sites, surface: Surface) -> Floats:
    """Antenna height above the ground of every sector, (m,), in metres; assumed where none was given."""
    unknown = np.flatnonzero(np.isnan(sites.height_m))
    if not len(unknown):
        return sites.height_m
    result = sites.height_m.copy()
    x, y = surface.grid.to_metres(sites.lon, sites.lat)
    row, column = surface.grid.cells(x, y)
    inside = surface.grid.holds(row, column)
    for sector in unknown.tolist():
        site = int(sites.site[sector])
        at = (row[site], column[site])
        if inside[site] and surface.building[at] >= 0 and sites.mount[site] in ("", "roof"):
            result[sector] = surface.top[at] - surface.ground[at] + OVER_ROOF_M
        else:
            result[sector] = HEIGHT_M.get(sites.mount[site], OTHER_HEIGHT_M)
    return result
