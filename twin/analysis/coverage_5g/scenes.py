"""The eleven kinds of key places of 信号升格, place by place.

A place passes when all its key points do, a line (road, river, metro) when 95 % of its
length does; the shares are the profile's where it has them. Nobody has told the twin
where a place's key points are, so the points stand for them that its layer gives:

* a building: the cells of its ground floor, behind its wall;
* an outline (estate, park): its cells outdoors and, apart from them, those in its buildings: both
  have to reach the share;
* a point: its cell, behind the wall where it lies in a building;
* a road or line of rails: points along it, a cell apart, of all rows of one name together;
* a river: the cells of its outline.

A building within an outline of the same kind is part of that place, not a place of its
own. What runs or lies underground (metro, tunnels) is not judged, for no signal from
outside is meant to reach it; it is counted as ``underground``. Roads and rivers without
a name are no line that could be named, and stay out. ::

    places = read(store, zones, surface)           # once a generation
    table(places, assessment)                      # eleven rows
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import shapely

from twin.analysis.coverage_5g.criteria import SCENES, Scene, Selection
from twin.analysis.coverage_5g.tables import Assessment
from twin.analysis.coverage_5g.zones import Cells, Floats, Zones, along, cells_of, drawn, in_metres
from twin.analysis.surface import Grid, Surface
from twin.store import Generation, Store

Bools = npt.NDArray[np.bool_]

KEY_POINT_SHARE, LINE_SHARE = 1.0, 0.95
"""Where the profile does not say: every key point, and the notice's 95 % of a line."""
MOST_FAILED = 20
"""Places that fail are listed to this number, the largest first."""
_UNDERGROUND = {"metro_station": "underground", "metro_line": "underground", "road": "tunnel"}
_KEPT = 4


class Points(NamedTuple):
    """Key points (k,): flat cell, the place each belongs to, what it weighs (metres of a line, else 1)."""

    cell: Cells
    place: Cells
    weight: Floats


_NONE = Points(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))


@dataclass(frozen=True, eq=False, repr=False)
class Places:
    """The places of one kind (n,) with their key points outdoors and in buildings.

    ``layer`` and ``fid`` tell the row a place came from (of a line, one of its rows), ``town`` the row of
    the town in ``zones.areas``, -1 for none; ``underground`` counts rows left out.
    """

    scene: Scene
    name: npt.NDArray[Any]
    layer: npt.NDArray[Any]
    fid: Cells
    town: Cells
    outdoors: Points
    indoors: Points
    underground: int

    def __len__(self) -> int:
        return len(self.fid)


@dataclass(frozen=True, eq=False, repr=False)
class Scenes:
    """The places of all eleven kinds on one grid."""

    kinds: tuple[Places, ...]
    generations: tuple[Generation, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Outcome:
    """How the places of one kind fare: shares (n,) of key points, NaN where there are none, and who passes."""

    places: Places
    outdoors: Floats
    indoors: Floats
    needed: float

    @property
    def judged(self) -> Bools:
        """Places with any key point, (n,)."""
        return ~(np.isnan(self.outdoors) & np.isnan(self.indoors))

    @property
    def passed(self) -> Bools:
        """Places whose points reach the share both outdoors and in buildings, (n,)."""
        enough = self.needed - 1e-9
        return self.judged & (_or(self.outdoors, 1.0) >= enough) & (_or(self.indoors, 1.0) >= enough)

    @property
    def share(self) -> Floats:
        """The lower of both shares, (n,)."""
        return np.minimum(_or(self.outdoors, 1.0), _or(self.indoors, 1.0))


_kept: OrderedDict[tuple[Any, ...], Scenes] = OrderedDict()
_lock = threading.Lock()


def read(store: Store, zones: Zones, surface: Surface) -> Scenes:
    """The places of the shown generations; the newest few are kept."""
    layers = sorted({selection.layer for scene in SCENES for selection in scene.selections} | {"town"})
    shown = tuple((name, store.shown[name].checksum) for name in layers if name in store.shown)
    key = (str(store.home), surface.key, shown)
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
        ground = _Ground(surface)
        made = Scenes(
            tuple(_places(store, zones, ground, scene) for scene in SCENES),
            tuple(store.shown[name] for name in layers if name in store.shown),
        )
        _kept[key] = made
        while len(_kept) > _KEPT:
            _kept.popitem(last=False)
        return made


def judge(places: Places, found: Assessment) -> Outcome:
    """How places fare under an assessment."""
    name, usual = (
        ("line_share", LINE_SHARE) if places.scene.shape == "line" else ("key_point_share", KEY_POINT_SHARE)
    )
    needed = found.profile.minimum(name)
    return Outcome(
        places,
        _shares(_NONE if found.upstairs else places.outdoors, len(places), found.outside),
        _shares(places.indoors, len(places), found.covered),
        usual if needed is None else needed,
    )


def table(scenes: Scenes, found: Assessment, base: Assessment | None = None) -> list[dict[str, Any]]:
    """One row a kind: places, how many pass, mean share of key points, the largest that fail, the same by town.

    ``note`` says what stands for the kind where no layer is it. With ``base``, ``base`` is its rate.
    """
    towns = [(number, area) for number, area in enumerate(found.zones.areas) if area.kind == "town"]
    rows = []
    for places in scenes.kinds:
        outcome = judge(places, found)
        judged, passed = outcome.judged, outcome.passed
        row: dict[str, Any] = {
            "id": places.scene.id,
            "title": {"zh": places.scene.title.zh, "en": places.scene.title.en},
            "shape": places.scene.shape,
            "needed": outcome.needed,
            **_count(judged, passed),
            "outdoor_share": _mean(outcome.outdoors),
            "indoor_share": _mean(outcome.indoors),
            "underground": places.underground,
            "note": None
            if places.scene.note is None
            else {"zh": places.scene.note.zh, "en": places.scene.note.en},
            "towns": [
                {"id": area.id, "name": area.name, "name_en": area.name_en}
                | _count(judged & (places.town == number), passed & (places.town == number))
                for number, area in towns
            ],
            "failed": _failed(outcome),
        }
        if base is not None:
            before = judge(places, base)
            row["base"] = _count(before.judged, before.passed)["rate"]
        rows.append(row)
    return rows


# -- inside --------------------------------------------------------------------


class _Ground:
    """The surface as the places need it: cells of each building, built cells."""

    def __init__(self, surface: Surface) -> None:
        self.surface, self.grid = surface, surface.grid
        self.building = surface.building.ravel()
        built = np.flatnonzero(self.building >= 0)
        self.built = built[np.argsort(self.building[built], kind="stable")]
        self.first = np.searchsorted(self.building[self.built], np.arange(len(surface.buildings) + 1))


class _Rows(NamedTuple):
    """Rows of a layer: key of the building table, flat cell of the point, geometry in metres."""

    selection: Selection
    fid: Cells
    name: npt.NDArray[Any]
    point: Cells
    row_no: Cells
    shape: npt.NDArray[Any]


def _places(store: Store, zones: Zones, ground: _Ground, scene: Scene) -> Places:
    groups: list[_Rows] = []
    underground = 0
    for selection in scene.selections:
        if selection.layer in store.shown:
            rows, left_out = _rows(store, ground.grid, selection)
            groups.append(rows)
            underground += left_out
    if scene.shape == "line":
        return _lines(scene, groups, zones, ground.grid, underground)
    # Outlines first: what lies in one is a part of it.
    groups.sort(key=lambda rows: not _is_outline(rows))
    whole = drawn([], [], ground.grid)
    found: list[tuple[_Rows, Points, Points]] = []
    count = 0
    for rows in groups:
        if _is_outline(rows):
            fresh = drawn(rows.shape, range(count + 1, count + len(rows.fid) + 1), ground.grid)
            whole = np.where(whole > 0, whole, fresh)
            found.append((rows, *_of_outlines(rows, fresh.ravel(), ground, count)))
            count += len(rows.fid)
            continue
        own = (
            whole.ravel()[rows.point] == 0
            if rows.selection.layer == "building"
            else np.ones(len(rows.fid), bool)
        )
        apart = _Rows(rows.selection, *(values[own] for values in rows[1:]))
        found.append(
            (
                apart,
                *(_of_buildings if apart.selection.layer == "building" else _of_points)(apart, ground, count),
            )
        )
        count += len(apart.fid)
    point = _joined([rows.point for rows, _, _ in found])
    return Places(
        scene,
        _joined([rows.name for rows, _, _ in found], object),
        np.repeat([rows.selection.layer for rows, _, _ in found], [len(rows.fid) for rows, _, _ in found]),
        _joined([rows.fid for rows, _, _ in found]),
        zones.town_of(point),
        _together([outdoors for _, outdoors, _ in found]),
        _together([indoors for _, _, indoors in found]),
        underground,
    )


def _rows(store: Store, grid: Grid, selection: Selection) -> tuple[_Rows, int]:
    """The rows of a selection on the grid, and how many are underground."""
    relation = store.shown[selection.layer].relation
    columns = store.shown[selection.layer].columns
    where, values = "true", []
    if selection.column is not None:
        where, values = f'"{selection.column}" IN (SELECT unnest(?))', [list(selection.values)]
    name = "coalesce(name, '')" if "name" in columns else "''"
    hidden = _UNDERGROUND.get(selection.layer)
    below = "false" if hidden is None else f"coalesce({hidden}, false)"
    # Buildings go by the surface and need no outline.
    wkb = "''::BLOB" if selection.layer == "building" else "ST_AsWKB(geom)::BLOB"
    found = (
        store.cursor()
        .execute(
            f"SELECT fid, {name} AS name, lon, lat, row_no, {below} AS below, {wkb} AS wkb FROM {relation} "
            f"WHERE {where} ORDER BY row_no",
            values,
        )
        .fetchnumpy()
    )
    point = cells_of(grid, *grid.to_metres(np.asarray(found["lon"]), np.asarray(found["lat"])))
    below_ground = np.asarray(found["below"], bool)
    # A long line may have its middle off the grid.
    kept = ~below_ground & ((point >= 0) | (selection.layer in ("road", "metro_line", "water")))
    if selection.layer == "building":
        shape = np.full(int(kept.sum()), None, object)
    else:
        shape = in_metres(shapely.from_wkb([bytes(value) for value in found["wkb"][kept]]), grid)
    rows = _Rows(
        selection,
        np.asarray(found["fid"][kept], np.int64),
        np.asarray(found["name"][kept], object),
        point[kept],
        np.asarray(found["row_no"][kept], np.int64),
        np.atleast_1d(shape),
    )
    return rows, int(below_ground.sum())


def _is_outline(rows: _Rows) -> bool:
    return rows.selection.layer in ("estate", "green")


def _of_outlines(rows: _Rows, label: npt.NDArray[Any], ground: _Ground, first: int) -> tuple[Points, Points]:
    """Cells of outlines, outdoors and in buildings; an outline with no middle of a cell has that of its point."""
    cell = np.flatnonzero(label)
    place = label[cell].astype(np.int64) - 1
    without = np.setdiff1d(np.arange(first, first + len(rows.fid)), place)
    cell = np.concatenate([cell, rows.point[without - first]])
    place = np.concatenate([place, without])
    return _parted(cell, place, ground)


def _of_points(rows: _Rows, ground: _Ground, first: int) -> tuple[Points, Points]:
    return _parted(rows.point, np.arange(first, first + len(rows.fid)), ground)


def _parted(cell: Cells, place: Cells, ground: _Ground) -> tuple[Points, Points]:
    indoor = ground.building[cell] >= 0
    one = np.ones(len(cell))
    return Points(cell[~indoor], place[~indoor], one[~indoor]), Points(
        cell[indoor], place[indoor], one[indoor]
    )


def _of_buildings(rows: _Rows, ground: _Ground, first: int) -> tuple[Points, Points]:
    """Cells of buildings on the surface; one with none there has the cell of its point, in whatever stands there."""
    row = rows.row_no - 1
    start, count = ground.first[row], ground.first[row + 1] - ground.first[row]
    place = np.repeat(np.arange(first, first + len(row)), count)
    order = np.arange(len(place)) - np.repeat(np.cumsum(count) - count, count)
    cell = ground.built[np.repeat(start, count) + order]
    without = np.flatnonzero(count == 0)
    cell = np.concatenate([cell, rows.point[without]])
    place = np.concatenate([place, first + without])
    return _NONE, Points(cell, place, np.ones(len(cell)))


def _lines(scene: Scene, groups: Sequence[_Rows], zones: Zones, grid: Grid, underground: int) -> Places:
    """The rows of one name are one line; what of it lies outside the district does not count."""
    name, layer, fid = [], [], []
    points: list[Points] = []
    count = 0
    for rows in groups:
        named = np.flatnonzero(rows.name != "")
        if not len(named):
            continue
        names, first, line = np.unique(rows.name[named].astype(str), return_index=True, return_inverse=True)
        if rows.selection.layer == "water":
            label = drawn(rows.shape[named], (line + 1).tolist(), grid).ravel()
            cell = np.flatnonzero(label)
            place, weight = label[cell].astype(np.int64) - 1, np.ones(len(cell))
        else:
            owner, x, y, weight = along(rows.shape[named], grid.cell_m)
            cell, place = cells_of(grid, x, y), line[owner]
        inside = cell >= 0
        inside[inside] = zones.inside.ravel()[cell[inside]]
        points.append(Points(cell[inside], place[inside] + count, weight[inside]))
        name += names.tolist()
        layer += [rows.selection.layer] * len(names)
        fid += rows.fid[named[first]].tolist()
        count += len(names)
    outdoors = _together(points)
    # The town of a line is the one that most of it lies in.
    town = zones.town_of(outdoors.cell)
    width = len(zones.areas) + 1
    metres = np.bincount(outdoors.place * width + town + 1, outdoors.weight, max(count, 1) * width)
    most = metres.reshape(-1, width).argmax(axis=1)[:count] - 1
    return Places(
        scene,
        np.array(name, object),
        np.array(layer, object),
        np.array(fid, np.int64),
        most,
        outdoors,
        _NONE,
        underground,
    )


def _shares(points: Points, count: int, good: Bools) -> Floats:
    whole = np.bincount(points.place, points.weight, count)
    part = np.bincount(points.place, points.weight * good.ravel()[points.cell], count)
    return np.where(whole > 0, part / np.where(whole > 0, whole, 1.0), np.nan)


def _failed(outcome: Outcome) -> list[dict[str, Any]]:
    """The largest places that fail, by key points."""
    places, share = outcome.places, outcome.share
    sizes = (np.bincount(part.place, part.weight, len(places)) for part in (places.outdoors, places.indoors))
    size = np.add(*sizes)
    failing = np.flatnonzero(outcome.judged & ~outcome.passed)
    order = failing[np.lexsort((failing, -size[failing]))][:MOST_FAILED]
    return [
        {
            "layer": str(places.layer[k]),
            "fid": int(places.fid[k]),
            "name": str(places.name[k]),
            "share": float(share[k]),
        }
        for k in order.tolist()
    ]


def _count(judged: Bools, passed: Bools) -> dict[str, Any]:
    places, good = int(judged.sum()), int(passed.sum())
    return {"places": places, "passed": good, "rate": good / places if places else None}


def _mean(shares: Floats) -> float | None:
    known = shares[~np.isnan(shares)]
    return float(known.mean()) if len(known) else None


def _or(values: Floats, blank: float) -> Floats:
    return np.where(np.isnan(values), blank, values)


def _joined(parts: Sequence[npt.NDArray[Any]], dtype: Any = np.int64) -> npt.NDArray[Any]:
    return np.concatenate(parts) if parts else np.zeros(0, dtype)


def _together(parts: Sequence[Points]) -> Points:
    return Points(
        _joined([part.cell for part in parts]),
        _joined([part.place for part in parts]),
        _joined([part.weight for part in parts], np.float64),
    )
