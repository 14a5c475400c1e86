"""Hand-made roads in metres around a corner of Jiading, as rows of the road layer and as streets."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyproj
import shapely

from twin.analysis import streets
from twin.analysis.streets import Streets

CRS = "EPSG:4549"
ORIGIN = (620_000.0, 3_470_000.0)
_PROJECTION = pyproj.Transformer.from_crs(4326, CRS, always_xy=True)

Points = Sequence[tuple[float, float]]


@dataclass
class Way:
    """One road: its points in metres east and north of :data:`ORIGIN`, its columns, its tags."""

    points: Points
    kind: str = "residential"
    tags: dict[str, Any] | None = None
    columns: dict[str, Any] = field(default_factory=dict)


def way(*points: tuple[float, float], kind: str = "residential", tags: Any = None, **columns: Any) -> Way:
    return Way(points, kind, tags, columns)


def degrees(points: Points) -> np.ndarray:
    """Longitude and latitude, (n, 2), rounded as a file would have them."""
    x, y = np.asarray(points, dtype=float).T
    return np.round(
        np.column_stack(_PROJECTION.transform(x + ORIGIN[0], y + ORIGIN[1], direction="INVERSE")), 8
    )


def metres(*points: tuple[float, float]) -> np.ndarray:
    """Points in the streets' plane, (n, 2)."""
    return np.asarray(points, dtype=float) + ORIGIN


def polygon(points: Points) -> shapely.Polygon:
    return shapely.Polygon(degrees(points))


def frame(*ways: Way) -> gpd.GeoDataFrame:
    """The ways as a frame of the road layer."""
    usual = {"foot": None, "cycle": None, "oneway": None, "bridge": None, "tunnel": None, "level": None}
    rows = [
        usual
        | {"class": item.kind, "tags": None if item.tags is None else json.dumps(item.tags)}
        | item.columns
        for item in ways
    ]
    table = {name: [row[name] for row in rows] for name in rows[0]}
    return gpd.GeoDataFrame(
        table | {"source_key": [f"w/{number}" for number in range(len(ways))]},
        geometry=[shapely.LineString(degrees(item.points)) for item in ways],
        crs=4326,
    )


def streets_of(*ways: Way, dem: Path | None = None) -> Streets:
    """The streets that the ways make; ``fid`` of an edge is the number of its way."""
    table = frame(*ways)
    rows = {
        name: table[name].to_numpy(dtype=float if name == "level" else object)
        for name in ("class", "foot", "cycle", "oneway", "bridge", "tunnel", "level", "tags")
    }
    rows["fid"] = np.arange(len(ways))
    return streets.of_roads(rows, table.geometry.to_numpy(), dem=dem)


def node_at(found: Streets, point: tuple[float, float]) -> int:
    """The one node at a point (metres)."""
    at = np.flatnonzero(
        np.hypot(found.x - ORIGIN[0] - point[0], found.y - ORIGIN[1] - point[1]) < 0.01
    )  # fmt: skip
    assert len(at) == 1, f"{len(at)} nodes at {point}"
    return int(at[0])
