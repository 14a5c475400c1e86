"""Snapping: where homes and facilities join the streets.

A place is a point (of a building the point within it that its row keeps). It
joins the nearest edge its traveller may use, by a straight way, if one lies
within a cap. Three things refine this.

- A **fragment** of the network (:data:`streets.FRAGMENT_M`) is joined only where
  nothing else lies within the cap; real islands are joined like the rest.
- In a **gated estate** a place joins the ways inside it. Where none leads out, it
  is entered by every known gate: straight to the gate, then to the street at it;
  the network takes the best. Where gates are unknown too, an assumption stands
  in: ``"open"`` takes the nearest street as if there were no wall, ``"closed"``
  the corner of the estate farthest from the place, an upper bound.
- Bridges and tunnels are passed over, as nobody steps off them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from twin.analysis.noding import Bools, Floats, Geometries, Ints
from twin.analysis.streets import Streets
from twin.analysis.travellers import Traveller
from twin.store import Store

CAP_M = 300.0
_EDGE_OF_ESTATE_M = 1.0
_PLANE_M = 1e6

UnknownGates = Literal["open", "closed"]


class Flag(IntEnum):
    """How a place joined the streets."""

    OK = 0
    GATE = 1
    """By the known gates of its estate."""
    ASSUMED_OPEN = 2
    """In a gated estate without known gates, as if it were open."""
    FAR = 3
    """No street within the cap; not on the network."""
    FRAGMENT = 4
    """On a small piece of network that nothing else lies near."""
    ASSUMED_CLOSED = 5
    """In a gated estate without known gates, as if entered at its far corner."""


@dataclass(frozen=True, slots=True)
class Snapped:
    """Where n places join the network.

    ``places`` has columns edge (row, -1 off the network), t (0..1 from the edge's u)
    and access_m; where a place has several entrances it has a row for each and the
    column ``owner``, the number of the place, 0 to n - 1. ``flag`` is (n,) of :class:`Flag`.
    """

    places: pd.DataFrame
    flag: npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Estates:
    """Estates: ``outline`` polygons in the streets' plane (k,), whether ``gated``, and their gates:
    ``gate_xy`` (g, 2) metres, ``gate_estate`` (g,) rows of ``outline``; ``fid`` (k,)."""

    fid: Ints
    outline: Geometries
    gated: Bools
    gate_xy: Floats
    gate_estate: Ints

    def with_gate(self, estate: int, x: float, y: float) -> Estates:
        """The same estates with one more gate, in metres, of the row ``estate``."""
        return replace(
            self,
            gate_xy=np.vstack([self.gate_xy, [[x, y]]]),
            gate_estate=np.append(self.gate_estate, estate),
        )


def read_estates(store: Store, streets: Streets) -> Estates | None:
    """The estates of a home; None where it has none."""
    if "estate" not in store.shown:
        return None
    generation = store.generation("estate")
    table = (
        store.cursor()
        .execute(f"SELECT fid, gated, ST_AsWKB(geom)::BLOB AS wkb FROM {generation.relation} ORDER BY row_no")
        .to_arrow_table()
    )
    gates = (
        store.cursor()
        .execute(
            f"SELECT fid, gate.lon AS lon, gate.lat AS lat FROM "
            f"(SELECT fid, row_no, unnest(gates) AS gate FROM {generation.relation}) "
            "WHERE isfinite(gate.lon) AND isfinite(gate.lat) ORDER BY row_no"
        )
        .fetchnumpy()
    )
    fid = table["fid"].to_numpy()
    outline = shapely.transform(
        shapely.from_wkb(table["wkb"].to_numpy()),
        lambda points: streets.to_metres(points[:, 0], points[:, 1]),
    )
    row = pd.Index(fid).get_indexer(pd.Index(np.asarray(gates["fid"], dtype=np.int64)))
    lon, lat = (np.asarray(gates[name], dtype=np.float64) for name in ("lon", "lat"))
    gate_xy = streets.to_metres(lon, lat) if len(row) else np.empty((0, 2))
    gated = pd.Series(table["gated"].to_pandas()).fillna(False).astype(bool).to_numpy()
    return Estates(fid, outline, gated, gate_xy, row)


def snap(
    streets: Streets,
    points_xy: Floats,
    traveller: Traveller,
    *,
    estates: Estates | None = None,
    cap_m: float = CAP_M,
    unknown_gates: UnknownGates = "open",
) -> Snapped:
    """Where places join the streets of a traveller.

    Parameters
    ----------
    points_xy
        The places, (n, 2), metres in the streets' plane (:meth:`Streets.to_metres`).
    estates
        Estates whose gates and walls count; without them none does.
    cap_m
        Longest straight way to a street; a place farther off is :attr:`Flag.FAR`.
    unknown_gates
        What stands in for the gates of a gated estate that nobody recorded.
    """
    points = shapely.points(np.asarray(points_xy, dtype=np.float64).reshape(-1, 2))
    gated = np.full(len(points), -1) if estates is None else _gated(estates, points)
    walled = np.flatnonzero(gated >= 0)
    if estates is None or not len(walled):
        edge, t, access_m, flag = _nearest(streets, points, traveller, cap_m)
        return Snapped(pd.DataFrame({"edge": edge, "t": t, "access_m": access_m}), flag)

    edge = np.full(len(points), -1, dtype=np.int32)
    t, access_m = np.zeros(len(points)), np.zeros(len(points))
    flag = np.full(len(points), Flag.OK, dtype=np.uint8)
    found = _within(streets, points[walled], gated[walled], estates, traveller, cap_m)
    inside = walled[found >= 0]
    edge[inside] = found[found >= 0]
    t[inside], access_m[inside] = streets.position(found[found >= 0], points[inside])

    left = walled[found < 0]
    has_gate = np.isin(gated[left], estates.gate_estate)
    unknown, by_gate = left[~has_gate], left[has_gate]
    outside = np.flatnonzero(gated < 0)
    if unknown_gates == "closed":
        corner, far_m = _far_corner(estates.outline[gated[unknown]], points[unknown])
        edge[unknown], t[unknown], leg_m, flag[unknown] = _nearest(streets, corner, traveller, cap_m)
        access_m[unknown] = np.where(edge[unknown] >= 0, far_m + leg_m, 0.0)
        flag[unknown[edge[unknown] >= 0]] = Flag.ASSUMED_CLOSED
    else:
        outside = np.concatenate([outside, unknown])
    edge[outside], t[outside], access_m[outside], flag[outside] = _nearest(
        streets, points[outside], traveller, cap_m
    )
    if unknown_gates == "open":
        flag[unknown[flag[unknown] == Flag.OK]] = Flag.ASSUMED_OPEN
    if not len(by_gate):
        return Snapped(pd.DataFrame({"edge": edge, "t": t, "access_m": access_m}), flag)
    return _by_gates(streets, points, gated, by_gate, (edge, t, access_m, flag), estates, traveller, cap_m)


Joined = tuple[npt.NDArray[np.int32], Floats, Floats, npt.NDArray[np.uint8]]


def _nearest(streets: Streets, points: Geometries, traveller: Traveller, cap_m: float) -> Joined:
    """Edge, position, access and flag of each point, walls not counted."""
    size = len(points)
    edge = np.full(size, -1, dtype=np.int32)
    flag = np.full(size, Flag.FAR, dtype=np.uint8)
    targets = streets.targets(traveller)
    for rows, tree, kind in (
        (targets.whole, targets.whole_tree, Flag.OK),
        (targets.fragments, targets.fragment_tree, Flag.FRAGMENT),
    ):
        left = np.flatnonzero(edge < 0)
        if not len(left) or not len(rows):
            continue
        at, nearest = _first(*tree.query_nearest(points[left], max_distance=cap_m, all_matches=True))
        edge[left[at]], flag[left[at]] = rows[nearest], kind
    t, access_m = np.zeros(size), np.zeros(size)
    on = np.flatnonzero(edge >= 0)
    t[on], access_m[on] = streets.position(edge[on].astype(np.int64), points[on])
    return edge, t, access_m, flag


def _first(at: Ints, found: Ints) -> tuple[Ints, Ints]:
    """The lowest match of each place: at corners several edges are equally near, in no fixed order."""
    order = np.lexsort((found, at))
    at, found = at[order], found[order]
    fresh = np.r_[True, at[1:] != at[:-1]] if len(at) else np.zeros(0, dtype=bool)
    return at[fresh], found[fresh]


def _gated(estates: Estates, points: Geometries) -> Ints:
    """Row of the gated estate each point lies in, -1 for none; the smallest where they overlap."""
    result = np.full(len(points), -1)
    rows = np.flatnonzero(estates.gated)
    if not len(rows):
        return result
    estate, point = shapely.STRtree(points).query(estates.outline[rows], predicate="intersects")
    order = np.argsort(-shapely.area(estates.outline[rows[estate]]), kind="stable")
    result[point[order]] = rows[estate[order]]
    return result


def _within(
    streets: Streets, points: Geometries, gated: Ints, estates: Estates, traveller: Traveller, cap_m: float
) -> Ints:
    """The nearest edge inside the gated estate of each point that leads out of it, -1 where there is none.

    Each estate is moved to a place of its own, so that one search cannot find the ways of a neighbour.
    """
    targets = streets.targets(traveller)
    used = np.unique(gated)
    outline = shapely.buffer(estates.outline[used], _EDGE_OF_ESTATE_M, quad_segs=1)
    estate, edge = targets.whole_tree.query(outline, predicate="contains")
    if not len(edge):
        return np.full(len(points), -1)
    edge = targets.whole[edge]
    lines = _moved(streets.line[edge], estate)
    at, nearest = _first(
        *shapely.STRtree(lines).query_nearest(
            _moved(points, np.searchsorted(used, gated)), max_distance=cap_m, all_matches=True
        )
    )
    result = np.full(len(points), -1)
    result[at] = edge[nearest]
    return result


def _moved(geometry: Geometries, estate: Ints) -> Geometries:
    """Geometries moved east by a fixed way for each number of estate."""
    points, owner = shapely.get_coordinates(geometry, return_index=True)
    points[:, 0] += _PLANE_M * estate[owner]
    return np.asarray(shapely.set_coordinates(geometry.copy(), points))


def _far_corner(outline: Geometries, points: Geometries) -> tuple[Geometries, Floats]:
    """The corner of each outline farthest from its point, and metres to it."""
    corner, owner = shapely.get_coordinates(outline, return_index=True)
    away = np.hypot(*(corner - shapely.get_coordinates(points)[owner]).T)
    order = np.lexsort((away, owner))
    last = order[np.r_[owner[order][1:] != owner[order][:-1], True]] if len(order) else order
    return shapely.points(corner[last]), away[last]


def _by_gates(
    streets: Streets,
    points: Geometries,
    gated: Ints,
    by_gate: Ints,
    joined: Joined,
    estates: Estates,
    traveller: Traveller,
    cap_m: float,
) -> Snapped:
    """Places with a row for every gate of those in ``by_gate``; a gate far from any street is none."""
    edge, t, access_m, flag = joined
    gate = shapely.points(estates.gate_xy)
    gate_edge, gate_t, gate_m, _ = _nearest(streets, gate, traveller, cap_m)
    usable = gate_edge >= 0
    pairs = pd.DataFrame({"owner": by_gate, "estate": gated[by_gate]}).merge(
        pd.DataFrame({"gate": np.flatnonzero(usable), "estate": estates.gate_estate[usable]}), on="estate"
    )
    owner, gates = pairs["owner"].to_numpy(np.int64), pairs["gate"].to_numpy(np.int64)
    entered = np.unique(owner)
    flag[np.setdiff1d(by_gate, entered)] = Flag.FAR
    edge[np.setdiff1d(by_gate, entered)] = -1
    flag[entered] = Flag.GATE
    straight_m = shapely.distance(points[owner], gate[gates])
    alone = np.setdiff1d(np.arange(len(points)), entered)
    places = pd.DataFrame(
        {
            "edge": np.r_[edge[alone], gate_edge[gates]],
            "t": np.r_[t[alone], gate_t[gates]],
            "access_m": np.r_[access_m[alone], straight_m + gate_m[gates]],
            "owner": np.r_[alone, owner].astype(np.int32),
        }
    )
    return Snapped(places.sort_values("owner", kind="stable", ignore_index=True), flag)


def entrances(
    streets: Streets, surfaces: Geometries, traveller: Traveller, *, cap_m: float = CAP_M
) -> pd.DataFrame:
    """Places at which surfaces such as parks are entered: edge, t, access_m, owner (row of ``surfaces``).

    ``surfaces`` are polygons in the streets' plane. A surface is entered where an edge the
    traveller may use crosses its outline; where none does, from the nearest edge; where
    none lies within ``cap_m``, not at all (edge -1).
    """
    targets = streets.targets(traveller)
    outline = shapely.boundary(surfaces)
    owner, edge = targets.whole_tree.query(outline, predicate="intersects")
    edge = targets.whole[edge]
    where, part = shapely.get_parts(
        shapely.intersection(streets.line[edge], outline[owner]), return_index=True
    )  # fmt: skip
    owner, edge = owner[part], edge[part]
    t, _ = streets.position(edge, shapely.point_on_surface(where))
    closed_off = np.setdiff1d(np.arange(len(surfaces)), owner)
    found: list[Any] = [pd.DataFrame({"edge": edge, "t": t, "access_m": 0.0, "owner": owner})]
    if len(closed_off):
        near, nearest = _first(
            *targets.whole_tree.query_nearest(surfaces[closed_off], max_distance=cap_m, all_matches=True)
        )
        rest = targets.whole[nearest]
        point = shapely.get_point(shapely.shortest_line(streets.line[rest], surfaces[closed_off[near]]), 0)
        at, _ = streets.position(rest, point)
        reached = pd.DataFrame(
            {
                "edge": rest,
                "t": at,
                "access_m": shapely.distance(streets.line[rest], surfaces[closed_off[near]]),
                "owner": closed_off[near],
            }
        )
        off = np.setdiff1d(closed_off, closed_off[near])
        found += [reached, pd.DataFrame({"edge": -1, "t": 0.0, "access_m": 0.0, "owner": off})]
    places = pd.concat(found, ignore_index=True).drop_duplicates(["edge", "t", "owner"])
    places = places.astype({"edge": np.int32, "owner": np.int32})
    return places.sort_values(["owner", "edge", "t"], ignore_index=True)
