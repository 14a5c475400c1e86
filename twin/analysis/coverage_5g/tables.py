"""Shares of a run that meet a profile of criteria: by area, road class and sensor.

Outdoors and indoors never share a denominator:

* ``area``: outdoor cells of the area, water and fields among them;
* ``people``: residents by the signal outside their building, before its wall;
* ``indoor_people``: residents by the signal behind the wall;
* ``residential_buildings``: those of which at least half is covered behind the wall;
* ``road_length``: metres of public road (:data:`zones.PUBLIC_ROADS`), tunnels left out.

What no sector reaches is not covered. A share of nothing is None. ::

    zones = twin.analysis.coverage_5g.zones.read(store, run.surface)
    found = assess(run, zones, profile)
    found.rates["people"]                       # one number an area
    after = found.after(other_run)              # only the tiles in which the runs differ
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from layers.road import LAYER as ROAD
from twin.analysis.coverage_5g import _kernels, radio, result
from twin.analysis.coverage_5g._kernels import CHANNELS, TILE
from twin.analysis.coverage_5g.criteria import Profile
from twin.analysis.coverage_5g.engine import Run, Tile
from twin.analysis.coverage_5g.zones import PUBLIC_ROADS, ROAD_CLASSES, Cells, Floats, Zones

F32 = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]

RATES = ("area", "people", "residential_buildings", "road_length")
OVERLAPPED = result.MOST_OVERLAP
"""So many sectors within 6 dB, the strongest among them, are an overlap (usual drive-test practice)."""
SINR_FROM_DB, SINR_STEP_DB, _STEPS = -40.0, 0.1, 1000
_TITLES = {
    choice.value: choice.title
    for column in ROAD.columns
    if column.name == "class"
    for choice in column.choices
}


class Counts(NamedTuple):
    """What was counted outdoors by atom, (atoms,), all whole numbers: cells with a signal, covered ones, hundredths
    of their SS-RSRP added up, overlapped ones, those that reach the profile's rate, and their SS-SINR in
    steps, (atoms, steps)."""

    known: Cells
    good: Cells
    rsrp: Cells
    overlapped: Cells
    fast: Cells
    sinr: Cells

    def plus(self, other: Counts, sign: int = 1) -> Counts:
        """These and the others, or these without them."""
        return Counts(*(mine + sign * theirs for mine, theirs in zip(self, other, strict=True)))


@dataclass(frozen=True, eq=False, repr=False)
class Assessment:
    """A run judged by a profile over zones.

    ``outside`` (rows, columns) is where the signal meets the profile with no wall in between, ``covered``
    the same outdoors and behind the wall in buildings; ``home_inside`` (k,) whether each place of
    ``zones.homes`` is covered behind its building's wall, ``wall`` (buildings,) the loss of that in dB.
    """

    run: Run
    zones: Zones
    profile: Profile
    outside: Bools
    covered: Bools
    home_inside: Bools
    wall: F32
    counts: Counts

    def after(self, run: Run) -> Assessment:
        """Another run over the same surface with the same parameters, such as one after edits.

        Only tiles that differ are judged anew.
        """
        mine, others = self.run.tiles, run.tiles
        changed = [key for key in {*mine, *others} if mine.get(key) is not others.get(key)]
        return _assess(run, self.zones, self.profile, sorted(changed), self)

    @property
    def upstairs(self) -> bool:
        """Whether the run is of a floor above the ground, where there is no outdoors."""
        return self.run.parameters.floor > 0

    @cached_property
    def homes(self) -> Bools:
        """Which homes have the floor of the run, (n,)."""
        return np.asarray(self.run.surface.buildings.floors[self.zones.homes.row] > self.run.parameters.floor)

    @cached_property
    def people(self) -> Floats:
        """People of each area who are counted, (areas,)."""
        return self._people(np.ones(len(self.zones.homes.cell), bool))

    @cached_property
    def covered_people(self) -> Floats:
        """People of each area with a covered cell outside their wall, (areas,)."""
        return self._people(self.outside.ravel()[self.zones.homes.cell])

    @cached_property
    def indoor_people(self) -> Floats:
        """People of each area who are covered at home, (areas,)."""
        return self._people(self.home_inside)

    def _people(self, good: Bools) -> Floats:
        homes, zones = self.zones.homes, self.zones
        at = homes.people_at * (good & self.homes[homes.home])
        return zones.sums(np.bincount(homes.atom[homes.home], at, zones.atoms))

    @cached_property
    def home_share(self) -> Floats:
        """Share of each home's places that is covered behind the wall, (n,)."""
        homes = self.zones.homes
        return np.asarray(np.bincount(homes.home, self.home_inside, len(homes)) / np.maximum(homes.cells, 1))

    @cached_property
    def rates(self) -> Mapping[str, Floats]:
        """The shares of :data:`RATES`, ``indoor_people`` and, where the profile asks for a rate, ``downlink``.

        Each is (areas,), NaN of nothing.
        """
        zones, counts = self.zones, self.counts
        homes = zones.homes
        count = np.bincount(homes.atom[self.homes], minlength=zones.atoms)
        half = np.bincount(homes.atom[self.homes & (self.home_share >= 0.5)], minlength=zones.atoms)
        public = np.isin(np.array(ROAD_CLASSES), PUBLIC_ROADS)
        good, length = self._roads
        outdoors = zones.sums(zones.outdoor * (not self.upstairs))
        found = {
            "area": _share(zones.sums(counts.good), outdoors),
            "people": _share(self.covered_people, self.people),
            "residential_buildings": _share(zones.sums(half), zones.sums(count)),
            "road_length": _share(
                zones.sums(good[public].sum(axis=0)), zones.sums(length[public].sum(axis=0))
            ),
            "indoor_people": _share(self.indoor_people, self.people),
        }
        if "downlink_mbps" in self.profile:
            found["downlink"] = _share(zones.sums(counts.fast), outdoors)
        return found

    @cached_property
    def _roads(self) -> tuple[Floats, Floats]:
        """Metres of road covered and in all, by class and atom."""
        roads, zones = self.zones.roads, self.zones
        shape = (len(ROAD_CLASSES), zones.atoms)
        place = roads.kind * np.int64(zones.atoms) + zones.atom.ravel()[roads.cell]
        length = roads.length_m * float(not self.upstairs)
        size = shape[0] * shape[1]
        good = np.bincount(place, length * self.outside.ravel()[roads.cell], size).reshape(shape)
        whole = np.bincount(place, length, size).reshape(shape)
        return np.asarray(good, np.float64), np.asarray(whole, np.float64)

    @cached_property
    def mean_rsrp_dbm(self) -> Floats:
        """Mean SS-RSRP outdoors where there is a signal, in dB, (areas,)."""
        known = self.zones.sums(self.counts.known)
        return _share(self.zones.sums(self.counts.rsrp) / 100, known)

    @cached_property
    def median_sinr_db(self) -> Floats:
        """Median SS-SINR outdoors where there is a signal, to 0.1 dB, (areas,)."""
        steps = np.cumsum(self.zones.sums(self.counts.sinr), axis=1)
        total = steps[:, -1:]
        middle = (steps < total / 2).sum(axis=1)
        value = SINR_FROM_DB + (middle + 0.5) * SINR_STEP_DB
        return np.where(total[:, 0] > 0, value, np.nan)

    @cached_property
    def overlap(self) -> Floats:
        """Share of outdoor cells with a signal that :data:`OVERLAPPED` sectors overlap in, (areas,)."""
        return _share(self.zones.sums(self.counts.overlapped), self.zones.sums(self.counts.known))


def assess(run: Run, zones: Zones, profile: Profile) -> Assessment:
    """Judge a run by a profile; half a second for a district of 10 m cells on two cores."""
    return _assess(run, zones, profile, sorted(run.tiles), None)


def areas_table(found: Assessment, base: Assessment | None = None) -> list[dict[str, Any]]:
    """One row an area as plain data: rates, people, mean and median levels; with ``base`` its rates too.

    ``target`` is the share that the profile asks for, None when it names none.
    """
    target = found.profile.minimum("rate_share")
    rows = []
    for number, area in enumerate(found.zones.areas):
        row: dict[str, Any] = {
            "id": area.id,
            "name": area.name,
            "name_en": area.name_en,
            "kind": area.kind,
            "bounds": list(area.bounds),
            "rates": _rates(found, number),
            "indoor_people": plain(found.rates["indoor_people"][number]),
            "downlink": plain(found.rates["downlink"][number]) if "downlink" in found.rates else None,
            "target": target,
            "people": round(float(found.people[number])),
            "short_people": round(float(found.people[number] - found.covered_people[number])),
            "mean_rsrp_dbm": plain(found.mean_rsrp_dbm[number], 2),
            "median_sinr_db": plain(found.median_sinr_db[number], 2),
            "overlap": plain(found.overlap[number]),
        }
        if base is not None:
            row["base"] = _rates(base, number) | {"indoor_people": plain(base.rates["indoor_people"][number])}
        rows.append(row)
    return rows


def roads_table(found: Assessment, base: Assessment | None = None) -> list[dict[str, Any]]:
    """One row a class of road that there is, over the first area (the district): kilometres and covered share."""
    good, length = (values @ found.zones.member[0] for values in found._roads)  # noqa: SLF001 - same module
    before = None if base is None else base._roads[0] @ base.zones.member[0]  # noqa: SLF001
    rows = []
    for number, name in enumerate(ROAD_CLASSES):
        if length[number] <= 0:
            continue
        row = {
            "class": name,
            "title": {"zh": _TITLES[name].zh, "en": _TITLES[name].en},
            "length_km": round(float(length[number]) / 1000, 3),
            "rate": float(good[number] / length[number]),
        }
        if before is not None:
            row["base"] = float(before[number] / length[number])
        rows.append(row)
    return rows


def sensors_table(found: Assessment) -> dict[str, Any]:
    """Covered share of the sensors in the open, and of those in buildings apart; the same by kind."""
    sensors, zones = found.zones.sensors, found.zones
    here = zones.member[0][zones.atom.ravel()[sensors.cell]]
    good = found.covered.ravel()[sensors.cell]
    size = len(sensors.kinds)
    # By kind, outdoors and in buildings: how many there are, how many are covered.
    place = sensors.kind * 2 + sensors.indoor
    whole = np.bincount(place[here], minlength=2 * size).reshape(size, 2)
    part = np.bincount(place[here & good], minlength=2 * size).reshape(size, 2)
    if found.upstairs:
        whole[:, 0] = part[:, 0] = 0
    kinds = [
        {"kind": kind} | _sensors(part[number], whole[number]) for number, kind in enumerate(sensors.kinds)
    ]
    return _sensors(part.sum(axis=0), whole.sum(axis=0)) | {"kinds": kinds}


def plain(value: float, digits: int | None = None) -> float | None:
    """A number for JSON: None instead of NaN and infinity."""
    number = float(value)
    if not math.isfinite(number):
        return None
    return number if digits is None else round(number, digits)


def least_sinr_db(run: Run, rate_mbps: float) -> float:
    """The least SINR of data at which the carrier carries ``rate_mbps``; infinite when it never does."""
    steps = np.array([step.sinr_db for step in radio.CQI])
    enough = np.flatnonzero(radio.throughput_mbps(steps, run.carrier) >= rate_mbps)
    return float(steps[enough[0]]) if len(enough) else math.inf


def thresholds(profile: Profile) -> tuple[np.float32, np.float32]:
    """Least SS-RSRP and SS-SINR of a profile; minus infinity where it asks for none."""
    level, quality = profile.minimum("ss_rsrp_dbm"), profile.minimum("ss_sinr_db")
    return np.float32(-np.inf if level is None else level), np.float32(
        -np.inf if quality is None else quality
    )


def meets(run: Run, profile: Profile, best: F32, others: F32, loss_db: F32 | float) -> Bools:
    """Where a strongest signal (dBm) among ``others`` (mW) meets a profile behind ``loss_db`` of wall."""
    level, quality = thresholds(profile)
    # Walls weaken all signals alike: the noise is what grows against them.
    sinr = best - np.float32(10) * np.log10(others + noise_mw(run) * 10 ** (loss_db / np.float32(10)))
    heard = best > _kernels.NOTHING_DBM
    return np.asarray(heard & (best - loss_db >= level) & (sinr >= quality))


def noise_mw(run: Run) -> np.float32:
    """Noise of a receiver in one resource element, mW."""
    return np.float32(10 ** (radio.noise_dbm(run.carrier, run.parameters.noise_figure_db) / 10))


def at_cells(run: Run, cell: Cells, channels: Sequence[int]) -> list[F32]:
    """Channels of :mod:`_kernels` at cells given by their flat numbers."""
    row, column = np.divmod(cell, run.surface.grid.columns)
    across = run.surface.grid.columns // TILE + 1
    tile = (row // TILE) * across + column // TILE
    order = np.argsort(tile, kind="stable")
    found, first = np.unique(tile[order], return_index=True)
    values = np.zeros((len(channels), len(cell)), np.float32)
    for number, channel in enumerate(channels):
        if channel <= _kernels.FOURTH:
            values[number] = _kernels.NOTHING_DBM
        elif channel == _kernels.SERVER:
            values[number] = -1
    for key, members in zip(found.tolist(), np.split(order, first[1:]), strict=True):
        cells = run.tiles.get(divmod(key, across))
        if cells is not None:
            lines = cells.reshape(TILE, CHANNELS, TILE)
            for number, channel in enumerate(channels):
                values[number, members] = lines[row[members] % TILE, channel, column[members] % TILE]
    return list(values)


# -- inside --------------------------------------------------------------------


def _rates(found: Assessment, number: int) -> dict[str, float | None]:
    return {name: plain(found.rates[name][number]) for name in RATES}


def _sensors(part: Cells, whole: Cells) -> dict[str, Any]:
    rates = _share(part, whole)
    return {
        "count": int(whole[0]),
        "rate": plain(rates[0]),
        "indoor_count": int(whole[1]),
        "indoor_rate": plain(rates[1]),
    }


def _share(part: Any, whole: Any) -> Floats:
    """``part / whole``, NaN where there is nothing."""
    whole = np.asarray(whole, dtype=np.float64)
    return np.where(whole != 0, part / np.where(whole != 0, whole, 1.0), np.nan)


def _assess(
    run: Run, zones: Zones, profile: Profile, tiles: Sequence[Tile], before: Assessment | None
) -> Assessment:
    """The assessment with ``tiles`` judged anew; all others are as ``before``."""
    shape = run.surface.grid.shape
    wall = result.wall_db(run) if before is None else before.wall
    if before is None:
        outside, covered = np.zeros(shape, bool), np.zeros(shape, bool)
        counts = _nothing(zones.atoms)
    else:
        outside, covered, counts = before.outside.copy(), before.covered.copy(), before.counts
        for key in tiles:
            counts = counts.plus(_tile(before.run, zones, profile, wall, key)[2], -1)
    with ThreadPoolExecutor(2, thread_name_prefix="tables") as pool:
        each = pool.map(lambda key: _tile(run, zones, profile, wall, key), tiles)
        for (i, j), found in zip(tiles, each, strict=True):
            here = np.s_[i * TILE : (i + 1) * TILE, j * TILE : (j + 1) * TILE]
            outside[here], covered[here] = found[0], found[1]
            counts = counts.plus(found[2])
    homes = zones.homes
    inside = covered.ravel()[homes.cell]
    apart = np.flatnonzero(~homes.own)
    if len(apart):
        best, others = at_cells(run, homes.cell[apart], (_kernels.BEST, _kernels.OTHERS))
        lost = wall[homes.row[homes.home[apart]]]
        inside[apart] = meets(run, profile, best, others, lost)
    return Assessment(run, zones, profile, outside, covered, inside, wall, counts)


def _nothing(atoms: int) -> Counts:
    none = np.zeros(atoms, np.int64)
    return Counts(none, none, none, none, none, np.zeros((atoms, _STEPS), np.int64))


def _tile(run: Run, zones: Zones, profile: Profile, wall: F32, key: Tile) -> tuple[Bools, Bools, Counts]:
    """One tile: where the signal passes with no wall, where with walls, and its outdoor counts.

    The same as :class:`result.Coverage` says of the window, without the rasters that are not asked for.
    """
    grid, tile = run.surface.grid, run.tiles.get(key)
    top, left = key[0] * TILE, key[1] * TILE
    here = np.s_[top : min(top + TILE, grid.rows), left : min(left + TILE, grid.columns)]
    building = run.surface.building[here]
    if tile is None:
        nowhere = np.zeros(building.shape, bool)
        return nowhere, nowhere, _nothing(zones.atoms)
    cells = tile.reshape(TILE, CHANNELS, TILE)[: building.shape[0], :, : building.shape[1]]
    best, others = cells[:, _kernels.BEST], cells[:, _kernels.OTHERS]
    level, quality = thresholds(profile)
    noise = noise_mw(run)
    sinr = best - np.float32(10) * np.log10(others + noise)
    known, built = cells[:, _kernels.SERVER] >= 0, building >= 0
    floor = run.parameters.floor
    if floor:
        known &= built & (np.append(run.surface.buildings.floors, 0)[building] > floor)
    outside = known & (best >= level) & (sinr >= quality)
    covered = outside.copy()
    covered[built] &= meets(run, profile, best[built], others[built], wall[building[built]])
    if floor:
        return outside, covered, _nothing(zones.atoms)
    open_air = known & ~built
    atom = zones.atom[here][open_air].astype(np.int64)
    step = ((sinr[open_air] - np.float32(SINR_FROM_DB)) / np.float32(SINR_STEP_DB)).astype(np.int64)
    place = atom * _STEPS + np.clip(step, 0, _STEPS - 1)
    signal = best[open_air]

    def counted(weight: npt.NDArray[Any] | None = None) -> Cells:
        return np.rint(np.bincount(atom, weight, zones.atoms)).astype(np.int64)

    fast = np.zeros(zones.atoms, np.int64)
    rate = profile.minimum("downlink_mbps")
    if rate is not None:
        loaded = signal - np.float32(10) * np.log10(cells[:, _kernels.LOADED][open_air] + noise)
        fast = counted(loaded >= least_sinr_db(run, rate))
    return (
        outside,
        covered,
        Counts(
            counted(),
            counted(covered[open_air]),
            counted(np.rint(signal * np.float32(100))),
            counted(cells[:, _kernels.FOURTH][open_air] >= signal - np.float32(result.OVERLAP_DB)),
            fast,
            np.bincount(place, minlength=zones.atoms * _STEPS).reshape(zones.atoms, _STEPS),
        ),
    )
