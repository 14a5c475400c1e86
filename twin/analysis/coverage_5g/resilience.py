"""What a network bears: sites whose failure costs most, sites that may sleep at night, sectors that reach too far.

Failures and sleep are screened from the four strongest signals of each home and then
worked out by building the network up without the site (:func:`what_if.silenced`); a
number says of itself whether it is ``exact``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from twin.analysis.coverage_5g import _kernels, result, what_if
from twin.analysis.coverage_5g.tables import (
    Assessment,
    at_cells,
    noise_mw,
    plain,
    thresholds,
)
from twin.analysis.coverage_5g.zones import Floats
from twin.errors import Cancelled, InputError

Bools = npt.NDArray[np.bool_]
Stop = Callable[[], bool]
Progress = Callable[[str, float], None]

KEEP = 0.95
"""Share of people that stays covered while sites sleep, where the profile names none."""
FAR = 2.0
"""A sector overshoots where it serves cells farther off than so many times the spacing of sites around it."""
NEIGHBOURS = 3


@dataclass(frozen=True, slots=True)
class Outage:
    """One site fails: people of the district who lose coverage outside their home, and the share left.

    ``exact`` numbers come from the network without the site; the others are estimates from the next
    strongest signals, seldom too low. ``served`` are the covered people whose strongest signal is the site's.
    """

    rank: int
    site: int
    name: str
    operator: str
    lon: float
    lat: float
    served: float
    people_lost: float
    rate_after: float | None
    exact: bool

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "rank": self.rank,
            "site": self.site,
            "name": self.name,
            "operator": self.operator,
            "lon": self.lon,
            "lat": self.lat,
            "served": round(self.served),
            "people_lost": round(self.people_lost),
            "rate_after": self.rate_after,
            "exact": self.exact,
        }


@dataclass(frozen=True, slots=True)
class Sleeper:
    """A site that may sleep with all those before it; ``rate`` is the share of people covered then."""

    rank: int
    site: int
    name: str
    operator: str
    lon: float
    lat: float
    rate: float | None


@dataclass(frozen=True, slots=True)
class Sleep:
    """Sites that may sleep together, the share of people before, and how many sites were tried.

    ``floors`` are the shares by area that were kept, None for areas without people.
    """

    sleepers: tuple[Sleeper, ...]
    rate_before: float | None
    tried: int
    floors: dict[str, float | None]

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "sleepers": [{name: getattr(one, name) for name in Sleeper.__slots__} for one in self.sleepers],
            "rate_before": self.rate_before,
            "tried": self.tried,
            "floors": self.floors,
        }


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a sector serves outdoors in the district.

    ``far_cells`` of its ``served_cells`` lie beyond :data:`FAR` times ``spacing_m``, the mean distance of the
    three nearest other sites; in ``overlapped_cells`` four sectors or more are within 6 dB.
    """

    site: int
    name: str
    sector: int
    azimuth_deg: float
    served_cells: int
    far_cells: int
    farthest_m: float
    spacing_m: float
    overlapped_cells: int

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {name: getattr(self, name) for name in Reach.__slots__}


def outages(
    found: Assessment,
    *,
    exact: int = 20,
    most: int = 100,
    progress: Progress = lambda _stage, _share: None,
    stop: Stop = lambda: False,
) -> list[Outage]:
    """Sites by the people who lose coverage when that site alone fails, the first ``exact`` worked out exactly.

    :class:`twin.errors.Cancelled` when ``stop`` says so.
    """
    if not (0 <= exact <= 500 and 1 <= most <= 100_000):
        raise InputError(
            "精确计算的基站数应在 0 到 500 之间，列出的应在 1 到 100000 之间。",
            "work out 0 to 500 sites exactly and list 1 to 100,000.",
        )
    served, lost = _at_stake(found)
    covered, total = float(found.covered_people[0]), float(found.people[0])
    known = np.zeros(len(lost), bool)
    left = np.full(len(lost), np.nan)
    sending = np.unique(found.run.masts.site[found.run.masts.arrays.on])
    tries = 0
    while tries < 3 * exact:
        order = sending[np.lexsort((sending, -lost[sending]))][:exact]
        open_ = order[~known[order] & (lost[order] > 0)]
        if not len(open_):
            break
        for row in open_[: 3 * exact - tries].tolist():
            _go_on(stop)
            after = found.after(what_if.silenced(found.run, np.array([row])))
            lost[row], left[row], known[row] = _lost(found, after), float(after.covered_people[0]), True
            tries += 1
            progress("outage", min(0.99, tries / (3 * exact)))
    order = sending[np.lexsort((sending, -lost[sending]))][:most]
    left = np.where(np.isnan(left), covered - lost, left)
    sites = found.run.sites
    return [
        Outage(
            rank, int(sites.fid[row]), str(sites.name[row]), str(sites.operator[row]), float(sites.lon[row]),
            float(sites.lat[row]), float(served[row]), float(lost[row]),
            plain(left[row] / total) if total > 0 else None, bool(known[row]),
        )
        for rank, row in enumerate(order.tolist(), 1)
    ]  # fmt: skip


def sleepers(
    found: Assessment,
    count: int = 30,
    *,
    keep: float | None = None,
    tries: int | None = None,
    progress: Progress = lambda _stage, _share: None,
    stop: Stop = lambda: False,
) -> Sleep:
    """Up to ``count`` sites that may be off together without any area falling below ``keep``.

    Sites are tried in the order of what their absence is estimated to cost, and kept asleep when the
    network without them still covers enough. An area that is below ``keep`` already may lose nobody.

    Parameters
    ----------
    keep
        Share of people of every area, by the signal outside their home; the profile's share of cases when
        it has one, else :data:`KEEP`.
    tries
        Give up after so many sites, three times ``count`` by default.

    Raises
    ------
    twin.errors.InputError
        ``keep`` is no share or ``count`` not 1 to 5000.
    twin.errors.Cancelled
        ``stop`` said so.
    """
    least = found.profile.minimum("rate_share") if keep is None else keep
    least = KEEP if least is None else least
    if not (0 <= least <= 1 and 1 <= count <= 5000):
        raise InputError(
            "保持的覆盖率应在 0 到 1 之间，休眠基站数应在 1 到 5000 之间。",
            "the share to keep must be 0 to 1 and the number of sites 1 to 5,000.",
        )
    served, lost = _at_stake(found)
    sending = np.unique(found.run.masts.site[found.run.masts.arrays.on])
    order = sending[np.lexsort((sending, served[sending], lost[sending]))]
    before = found.rates["people"]
    floors = np.minimum(before, least)
    state, tried = found, 0
    asleep: list[Sleeper] = []
    sites = found.run.sites
    for row in order[: tries or 3 * count].tolist():
        _go_on(stop)
        tried += 1
        after = state.after(what_if.silenced(state.run, np.array([row])))
        share = after.rates["people"]
        if not np.any(share < floors - 1e-9):
            state = after
            asleep.append(
                Sleeper(
                    len(asleep) + 1, int(sites.fid[row]), str(sites.name[row]), str(sites.operator[row]),
                    float(sites.lon[row]), float(sites.lat[row]), plain(share[0]),
                )
            )  # fmt: skip
        progress("sleep", max(tried / (tries or 3 * count), len(asleep) / count))
        if len(asleep) == count:
            break
    kept = {area.id: plain(floor) for area, floor in zip(found.zones.areas, floors.tolist(), strict=True)}
    return Sleep(tuple(asleep), plain(before[0]), tried, kept)


def reaches(found: Assessment, most: int = 100) -> list[Reach]:
    """Sectors that serve cells far off or overlapped ones, those with most such cells first."""
    from scipy.spatial import cKDTree

    run, grid = found.run, found.zones.grid
    server = run.channel(_kernels.SERVER)
    row, column = np.nonzero((server >= 0) & found.zones.inside & run.surface.outdoor)
    sector = server[row, column].astype(np.int64)
    masts = run.masts
    mast_of = np.full(run.sites.sectors, -1, np.int64)
    mast_of[masts.number] = masts.of_sector
    place = masts.arrays.place[mast_of[sector], :2]
    away = np.hypot((column + 0.5) * grid.cell_m - place[:, 0], (row + 0.5) * grid.cell_m - place[:, 1])
    sending, first = np.unique(masts.site[masts.arrays.on], return_index=True)
    spacing = np.full(len(run.sites), np.inf)
    if len(sending) > 1:
        at = masts.arrays.place[np.flatnonzero(masts.arrays.on)[first], :2]
        off, _ = cKDTree(at).query(at, k=min(NEIGHBOURS + 1, len(at)))
        spacing[sending] = off[:, 1:].mean(axis=1)
    spacing_of = spacing[run.sites.site]
    far = away > FAR * spacing_of[sector]
    best, last = run.channel(_kernels.BEST)[row, column], run.channel(_kernels.FOURTH)[row, column]
    crowded = last >= best - np.float32(result.OVERLAP_DB)
    size = run.sites.sectors
    served, beyond, overlapped = (
        np.bincount(sector[part], minlength=size) for part in (np.ones(len(sector), bool), far, crowded)
    )
    farthest = np.zeros(size)
    np.maximum.at(farthest, sector, away)
    concern = beyond + overlapped
    order = np.lexsort((np.arange(size), -concern))[:most]
    number = run.sites.sector_number()
    return [
        Reach(
            int(run.sites.fid[run.sites.site[k]]), str(run.sites.name[run.sites.site[k]]), int(number[k]),
            float(run.sites.azimuth_deg[k]), int(served[k]), int(beyond[k]), round(float(farthest[k]), 1),
            round(float(spacing_of[k]), 1), int(overlapped[k]),
        )
        for k in order.tolist()
        if concern[k]
    ]  # fmt: skip


# -- inside --------------------------------------------------------------------


def _go_on(stop: Stop) -> None:
    if stop():
        raise Cancelled("已取消。", "cancelled.")


def _weight(found: Assessment) -> Floats:
    """People at each place of a home, those outside the district and of lower buildings left out."""
    homes, zones = found.zones.homes, found.zones
    counted = found.homes[homes.home] & zones.member[0][homes.atom[homes.home]]
    return np.asarray(homes.people_at * counted)


def _lost(found: Assessment, after: Assessment) -> float:
    """People covered before and not after."""
    cell = found.zones.homes.cell
    gone = found.outside.ravel()[cell] & ~after.outside.ravel()[cell]
    return float(_weight(found)[gone].sum())


def _at_stake(found: Assessment) -> tuple[Floats, Floats]:
    """By site: covered people it serves, and an estimate of those who lose coverage without it.

    Of a site's three sectors each may be among a home's strongest, so the fourth signal has to be
    strong enough, and the second clear enough, for the home to keep its coverage.
    """
    run, cell = found.run, found.zones.homes.cell
    best, second, fourth, others, server = at_cells(
        run, cell, (_kernels.BEST, _kernels.SECOND, _kernels.FOURTH, _kernels.OTHERS, _kernels.SERVER)
    )
    level, quality = thresholds(found.profile)
    covered = found.outside.ravel()[cell] & (best > _kernels.NOTHING_DBM)
    rest = np.maximum(others - 10 ** (second / np.float32(10)), 0) + noise_mw(run)
    keeps = (fourth >= level) & (second - np.float32(10) * np.log10(rest) >= quality)
    site = run.sites.site[np.maximum(server, 0).astype(np.int64)]
    weight = _weight(found)
    served = np.bincount(site[covered], weight[covered], len(run.sites))
    lost = np.bincount(site[covered & ~keeps], weight[covered & ~keeps], len(run.sites))
    return np.asarray(served, np.float64), np.asarray(lost, np.float64)
