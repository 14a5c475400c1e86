"""What a scenario does to the buildings: which are planned, which are gone.

Analyses that know buildings take the edits of a scenario through :func:`works`, so
that they agree on what stands in the end. ::

    done = works(scenario.edits)
    done.built[0].shape      # polygons in degrees
    done.demolished          # feature numbers of the building layer
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import shapely

from twin.scenario import BUILDING, AnyEdit, Build, Change, Remove

FLOOR_M = 3.0
"""Height of a floor where only the building's is known."""
_VALUES = ("height_m", "floors", "use", "people", "floor_area_m2", "year", "name")
"""Columns of the building layer that a later edit may change of a planned building."""


@dataclass(frozen=True)
class Planned:
    """A planned building; ``fid`` is minus the number of its edit, ``shape`` its polygons in degrees."""

    fid: int
    shape: Any
    height_m: float
    floors: int
    use: str
    people: int | None
    floor_area_m2: float
    year: int | None
    name: str
    model: str | None
    version: int | None

    @property
    def point(self) -> tuple[float, float]:
        """Longitude and latitude of a place within."""
        inside = shapely.point_on_surface(self.shape)
        return float(inside.x), float(inside.y)


@dataclass(frozen=True)
class Works:
    """Buildings built and demolished; ``edits`` are the numbers of the edits that say so, by what each is about.

    ``edits`` maps a number to the feature number it builds or demolishes.
    """

    built: tuple[Planned, ...]
    demolished: frozenset[int]
    edits: dict[int, frozenset[int]]

    def __bool__(self) -> bool:
        return bool(self.built or self.demolished)

    @property
    def key(self) -> tuple[Any, ...]:
        """What tells these works from others."""
        built = tuple(
            (item.fid, item.shape.wkb, *(getattr(item, name) for name in _VALUES)) for item in self.built
        )
        return built, tuple(sorted(self.demolished))


def works(edits: Sequence[AnyEdit]) -> Works:
    """What ``edits``, in their order, do to the buildings."""
    built: dict[int, Planned] = {}
    demolished: set[int] = set()
    about: dict[int, frozenset[int]] = {}
    for edit in edits:
        if isinstance(edit, Build):
            built[-edit.id] = _planned(edit)
            demolished.update(edit.replaces)
            about[edit.id] = frozenset((-edit.id, *edit.replaces))
        elif isinstance(edit, Remove) and edit.layer == BUILDING:
            if edit.fid in built:
                del built[edit.fid]
            else:
                demolished.add(edit.fid)
            about[edit.id] = frozenset((edit.fid,))
        elif isinstance(edit, Change) and edit.layer == BUILDING and edit.fid in built:
            built[edit.fid] = _changed(built[edit.fid], edit)
            about[edit.id] = frozenset((edit.fid,))
    return Works(tuple(built.values()), frozenset(demolished), about)


def area_m2(shape: Any) -> float:
    """Area of polygons in degrees."""
    if shape.is_empty:
        return 0.0
    import numpy as np

    from twin.rows import degree_metres

    per_lon, per_lat = degree_metres(np.array([shape.centroid.y]))
    return float(shape.area * per_lon[0] * per_lat[0])


def _planned(edit: Build) -> Planned:
    shape = shapely.union_all([shapely.Polygon(ring) for ring in edit.footprint])
    floors = edit.floors or max(1, round(edit.height_m / FLOOR_M))
    area = area_m2(shape) * floors if edit.floor_area_m2 is None else edit.floor_area_m2
    return Planned(
        -edit.id, shape, edit.height_m, floors, edit.use or "", edit.people, area, edit.year, edit.name,
        edit.model, edit.version,
    )  # fmt: skip


def _changed(old: Planned, edit: Change) -> Planned:
    values = {name: value for name, value in edit.values.items() if name in _VALUES and value is not None}
    return replace(old, **values)
