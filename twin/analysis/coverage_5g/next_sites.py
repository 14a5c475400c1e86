"""Where the next sites could go: candidates, what each would newly cover, the best of them.

For every candidate the engine's own loops compute what its sectors alone would add:
a cell counts when the strongest signal, with the candidate among the others, meets
the profile's level and quality. The choice of ``p`` candidates is then a maximal
cover (:mod:`twin.analysis.siting`) with its proven bound. That model lets new sites
not disturb each other nor the cells that are covered today; so the chosen and some
runners-up are laid into the network one after the other (:func:`what_if.with_sites`)
and ranked by what they truly gain, losses by interference included. ::

    candidates = gather(store, found, question)
    answer = solve(found, candidates, question)
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field
from scipy.sparse import csr_array

from twin.analysis import siting
from twin.analysis.coverage_5g import _kernels, engine, los, masts, tables, what_if
from twin.analysis.coverage_5g import sites as sites_
from twin.analysis.coverage_5g._kernels import CHANNELS, TILE
from twin.analysis.coverage_5g.masts import Masts
from twin.analysis.coverage_5g.propagation import SPEED_OF_LIGHT
from twin.analysis.coverage_5g.sites import Sites
from twin.analysis.coverage_5g.tables import Assessment
from twin.analysis.coverage_5g.zones import PUBLIC_ROADS, ROAD_CLASSES, Cells, Floats
from twin.analysis.demand import arrays
from twin.errors import Cancelled, InputError
from twin.store import Store

F32 = npt.NDArray[np.float32]
Objective = Literal["people", "cells", "road"]
Stop = Callable[[], bool]
Progress = Callable[[str, float], None]

ROOF_USES = ("public", "office", "retail", "hotel", "education", "health")
LEAST_ROOF_M = 15.0
MAIN_ROADS = ("trunk", "primary", "secondary")
POLE_STEP_M = 200.0
APART_M = 100.0
"""Of the candidates in a square of this side one is enough: the highest roof, the first pole."""
MOST_CANDIDATES = 8000
SPARE = 10
"""Runners-up that are tried in the network beside the chosen."""
_BATCH = 32


class Question(BaseModel):
    """How many sites are to be placed, by what they are judged and where they may stand."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    p: int = Field(default=5, ge=1, le=200, description="数量 number of sites")
    objective: Objective = Field(
        default="people",
        description="目标 people: uncovered residents; cells: uncovered ground; road: uncovered public road",
    )
    candidates: Literal["roofs", "poles", "planned"] | tuple[tuple[float, float], ...] = Field(
        default="roofs",
        description="候选 roofs: public and commercial buildings of 15 m and more | poles: along main roads | "
        "planned: planned sites | places as [[lon, lat], ...]",
    )
    method: siting.Method = Field(default="swap", description="求解方法 greedy | swap | exact")
    time_limit_s: float = Field(default=60.0, ge=1, le=600, description="时限 seconds for the proof")


@dataclass(frozen=True, eq=False, repr=False)
class Candidates:
    """Candidate sites (n,) and what each would newly cover.

    ``cell`` (k,) are the cells in demand, ``weight`` what each is worth (people, 1, metres); ``cover``
    (k, n) tells which candidate would cover it. Candidates that would cover nothing are among them.
    """

    sites: Sites
    name: tuple[str, ...]
    cell: Cells
    weight: Floats
    cover: csr_array

    def __len__(self) -> int:
        return len(self.name)


@dataclass(frozen=True, slots=True)
class Chosen:
    """One site in the order of true gain, what it adds to those before it, and the shares with it.

    ``gain`` is in the units of the objective, ``alone`` what the model said it would add to today's network.
    """

    rank: int
    lon: float
    lat: float
    name: str
    mount: str
    height_m: float
    gain: float
    alone: float
    gain_people: float
    gain_cells: int
    rate: float | None


@dataclass(frozen=True, slots=True)
class Answer:
    """The chosen sites. ``covered``, ``bound`` and ``gap`` are of the model: what its best choice covers of the
    demand, what no choice of as many candidates exceeds, and their difference as a share of the bound;
    ``gain`` is what the sites gain together in the network."""

    chosen: tuple[Chosen, ...]
    objective: Objective
    candidates: int
    demand: float
    gain: float
    covered: float
    bound: float
    gap: float
    method: str
    rate_before: float | None

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        plain = {name: getattr(self, name) for name in Answer.__slots__ if name != "chosen"}
        plain |= {name: round(plain[name], 1) for name in ("demand", "gain", "covered", "bound")}
        chosen = []
        for site in self.chosen:
            row = {name: getattr(site, name) for name in Chosen.__slots__}
            row |= {name: round(row[name], 1) for name in ("gain", "alone", "gain_people", "height_m")}
            chosen.append(row)
        return {"chosen": chosen, **plain}


def gather(
    store: Store,
    found: Assessment,
    question: Question,
    *,
    progress: Progress = lambda _stage, _share: None,
    stop: Stop = lambda: False,
) -> Candidates:
    """The candidates of a question and what they would cover; some 2 ms a candidate at 10 m and 1 km.

    Raises
    ------
    twin.errors.InputError
        There is no candidate, or nothing that is not covered already.
    twin.errors.Cancelled
        ``stop`` said so.
    """
    cell, weight = demand(found, question.objective)
    if not len(cell):
        raise InputError(
            "范围内没有未覆盖的需求，不需要新增基站。",
            "nothing in the area is uncovered, so no site is needed.",
        )
    sites, name = _sites(store, found, question)
    if not len(sites):
        raise InputError(
            "没有候选站址；请改用其他候选来源，或在图上点选。",
            "there is no candidate; choose another source of candidates or click some on the map.",
        )
    if len(sites) > MOST_CANDIDATES:
        raise InputError(
            f"候选站址有 {len(sites)} 个，至多 {MOST_CANDIDATES} 个。",
            f"there are {len(sites)} candidates; take at most {MOST_CANDIDATES}.",
        )
    return Candidates(sites, name, cell, weight, _cover(found, sites, cell, progress, stop))


def demand(found: Assessment, objective: Objective) -> tuple[Cells, Floats]:
    """Cells of the district that are not covered with no wall in between, and what each is worth."""
    zones = found.zones
    if objective == "people":
        homes = zones.homes
        cell, worth = homes.cell, homes.people_at * found.homes[homes.home]
    elif objective == "road":
        public = np.isin(np.array(ROAD_CLASSES), PUBLIC_ROADS)[zones.roads.kind]
        cell, worth = zones.roads.cell[public], zones.roads.length_m[public]
    else:
        cell = np.flatnonzero(found.run.surface.outdoor)
        worth = np.ones(len(cell))
    missing = zones.inside.ravel()[cell] & ~found.outside.ravel()[cell] & (worth > 0)
    places, first = np.unique(cell[missing], return_inverse=True)
    return places.astype(np.int64), np.bincount(first, worth[missing], len(places)).astype(np.float64)


def solve(
    found: Assessment,
    candidates: Candidates,
    question: Question,
    *,
    progress: Progress = lambda _stage, _share: None,
    stop: Stop = lambda: False,
) -> Answer:
    """The best ``p`` candidates, ranked by what they gain in the network.

    Fewer come back when no other gains anything. :class:`twin.errors.Cancelled` when ``stop`` says so.
    """
    best = siting.maximal_cover(
        candidates.cover, candidates.weight, question.p, method=question.method,
        time_limit_s=question.time_limit_s, cancelled=stop,
    )  # fmt: skip
    alone = np.asarray(candidates.cover.T @ candidates.weight, dtype=np.float64)
    others = np.setdiff1d(np.argsort(-alone, kind="stable")[: question.p + SPARE], best.chosen)
    spare = others[np.argsort(-alone[others], kind="stable")][:SPARE]
    pool = [int(row) for row in (*best.chosen, *spare[alone[spare] > 0])]
    chosen = _ranked(found, candidates, pool, alone, question, progress, stop)
    return Answer(
        chosen,
        question.objective,
        len(candidates),
        float(candidates.weight.sum()),
        float(sum(site.gain for site in chosen)),
        best.covered,
        best.bound,
        best.gap,
        best.method,
        tables.plain(found.rates["people"][0]),
    )


# -- inside --------------------------------------------------------------------


def _ranked(
    found: Assessment,
    candidates: Candidates,
    pool: list[int],
    alone: Floats,
    question: Question,
    progress: Progress,
    stop: Stop,
) -> tuple[Chosen, ...]:
    """Of the pool, again and again the candidate that gains most with those before it.

    Lazily: what a candidate gained before stands for what it gains now until it comes first.
    """
    state = found
    chosen: list[Chosen] = []
    rows = np.arange(len(candidates))

    def tried(row: int) -> tuple[float, Assessment]:
        if stop():
            raise Cancelled("已取消。", "cancelled.")
        after = state.after(what_if.with_sites(state.run, candidates.sites.chosen(rows == row)))
        return _worth(after, question.objective) - _worth(state, question.objective), after

    gains = {row: float(alone[row]) for row in pool}
    fresh: dict[int, Assessment] = {}
    while gains and len(chosen) < question.p:
        row = max(gains, key=lambda key: (gains[key], -key))
        if row not in fresh:
            gains[row], fresh[row] = tried(row)
            progress("score", len(chosen) / question.p)
            continue
        gain = gains.pop(row)
        if gain <= 0:
            break
        after = fresh[row]
        height = sites_.heights(candidates.sites, found.run.surface)[candidates.sites.site == row].max()
        chosen.append(
            Chosen(
                len(chosen) + 1, float(candidates.sites.lon[row]), float(candidates.sites.lat[row]),
                candidates.name[row], str(candidates.sites.mount[row]), float(height), gain, float(alone[row]),
                float(after.covered_people[0] - state.covered_people[0]),
                int((after.zones.sums(after.counts.good) - state.zones.sums(state.counts.good))[0]),
                tables.plain(after.rates["people"][0]),
            )
        )  # fmt: skip
        state, fresh = after, {}
    return tuple(chosen)


def _worth(found: Assessment, objective: Objective) -> float:
    if objective == "people":
        return float(found.covered_people[0])
    if objective == "cells":
        return float(found.zones.sums(found.counts.good)[0])
    zones = found.zones
    public = np.isin(np.array(ROAD_CLASSES), PUBLIC_ROADS)[zones.roads.kind]
    good = public & found.outside.ravel()[zones.roads.cell] & zones.inside.ravel()[zones.roads.cell]
    return float(zones.roads.length_m[good].sum())


def _sites(store: Store, found: Assessment, question: Question) -> tuple[Sites, tuple[str, ...]]:
    """The candidates on the grid as sites of the run's carrier, and what they are called."""
    run, zones = found.run, found.zones
    source = question.candidates
    if source == "planned":
        read = sites_.read(store, operators=run.parameters.operators, planned=True)
        planned = read.chosen(read.status == "planned")
        taken = np.isin(planned.fid, run.sites.fid)
        return _on_grid(found, planned.chosen(~taken), planned.name[~taken].tolist())
    if source == "roofs":
        lon, lat, name = _roofs(store, found)
        mount = "roof"
    elif source == "poles":
        lon, lat, name = _poles(found)
        mount = "pole"
    else:
        lon, lat = (np.array([float(place[axis]) for place in source]) for axis in (0, 1))
        if not (np.all(np.abs(lon) <= 180) and np.all(np.abs(lat) <= 85)):
            raise InputError(
                "候选站址应为 [经度, 纬度]，例如 [121.25, 31.38]。",
                "candidates must be [longitude, latitude], for example [121.25, 31.38].",
            )
        name, mount = [""] * len(lon), ""
    rows: Iterable[dict[str, Any]] = (
        {"fid": -number, "lon": x, "lat": y, "mount": mount}
        for number, (x, y) in enumerate(zip(lon.tolist(), lat.tolist(), strict=True), 1)
    )
    made = sites_.of_rows(rows, band_ghz=run.carrier.frequency_ghz)
    streets = zones.street(*zones.grid.to_metres(lon, lat))
    return _on_grid(found, made, [own or street for own, street in zip(name, streets, strict=True)])


def _on_grid(found: Assessment, sites: Sites, name: list[str]) -> tuple[Sites, tuple[str, ...]]:
    grid = found.zones.grid
    inside = grid.holds(*grid.cells(*grid.to_metres(sites.lon, sites.lat)))
    kept = tuple(str(text) for text, here in zip(name, inside.tolist(), strict=True) if here)
    return sites.chosen(inside), kept


def _roofs(store: Store, found: Assessment) -> tuple[Floats, Floats, list[str]]:
    """Public and commercial buildings, the highest of each square, inside the district."""
    used = ", ".join(f"'{use}'" for use in ROOF_USES)
    table = arrays(
        store,
        f"SELECT lon, lat, coalesce(name, '') AS name FROM {store.generation('building').relation} "
        f"WHERE use IN ({used}) AND height_m >= {LEAST_ROOF_M} ORDER BY height_m DESC, fid",
    )
    kept = _one_each(found, table["lon"], table["lat"])
    return table["lon"][kept], table["lat"][kept], [str(name) for name in table["name"][kept]]


def _poles(found: Assessment) -> tuple[Floats, Floats, list[str]]:
    """Places along main roads, about :data:`POLE_STEP_M` apart."""
    roads, grid = found.zones.roads, found.zones.grid
    main = np.flatnonzero(np.isin(np.array(ROAD_CLASSES), MAIN_ROADS)[roads.kind])
    every = max(1, round(POLE_STEP_M / grid.cell_m))
    chosen = main[::every]
    lon, lat = grid.to_degrees(roads.x[chosen], roads.y[chosen])
    kept = _one_each(found, lon, lat)
    names = roads.name[roads.road[chosen[kept]]]
    return lon[kept], lat[kept], [str(name) for name in names]


def _one_each(found: Assessment, lon: Floats, lat: Floats) -> npt.NDArray[np.intp]:
    """Rows in the district, the first of each square of :data:`APART_M`."""
    grid, zones = found.zones.grid, found.zones
    x, y = grid.to_metres(lon, lat)
    row, column = grid.cells(x, y)
    here = np.flatnonzero(grid.holds(row, column))
    here = here[zones.inside[row[here], column[here]]]
    squares = np.column_stack([x[here], y[here]]) // APART_M
    _, first = np.unique(squares, axis=0, return_index=True)
    return here[np.sort(first)]


def _cover(found: Assessment, sites: Sites, cell: Cells, progress: Progress, stop: Stop) -> csr_array:
    """Which candidate would newly cover which cell in demand."""
    run = found.run
    placed = masts.build(run.surface, sites, run.carrier, run.parameters, patterns=run.patterns)
    best, others = tables.at_cells(run, cell, (_kernels.BEST, _kernels.OTHERS))
    slot = np.full(run.surface.grid.rows * run.surface.grid.columns, -1, np.int32)
    slot[cell] = np.arange(len(cell), dtype=np.int32)
    reach = _Reach(found, placed, slot.reshape(run.surface.grid.shape), best, others)
    chunks = np.split(np.arange(len(sites)), range(_BATCH, len(sites), _BATCH))
    covered: list[npt.NDArray[np.int32]] = []

    def one(chunk: npt.NDArray[np.intp]) -> list[npt.NDArray[np.int32]]:
        if stop():
            raise Cancelled("已取消。", "cancelled.")
        return reach.of(chunk)

    pool = ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="candidates")
    try:
        for done, part in enumerate(pool.map(one, chunks), 1):
            covered += part
            progress("candidates", done / len(chunks))
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    start = np.concatenate([[0], np.cumsum([len(part) for part in covered])])
    rows = np.concatenate(covered)
    shape = (len(sites), len(cell))
    return csr_array(csr_array((np.ones(len(rows), bool), rows, start), shape=shape).T)


@dataclass(frozen=True, eq=False, repr=False)
class _Reach:
    """What candidates would cover, computed by the loops of the engine in tiles laid around each."""

    found: Assessment
    masts: Masts
    slot: npt.NDArray[np.int32]
    best: F32
    others: F32

    def of(self, chunk: npt.NDArray[np.intp]) -> list[npt.NDArray[np.int32]]:
        """For each candidate the numbers of the cells it would newly cover."""
        nothing = np.zeros(0, np.int32)
        own = np.flatnonzero(np.isin(self.masts.site, chunk))
        # Where nothing is in demand there is no need to look.
        own = own[[self._window(mast) is not None for mast in own.tolist()]]
        if not len(own):
            return [nothing] * len(chunk)
        run, arrays_ = self.found.run, self.masts.arrays
        hybrid = run.parameters.model == "hybrid"
        seen = los.sight(
            run.surface,
            arrays_.cell[own],
            arrays_.place[own, 2].astype(np.float32),
            self.masts.own[own],
            user_height_m=run.parameters.receiver_m,
            reach=run.parameters.reach,
            wave_m=SPEED_OF_LIGHT / (run.carrier.frequency_ghz * 1e9) if hybrid else 0.0,
        )
        result = []
        for site in chunk.tolist():
            rows = np.flatnonzero(self.masts.site[own] == site)
            result.append(self._covered(own[rows], seen, rows) if len(rows) else nothing)
        return result

    def _window(self, mast: int) -> tuple[int, int, int, int] | None:
        """The cells around a mast, None where none is in demand."""
        row, column = self.masts.arrays.cell[mast].tolist()
        reach = self.found.run.parameters.reach
        rows, columns = self.slot.shape
        window = (
            max(0, row - reach),
            min(rows, row + reach + 1),
            max(0, column - reach),
            min(columns, column + reach + 1),
        )
        top, bottom, left, right = window
        return window if (self.slot[top:bottom, left:right] >= 0).any() else None

    def _covered(
        self, own: npt.NDArray[np.intp], seen: los.Sight, rows: npt.NDArray[np.intp]
    ) -> npt.NDArray[np.int32]:
        """Cells that the masts ``own`` of one site, ``rows`` of what was seen, would newly cover."""
        run, found = self.found.run, self.found
        window = self._window(int(own[0]))
        assert window is not None
        top, bottom, left, right = window
        corner = np.array(
            [(i, j) for i in range(top, bottom, TILE) for j in range(left, right, TILE)], dtype=np.int64
        )
        ground = np.zeros((len(corner), TILE, TILE), np.float32)
        for k, (i, j) in enumerate(corner.tolist()):
            part = run.surface.ground[i : i + TILE, j : j + TILE]
            ground[k, : part.shape[0], : part.shape[1]] = part
        block = engine.Block(
            masts.slim(self.masts.arrays, own),
            seen.bits[rows],
            seen.edge[rows] if len(seen.edge) else seen.edge,
            los.rays(seen.reach).span,
            corner,
            np.tile(np.array([0, TILE, 0, TILE]), (len(corner), 1)),
            ground,
            (None,) * len(corner),
            False,
            run.surface.grid.cell_m,
            run.parameters.receiver_m,
        )
        covered = []
        for (i, j), tile in zip(corner.tolist(), engine.compute(block)[0], strict=True):
            slot = self.slot[i : i + TILE, j : j + TILE]
            row, column = np.nonzero(slot >= 0)
            if tile is None or not len(row):
                continue
            cells, here = tile.reshape(TILE, CHANNELS, TILE), slot[row, column]
            new = cells[row, _kernels.BEST, column]
            old = self.best[here]
            weaker = 10 ** (np.minimum(old, new) / np.float32(10))
            rest = self.others[here] + cells[row, _kernels.OTHERS, column] + weaker
            good = tables.meets(run, found.profile, np.maximum(old, new), rest, 0.0)
            covered.append(here[good & (new > _kernels.NOTHING_DBM)])
        return np.sort(np.concatenate(covered)) if covered else np.zeros(0, np.int32)
