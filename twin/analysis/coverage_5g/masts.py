"""Masts: the antenna positions of a run with everything the loops need of them.

Sectors of one site at one height share a mast, and so its line of sight. The
propagation scenario of a mast follows from what is around it within
:data:`AROUND_M` (TR 38.901 7.2: UMa antennas stand above the roofs, UMi ones
below them):

* RMa where at least half is farmland and under a tenth is built;
* else UMi where the antenna is lower than the mean roof, or lower than 15 m;
* else UMa.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from twin.analysis.coverage_5g import _kernels, antenna, radio, scalar
from twin.analysis.coverage_5g import sites as sites_
from twin.analysis.coverage_5g.antenna import MacroPanel, Pattern
from twin.analysis.coverage_5g.parameters import Parameters
from twin.analysis.coverage_5g.patterns import CutPattern
from twin.analysis.coverage_5g.propagation import RMA, SCENARIOS, UMA, UMI
from twin.analysis.coverage_5g.radio import Carrier
from twin.analysis.coverage_5g.sites import Sites
from twin.analysis.surface import Surface
from twin.errors import InputError, UnknownName

AROUND_M = 250.0
RURAL_SHARE, BUILT_SHARE = 0.5, 0.1
STREET_M = 15.0
"""Antennas under this height are street furniture: UMi's are at 10 m, UMa's at 25 m."""
HOUSE_M, STREET_WIDTH_M = 5.0, 20.0
"""Mean building height and street width of RMa, the standard's defaults."""

Floats = npt.NDArray[np.float64]
I32 = npt.NDArray[np.int32]


@dataclass(frozen=True, eq=False, repr=False)
class Masts:
    """Masts (n,) in the order of their sites; ``number`` (m,) is the row of each sector in the sites.

    ``height_m`` is above ground, ``scenario`` the code of :data:`propagation.SCENARIOS`, ``own`` the row of
    the building stood on (-1: none), ``below_roof`` where the antenna is lower than that building's roof.
    ``outside`` sites lie off the grid and were left out; ``unknown_patterns`` took the band's usual panel.
    """

    site: I32
    height_m: Floats
    scenario: npt.NDArray[np.int8]
    own: I32
    below_roof: npt.NDArray[np.bool_]
    number: I32
    arrays: _kernels.Masts
    outside: int = 0
    unknown_patterns: frozenset[str] = frozenset()

    def __len__(self) -> int:
        return len(self.site)

    @property
    def of_sector(self) -> I32:
        """The mast of each sector, (m,)."""
        return np.repeat(np.arange(len(self), dtype=np.int32), np.diff(self.arrays.first))

    def joined(self, other: Masts) -> Masts:
        """These masts with ``other`` after them."""
        a, b = self.arrays, other.arrays
        cut = b.cut.copy()
        cut[:, [0, 2]] += len(a.cuts)
        arrays = _kernels.Masts(
            np.concatenate([a.place, b.place]),
            np.concatenate([a.loss, b.loss]),
            np.concatenate([a.cell, b.cell]),
            np.concatenate([a.first, b.first[1:] + a.first[-1]]).astype(np.int32),
            np.concatenate([a.on, b.on]),
            np.concatenate([a.antenna, b.antenna]),
            np.concatenate([a.cut, cut]).astype(np.int32),
            np.concatenate([a.cuts, b.cuts]),
        )
        return Masts(
            np.concatenate([self.site, other.site]),
            np.concatenate([self.height_m, other.height_m]),
            np.concatenate([self.scenario, other.scenario]),
            np.concatenate([self.own, other.own]),
            np.concatenate([self.below_roof, other.below_roof]),
            np.concatenate([self.number, other.number]),
            arrays,
            self.outside + other.outside,
            self.unknown_patterns | other.unknown_patterns,
        )

    def chosen(self, rows: npt.NDArray[np.intp]) -> Masts:
        """Some of the masts, in their order."""
        first, last = self.arrays.first[rows], self.arrays.first[rows + 1]
        sectors = np.concatenate(
            [np.arange(a, b) for a, b in zip(first.tolist(), last.tolist(), strict=True)]
        )
        return Masts(
            self.site[rows], self.height_m[rows], self.scenario[rows], self.own[rows], self.below_roof[rows],
            self.number[sectors.astype(np.intp)], slim(self.arrays, rows), 0, self.unknown_patterns,
        )  # fmt: skip

    def switched(self, on: npt.NDArray[np.bool_]) -> Masts:
        """The same masts, of which only some send."""
        arrays = self.arrays._replace(on=on)
        return Masts(
            self.site, self.height_m, self.scenario, self.own, self.below_roof, self.number, arrays,
            self.outside, self.unknown_patterns,
        )  # fmt: skip


def slim(arrays: _kernels.Masts, rows: npt.NDArray[np.intp]) -> _kernels.Masts:
    """Some of the masts, in their order, as a table of their own."""
    first, last = arrays.first[rows], arrays.first[rows + 1]
    counts = last - first
    start = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    sectors = np.repeat(first - start[:-1], counts) + np.arange(start[-1])
    return arrays._replace(
        place=arrays.place[rows],
        loss=arrays.loss[rows],
        cell=arrays.cell[rows],
        first=start,
        on=arrays.on[rows],
        antenna=arrays.antenna[sectors],
        cut=arrays.cut[sectors],
    )


def build(
    surface: Surface,
    sites: Sites,
    carrier: Carrier,
    parameters: Parameters,
    *,
    patterns: Mapping[str, Pattern] | None = None,
    first_site: int = 0,
    first_sector: int = 0,
) -> Masts:
    """The masts of all sites that have sectors on ``carrier``.

    ``first_site`` and ``first_sector`` are added to the rows of sites and sectors, for masts to be joined.
    """
    grid = surface.grid
    x, y = grid.to_metres(sites.lon, sites.lat)
    row, column = grid.cells(x, y)
    inside = grid.holds(row, column)
    wanted = _on_carrier(sites.band_ghz, carrier) & inside[sites.site]
    number = np.flatnonzero(wanted)
    site = sites.site[number]
    height = sites_.heights(sites, surface)[number]
    order = np.lexsort((number, height, site))
    number, site, height = number[order], site[order], height[order]
    starts = np.ones(len(number), dtype=bool)
    starts[1:] = (site[1:] != site[:-1]) | (height[1:] != height[:-1])
    first = np.append(np.flatnonzero(starts), len(number)).astype(np.int32)
    mast_site, mast_height = site[starts], height[starts]
    place = (row[mast_site], column[mast_site])
    floor = surface.ground[place].astype(float)
    own = surface.building[place]
    scenario = _scenarios(surface, x[mast_site], y[mast_site], mast_height, parameters.environment)
    receiver = parameters.receiver_m
    loss = np.zeros((len(mast_site), 9), np.float32)
    for mast, (code, h) in enumerate(zip(scenario.tolist(), mast_height.tolist(), strict=True)):
        loss[mast, :8] = _slopes(code, carrier.frequency_ghz, h, receiver)
    loss[:, 8] = (np.maximum(mast_height, 0.1) - max(receiver, 0.1)) ** 2
    table, cut, cuts, unknown = _antennas(sites, number, carrier, parameters, patterns or {})
    table[:, 12] = number + first_sector
    arrays = _kernels.Masts(
        np.column_stack([x[mast_site] - grid.west, grid.north - y[mast_site], floor + mast_height]),
        loss,
        np.column_stack(place).astype(np.int32),
        first,
        sites.sent[mast_site],
        table.astype(np.float32),
        cut,
        cuts,
    )
    return Masts(
        (mast_site + first_site).astype(np.int32),
        mast_height,
        scenario,
        own.astype(np.int32),
        (own >= 0) & (floor + mast_height < surface.top[place]),
        (number + first_sector).astype(np.int32),
        arrays,
        int(np.count_nonzero(~inside)),
        unknown,
    )


def _on_carrier(band_ghz: Floats, carrier: Carrier) -> npt.NDArray[np.bool_]:
    """Which sectors send on the carrier, by the frequency the table gives."""
    bands, which = np.unique(band_ghz, return_inverse=True)
    same = np.zeros(len(bands), dtype=bool)
    for number, band in enumerate(bands.tolist()):
        try:
            same[number] = radio.carrier(band).id == carrier.id
        except UnknownName:
            same[number] = band == carrier.frequency_ghz
    return same[which]


def _slopes(code: int, frequency_ghz: float, h_bs_m: float, h_ut_m: float) -> tuple[float, ...]:
    # Called for each mast, in Python: thousands of calls at some microseconds.
    plain: Any = scalar.slopes
    return tuple(plain.py_func(code, frequency_ghz, h_bs_m, h_ut_m, HOUSE_M, STREET_WIDTH_M))


def _scenarios(surface: Surface, x: Floats, y: Floats, height: Floats, wanted: str) -> npt.NDArray[np.int8]:
    if wanted != "auto":
        return np.full(len(x), SCENARIOS[wanted], np.int8)
    codes = np.empty(len(x), np.int8)
    for mast in range(len(x)):
        roofs, built, rural = surface.relief(x[mast], y[mast], AROUND_M)
        if rural >= RURAL_SHARE and built < BUILT_SHARE:
            codes[mast] = RMA
        else:
            codes[mast] = UMI if height[mast] < max(roofs, STREET_M) else UMA
    return codes


def pattern_of(
    name: str | None, carrier: Carrier, patterns: Mapping[str, Pattern]
) -> MacroPanel | CutPattern:
    """The pattern of a sector: an imported one, a panel by its name, else the band's usual panel.

    :class:`twin.errors.InputError` for an imported pattern of another kind.
    """
    found: Pattern
    if name is not None and name in patterns:
        found = patterns[name]
    else:
        found = antenna.panel(name if name in antenna.PANELS else None, carrier.frequency_ghz)
    if isinstance(found, (MacroPanel, CutPattern)):
        return found
    raise InputError(
        f"不支持的天线方向图类型 {type(found).__name__}。",
        f"patterns of the kind {type(found).__name__} cannot be computed with.",
    )


def _antennas(
    sites: Sites,
    number: npt.NDArray[np.intp],
    carrier: Carrier,
    parameters: Parameters,
    patterns: Mapping[str, Pattern],
) -> tuple[Floats, I32, npt.NDArray[np.float32], frozenset[str]]:
    """Columns of :data:`_kernels.ANTENNA`, the cuts of pattern files, and names that nobody knows."""
    unknown: set[str] = set()
    models: list[MacroPanel | CutPattern] = []
    for name in sites.pattern[number].tolist():
        if name is not None and name not in patterns and name not in antenna.PANELS:
            unknown.add(str(name))
        models.append(pattern_of(name, carrier, patterns))
    azimuth = np.radians(sites.azimuth_deg[number])
    tilt = np.radians(sites.mechanical_tilt_deg[number])
    table = np.zeros((len(number), len(_kernels.ANTENNA)))
    table[:, 0], table[:, 1], table[:, 2], table[:, 3] = (
        np.sin(azimuth), np.cos(azimuth), np.sin(tilt), np.cos(tilt),
    )  # fmt: skip
    inherent = np.array([model.electrical_tilt_deg for model in models])
    table[:, 4] = sites.electrical_tilt_deg[number] - inherent
    peak = np.array([model.peak_gain_dbi for model in models])
    power = _power_dbm(sites.power_dbm[number], sites.bandwidth_mhz[number], carrier)
    table[:, 5] = power + peak - parameters.feeder_db
    load = sites.load[number]
    table[:, 6] = np.where(np.isnan(load), parameters.load, load)
    cut = np.zeros((len(number), 4), np.int32)
    cuts: list[npt.NDArray[np.float32]] = []
    placed: dict[int, tuple[int, int, int, int]] = {}
    length = 0
    for row, model in enumerate(models):
        if isinstance(model, MacroPanel):
            table[row, 7:12] = (
                12 / model.hpbw_h_deg**2, 12 / model.hpbw_v_deg**2, model.front_back_db, model.sla_v_db,
                max(model.front_back_db, model.sla_v_db),
            )  # fmt: skip
        else:
            if id(model) not in placed:
                across, down = (np.asarray(c, dtype=np.float32) for c in (model.across_db, model.down_db))
                placed[id(model)] = (length, len(across), length + len(across), len(down))
                cuts += [across, down]
                length += len(across) + len(down)
            cut[row] = placed[id(model)]
    flat = np.concatenate(cuts) if cuts else np.zeros(1, np.float32)
    return table, cut, flat, frozenset(unknown)


def _power_dbm(power_dbm: Floats, bandwidth_mhz: Floats, carrier: Carrier) -> Floats:
    """Power of a resource element; a bandwidth the carrier cannot have counts as the carrier's own."""
    result: Floats = radio.re_power_dbm(power_dbm, carrier)
    for width in np.unique(bandwidth_mhz[~np.isnan(bandwidth_mhz)]).tolist():
        try:
            own = carrier.with_bandwidth(width)
        except InputError:
            continue
        of_width = bandwidth_mhz == width
        result[of_width] = radio.re_power_dbm(power_dbm[of_width], own)
    return result
