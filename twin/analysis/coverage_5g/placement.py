"""Do rooftop sites stand on buildings, and if not, would a GCJ-02 or BD-09 shift explain it?

A site table in the wrong datum puts every antenna some 500 m from its roof, which
ruins a coverage map without looking wrong. For every hypothesis the sites are moved
as if it were true, and those are counted that then stand on a building (or within
:data:`NEAR_M` of one, for footprints and positions are not exact). By chance a place
in a town stands on a building, too; how often is measured by moving the sites to
places around them, so that a dataset is judged by what exceeds chance.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from layers import Text
from twin.crs import Array, bd09_to_wgs84, gcj02_to_wgs84, wgs84_to_bd09, wgs84_to_gcj02
from twin.crs_evidence import Plane
from twin.errors import InputError

Geometries = npt.NDArray[np.object_]
Ints = npt.NDArray[np.int64]

NEAR_M = 5.0
"""A rooftop site fits when a footprint lies within so many metres."""
LEAST_SITES = 8
"""Fewer rooftop sites say nothing about a datum."""
SIGNIFICANT = 1e-3
"""Greatest probability (sign test, one-sided) with which a shift is called the better explanation."""
_REACH_M = 1_000.0
_CHANCE_SHIFTS_M = (
    (350.0, 0.0),
    (-350.0, 0.0),
    (0.0, 350.0),
    (0.0, -350.0),
    (240.0, 240.0),
    (-240.0, -240.0),
)
_METRES_PER_DEGREE = 111_320.0

Move = Callable[[Array, Array], tuple[Array, Array]]

HYPOTHESES: Mapping[str, tuple[Move | None, Text]] = {
    "as_given": (None, Text("坐标正确", "the coordinates are right")),
    "gcj02": (gcj02_to_wgs84, Text("坐标其实是 GCJ-02", "the coordinates are in truth GCJ-02")),
    "bd09": (bd09_to_wgs84, Text("坐标其实是 BD-09", "the coordinates are in truth BD-09")),
    "not_gcj02": (wgs84_to_gcj02, Text("WGS84 坐标被当作 GCJ-02 转换过",
                                       "WGS84 coordinates were converted as if they were GCJ-02")),
    "not_bd09": (wgs84_to_bd09, Text("WGS84 坐标被当作 BD-09 转换过",
                                     "WGS84 coordinates were converted as if they were BD-09")),
}  # fmt: skip
"""What may be true of the stored coordinates: how sites move if it is, and the words for it."""


class Fit(enum.IntEnum):
    """What was found about one site."""

    NOT_CHECKED = 0
    """Not on a roof, or no building is known within a kilometre."""
    FITS = 1
    SHIFTED = 2
    """It stands on a building under the shift that explains its dataset."""
    MISFIT = 3
    """It stands on no building, neither as given nor under the shift that explains its dataset."""
    BELOW_ROOF = 4
    """It stands on a building whose roof is higher than the antenna."""


@dataclass(frozen=True, slots=True)
class Count:
    """Rooftop sites of a dataset under one hypothesis.

    ``share`` is ``on_building`` of ``checked``; ``probability`` is that of so many more sites than as
    given standing on buildings by chance (sign test over the sites for which the two differ).
    """

    hypothesis: str
    on_building: int
    median_distance_m: float
    share: float
    probability: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found about one dataset; ``counts`` are by hypothesis, as given first.

    ``explanation`` is the hypothesis that fits best, ``as_given`` unless another is significantly better;
    None where too few rooftop sites were checked. ``chance`` is the share of places around the sites that
    lie on buildings.
    """

    dataset: str
    checked: int
    chance: float
    explanation: str | None
    counts: tuple[Count, ...]
    text: Text


@dataclass(frozen=True, slots=True)
class Placement:
    """Sites against buildings.

    ``fit`` (n,) holds :class:`Fit`; ``distance_m`` (n,) the distance to the nearest building as given, infinite
    beyond 1 km, NaN where not checked; ``on_building`` (n, hypotheses) in the order of :data:`HYPOTHESES`.
    """

    fit: npt.NDArray[np.uint8]
    distance_m: Array
    on_building: npt.NDArray[np.bool_]
    verdicts: tuple[Verdict, ...]


def check_placement(
    lon: npt.ArrayLike,
    lat: npt.ArrayLike,
    rooftop: npt.ArrayLike,
    buildings: Geometries,
    *,
    dataset: Sequence[str] | None = None,
    antenna_height_m: npt.ArrayLike | None = None,
    building_height_m: npt.ArrayLike | None = None,
) -> Placement:
    """Compare rooftop sites with building footprints.

    Parameters
    ----------
    lon, lat
        Sites (n,), WGS84 degrees as stored.
    rooftop
        Which sites are said to stand on a roof (n,); the others are not checked.
    buildings
        Footprints (m,), shapely polygons in EPSG:4326.
    dataset
        The dataset of each site (n,); each is judged on its own. All one where missing.
    antenna_height_m, building_height_m
        Heights above the ground (n,) and (m,); with both, antennas more than 2 m under their roof are told.

    Raises
    ------
    twin.errors.InputError
        There are no buildings, or arrays differ in length.
    """
    x, y = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    roof = np.asarray(rooftop, dtype=bool)
    names = np.asarray(["" for _ in x] if dataset is None else list(dataset), dtype=object)
    _check_lengths(x, y, roof, names, buildings, antenna_height_m, building_height_m)
    footprints = _Footprints(buildings, x, y)
    rows = np.flatnonzero(roof & np.isfinite(x) & np.isfinite(y))
    distances = np.full((len(x), len(HYPOTHESES)), np.nan)
    nearest = np.full(len(x), -1)
    for column, (move, _) in enumerate(HYPOTHESES.values()):
        places = (x[rows], y[rows]) if move is None else move(x[rows], y[rows])
        distances[rows, column], found = footprints.nearest(*places)
        if move is None:
            nearest[rows] = found
    # Far from all buildings (an unmapped area) nothing can be said about a site.
    known = rows[np.isfinite(distances[rows, 0])]
    hits = np.nan_to_num(distances, nan=np.inf) <= NEAR_M
    fit = np.full(len(x), Fit.NOT_CHECKED, dtype=np.uint8)
    verdicts = []
    for name in dict.fromkeys(names.tolist()):
        own = known[names[known] == name]
        verdict = _judged(name, x[own], y[own], distances[own], footprints)
        verdicts.append(verdict)
        best = list(HYPOTHESES).index(verdict.explanation or "as_given")
        # Where a dataset is shifted, a place that fits as given may do so by chance.
        shifted = hits[own, best] & (best > 0)
        fit[own] = np.where(shifted, Fit.SHIFTED, np.where(hits[own, 0], Fit.FITS, Fit.MISFIT))
    if antenna_height_m is not None and building_height_m is not None:
        on = known[(fit[known] == Fit.FITS) & (nearest[known] >= 0)]
        tops = np.asarray(building_height_m, dtype=float)[nearest[on]]
        with np.errstate(invalid="ignore"):
            fit[on[np.asarray(antenna_height_m, dtype=float)[on] < tops - 2.0]] = Fit.BELOW_ROOF
    return Placement(fit, distances[:, 0], hits, tuple(verdicts))


def _check_lengths(
    x: Array,
    y: Array,
    roof: npt.NDArray[np.bool_],
    names: npt.NDArray[np.object_],
    buildings: Geometries,
    antenna_height_m: npt.ArrayLike | None,
    building_height_m: npt.ArrayLike | None,
) -> None:
    lengths = {len(x), len(y), len(roof), len(names)}
    lengths |= {len(x)} if antenna_height_m is None else {np.size(antenna_height_m)}
    if len(lengths) > 1 or (building_height_m is not None and np.size(building_height_m) != len(buildings)):
        raise InputError(
            "基站位置检查的各列长度不一致。", "the columns of the placement check differ in length."
        )
    if not len(buildings):
        raise InputError(
            "没有建筑数据，无法核对基站位置；请先导入建筑。",
            "there are no buildings to check sites against; import buildings first.",
        )


class _Footprints:
    """Buildings in a local plane, and how far places are from the nearest."""

    def __init__(self, buildings: Geometries, lon: Array, lat: Array) -> None:
        finite = np.isfinite(lon) & np.isfinite(lat)
        middle = (
            (float(np.median(lon[finite])), float(np.median(lat[finite]))) if finite.any() else (0.0, 0.0)
        )
        self.plane = Plane(*middle)
        # Only what lies within a kilometre of a site can matter: no hypothesis moves farther.
        low = [np.min(lon[finite], initial=180.0) - 0.02, np.min(lat[finite], initial=90.0) - 0.02]
        high = [np.max(lon[finite], initial=-180.0) + 0.02, np.max(lat[finite], initial=-90.0) + 0.02]
        bounds = shapely.bounds(buildings)
        with np.errstate(invalid="ignore"):
            near = (bounds[:, :2] <= high).all(axis=1) & (bounds[:, 2:] >= low).all(axis=1)
        self.rows = np.flatnonzero(near)
        self.tree = shapely.STRtree(self.plane.geometry(buildings[self.rows]))

    def nearest(self, lon: Array, lat: Array) -> tuple[Array, Ints]:
        """Distance in metres to the nearest building, infinite beyond 1 km, and its row, -1 where none."""
        distance, row = np.full(len(lon), np.inf), np.full(len(lon), -1)
        if len(lon) and len(self.rows):
            points = shapely.points(self.plane(lon, lat))
            (at, found), metres = self.tree.query_nearest(
                points, max_distance=_REACH_M, return_distance=True, all_matches=False
            )
            distance[at], row[at] = metres, self.rows[found]
        return distance, row


def _judged(name: str, lon: Array, lat: Array, distances: Array, footprints: _Footprints) -> Verdict:
    """The hypothesis that explains a dataset best; ``distances`` (n, hypotheses) of its checked sites."""
    hits = distances <= NEAR_M
    size = len(lon)
    counts = tuple(
        Count(
            hypothesis,
            int(hits[:, column].sum()),
            float(np.median(distances[:, column])) if size else math.nan,
            float(hits[:, column].mean()) if size else math.nan,
            _sign_test(
                int((hits[:, column] & ~hits[:, 0]).sum()), int((hits[:, 0] & ~hits[:, column]).sum())
            ),
        )
        for column, hypothesis in enumerate(HYPOTHESES)
    )
    chance = _chance(lon, lat, footprints)
    explanation: str | None = None
    if size >= LEAST_SITES:
        best = max(counts[1:], key=lambda count: count.on_building)
        # Better than as given, and better than any place around.
        beyond = best.share > min(1.0, chance + 3 * math.sqrt(max(chance * (1 - chance), 0.01) / size))
        explanation = best.hypothesis if best.probability <= SIGNIFICANT and beyond else "as_given"
    return Verdict(name, size, chance, explanation, counts, _words(name, size, explanation, counts))


def _chance(lon: Array, lat: Array, footprints: _Footprints) -> float:
    """Share of places some hundred metres around the sites that stand on a building."""
    if not len(lon):
        return math.nan
    east = _METRES_PER_DEGREE * np.cos(np.radians(lat))
    on = [
        (footprints.nearest(lon + dx / east, lat + dy / _METRES_PER_DEGREE)[0] <= NEAR_M).mean()
        for dx, dy in _CHANCE_SHIFTS_M
    ]
    return float(np.mean(on))


def _sign_test(wins: int, losses: int) -> float:
    """Probability of at least ``wins`` heads in ``wins + losses`` throws of a fair coin."""
    from scipy.special import bdtrc

    return float(bdtrc(wins - 1, wins + losses, 0.5)) if wins else 1.0


def _words(name: str, size: int, explanation: str | None, counts: Sequence[Count]) -> Text:
    zh, en = (f"数据集 {name}：", f"dataset {name}: ") if name else ("", "")
    if explanation is None:
        return Text(
            f"{zh}可核对的楼顶站只有 {size} 个（至少需要 {LEAST_SITES} 个），无法判断坐标是否偏移。",
            f"{en}only {size} rooftop sites could be checked ({LEAST_SITES} are needed), too few to judge a shift.",
        )
    given = counts[0]
    if explanation == "as_given":
        return Text(
            f"{zh}{size} 个楼顶站中 {given.on_building} 个落在建筑上，没有发现坐标系偏移。",
            f"{en}{given.on_building} of {size} rooftop sites stand on buildings; no shift was found.",
        )
    best = next(count for count in counts if count.hypothesis == explanation)
    words = HYPOTHESES[explanation][1]
    return Text(
        f"{zh}{size} 个楼顶站按现有坐标只有 {given.on_building} 个落在建筑上，若{words.zh}，则有 "
        f"{best.on_building} 个；请按该坐标系重新导入。",
        f"{en}of {size} rooftop sites {given.on_building} stand on buildings as given, {best.on_building} if "
        f"{words.en}; import them again accordingly.",
    )
