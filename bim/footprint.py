"""The outline a building leaves on the ground, and its height, from the shapes of its model.

The outline is the union of what stands within :data:`SLICE_M` of the ground storey's floor, seen from above, without
rooms, terrain, furniture and plants. A building on stilts has only columns there: where the union covers little of
what stands above, the whole building's outline is taken.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from bim.mesh import F64, Scene, Shape

SLICE_M = 3.0
STANDS_M = 1.5
"""What begins higher than this above the floor hangs over it: eaves, rafters, canopies."""
BELOW_M = 0.5
"""How far below the ground storey's floor its slab may begin."""
CLOSE_M = 0.25
"""Gaps narrower than twice this are closed: doors that are open to the outside, joints between parts."""
SIMPLIFY_M = 0.05
SMALLEST_SHARE = 0.02
"""Parts smaller than this share of the largest are no part of the building: steps, posts, signs."""
STILTS_SHARE = 0.35
"""Share of the whole building's outline below which the ground floor's is not taken for the building's."""
MOST_RINGS = 20
MOST_TRIANGLES = 400
"""Triangles of one shape seen from above beyond which its convex hull stands for it."""
CONVEX_SHARE = 0.995
"""Share of its convex hull that a shape covers when the hull may stand for it, as for every straight wall and beam."""
GRID_M = 0.001
LARGEST = 20
"""How many of the largest shapes are united first, and twice as many after them."""
TOGETHER = 16
"""Neighbours that are united at once."""

NO_BUILDING = (
    "IfcSite", "IfcGeographicElement", "IfcFurnishingElement", "IfcFurniture", "IfcSystemFurnitureElement",
    "IfcAnnotation", "IfcGrid", "IfcVirtualElement", "IfcDiscreteAccessory", "IfcTransportElement", "IfcFlowTerminal",
    "IfcFlowSegment", "IfcFlowFitting", "IfcReinforcingBar", "IfcReinforcingMesh", "IfcPort", "IfcDistributionPort",
)  # fmt: skip
"""Classes whose shapes are no part of a building's outline or height."""

ROOFS = ("IfcRoof", "IfcRailing")
"""What hangs over the ground floor without standing on it: eaves are often lower than 3 m."""

Ring = list[tuple[float, float]]


def building_rows(elements: pd.DataFrame) -> pd.Series:
    """Which rows are drawn and part of the building itself; all that are drawn where none is."""
    drawn = elements["triangles"] > 0
    own = drawn & (elements["kind"] == "element") & ~elements["class"].isin(NO_BUILDING)
    return own if own.any() else drawn & (elements["kind"] != "space") if drawn.any() else drawn


def footprint(scene: Scene, row_of: Mapping[int, int], elements: pd.DataFrame, ground_m: float) -> list[Ring]:
    """Outer rings of the building on the ground, largest first, in the model's axes, their first point not repeated.

    Parameters
    ----------
    row_of
        Row of ``elements`` of every ``#`` number.
    ground_m
        z of the ground storey's floor.
    """
    own = building_rows(elements)
    if not own.any():
        return []
    low, high = elements["zmin"].to_numpy(), elements["zmax"].to_numpy()
    roof = elements["class"].isin(ROOFS) | elements["predefined_type"].isin(["ROOF"])
    at_ground = (own & ~roof).to_numpy() & (low <= ground_m + STANDS_M) & (high >= ground_m - BELOW_M)
    under = own.to_numpy() & (high < ground_m - BELOW_M)
    everything = own.to_numpy() & ~under
    if not everything.any():
        everything = own.to_numpy()
    whole = _outline(scene, row_of, everything, None)
    lowest = (
        _outline(scene, row_of, at_ground, (ground_m - BELOW_M, ground_m + SLICE_M))
        if at_ground.any()
        else None
    )
    chosen = lowest if lowest is not None and lowest.area >= STILTS_SHARE * whole.area else whole
    return _rings(chosen)


def _outline(
    scene: Scene,
    row_of: Mapping[int, int],
    wanted: npt.NDArray[np.bool_],
    between: tuple[float, float] | None,
) -> Any:
    """Union of the wanted elements seen from above, of their faces that reach into ``between``.

    The largest come first, for what lies inside their union adds nothing and is passed over. Only outer rings are
    wanted, so holes are filled as they close: the bars of a glass roof cost what their outline does.
    """
    candidates = []
    for step_id, number, matrix in zip(scene.step_id, scene.shape, scene.matrix, strict=True):
        row = row_of.get(step_id, -1)
        if row >= 0 and wanted[row]:
            candidates.append(_Candidate.of(scene.shapes[number], matrix))
    candidates.sort(key=lambda item: -item.size)
    union: Any = shapely.Polygon()
    for now in (candidates[:LARGEST], candidates[LARGEST : 3 * LARGEST], candidates[3 * LARGEST :]):
        shapely.prepare(union)
        inside = shapely.contains(union, np.array([item.box for item in now], object))
        parts = [item.seen(between) for item, known in zip(now, inside, strict=True) if not known]
        union = _united([union, *(part for part in parts if not part.is_empty)])
    closed = union.buffer(CLOSE_M, join_style="mitre").buffer(-CLOSE_M, join_style="mitre")
    return shapely.union_all(_filled(closed))


def _united(parts: list[Any]) -> Any:
    """Union of ``parts`` without holes: neighbours first, then groups of neighbours."""
    while len(parts) > 1:
        groups = _neighbours(parts)
        unions = shapely.union_all(groups, grid_size=GRID_M, axis=1)
        parts = [shapely.multipolygons(_filled(union)) for union in unions]
    return parts[0]


def _neighbours(parts: list[Any]) -> npt.NDArray[np.object_]:
    """``parts`` in groups (n, :data:`TOGETHER`) of what lies close together; None fills them up."""
    box = np.nan_to_num(shapely.bounds(parts))
    x, y = box[:, 0] + box[:, 2], box[:, 1] + box[:, 3]
    count = -(-len(parts) // TOGETHER)
    strip = np.argsort(np.argsort(x)) // max(1, round(len(parts) / math.sqrt(count)))
    groups = np.full(count * TOGETHER, None, object)
    groups[: len(parts)] = np.array(parts, object)[np.lexsort((y, strip))]
    return groups.reshape(count, TOGETHER)


def _filled(geometry: Any) -> list[Any]:
    return [shapely.Polygon(part.exterior) for part in _polygons(geometry)]


@dataclass(slots=True)
class _Candidate:
    """A placed shape that may be part of the outline."""

    shape: Shape
    matrix: F64
    box: Any
    size: float

    @classmethod
    def of(cls, shape: Shape, matrix: F64) -> _Candidate:
        """``shape`` at ``matrix``."""
        reach = np.abs(matrix[:2, :3]) @ shape.vertices.max(axis=0) / 2.0
        middle = matrix[:2, :3] @ (shape.vertices.max(axis=0) / 2.0) + matrix[:2, 3]
        low, high = middle - reach, middle + reach
        return cls(shape, matrix, shapely.box(*low, *high), float(np.prod(high - low)))

    def seen(self, between: tuple[float, float] | None) -> Any:
        """What the shape covers seen from above.

        Of a shape that leaves ``between`` only the faces that reach into it count, unless these are all upright: the
        foot of a wall has the outline of its top.
        """
        corners = (self.shape.vertices @ self.matrix[:3, :3].T + self.matrix[:3, 3])[self.shape.faces]
        if between is not None:
            z = corners[:, :, 2]
            reaching = (z.min(axis=1) <= between[1]) & (z.max(axis=1) >= between[0])
            if not reaching.any():
                return shapely.Polygon()
            if len(_flat(corners[reaching])):
                corners = corners[reaching]
        xy = _flat(corners)
        if not len(xy):
            return shapely.Polygon()
        hull = shapely.convex_hull(shapely.multipoints(xy.reshape(-1, 2)))
        if len(xy) > MOST_TRIANGLES or _area(xy) >= CONVEX_SHARE * hull.area:
            return hull
        return shapely.union_all(shapely.polygons(xy))


def _area(xy: F64) -> float:
    """Area of triangles (n, 3, 2)."""
    first, second = xy[:, 1] - xy[:, 0], xy[:, 2] - xy[:, 0]
    return float(np.abs(first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]).sum() / 2.0)


def _flat(corners: F64) -> F64:
    """The triangles (n, 3, 2) that look up, or those that look down where that is the larger part."""
    xy = corners[:, :, :2]
    first, second = xy[:, 1] - xy[:, 0], xy[:, 2] - xy[:, 0]
    area = first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]
    up, down = area > 1e-6, area < -1e-6
    return xy[up if area[up].sum() >= -area[down].sum() else down]


def _polygons(geometry: Any) -> list[Any]:
    return [part for part in shapely.get_parts(geometry) if part.geom_type == "Polygon" and not part.is_empty]


def _rings(geometry: Any) -> list[Ring]:
    parts = sorted(_polygons(geometry.simplify(SIMPLIFY_M)), key=lambda part: -part.area)
    if not parts:
        return []
    parts = [part for part in parts if part.area >= SMALLEST_SHARE * parts[0].area][:MOST_RINGS]
    return [[(round(x, 3), round(y, 3)) for x, y in part.exterior.coords[:-1]] for part in parts]


def height_m(elements: pd.DataFrame, ground_m: float) -> float | None:
    """From the ground storey's floor to the highest point of the building; None where nothing is drawn."""
    top = elements.loc[building_rows(elements), "zmax"].max()
    return None if pd.isna(top) else round(float(top) - ground_m, 3)
