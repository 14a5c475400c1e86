"""Figures by which the demonstration city is judged: overlaps, connection, size.

Used by its tests and its benchmark; takes finished frames, so it would judge
imported data just as well.
"""

from __future__ import annotations

import geopandas
import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from layers import get
from twin.demo.geometry import Geometries, hit_pairs, to_metres


def _metres(rows: geopandas.GeoDataFrame) -> Geometries:
    result: Geometries = shapely.transform(rows.geometry.to_numpy(), to_metres)
    return result


def road_widths(road: geopandas.GeoDataFrame) -> np.ndarray:
    """Width of each street in metres by its class, as the road layer is drawn."""
    widths = dict(get("road").style.widths)
    return np.array([widths[value] for value in road["class"]])


def overlap_shares(frames: dict[str, geopandas.GeoDataFrame]) -> dict[str, float]:
    """Share of the buildings' area that lies on roads, in water and in another building.

    Roads have the width of their class; road surfaces are flat-ended strips.
    """
    footprint = _metres(frames["building"])
    road, water = frames["road"], _metres(frames["water"])
    total = float(shapely.area(footprint).sum())
    strips = shapely.buffer(_metres(road), road_widths(road) / 2, cap_style="flat", quad_segs=4)
    first, second = hit_pairs(footprint, footprint)
    other = first < second
    shares = {
        "building": float(
            shapely.area(shapely.intersection(footprint[first[other]], footprint[second[other]])).sum()
        )
        / total
    }
    for name, surface in (("road", strips), ("water", water)):
        house, strip = hit_pairs(footprint, surface)
        shares[name] = (
            float(shapely.area(shapely.intersection(footprint[house], surface[strip])).sum()) / total
        )
    return shares


def connected_share(road: geopandas.GeoDataFrame, grid: float = 1e-7) -> float:
    """Share of the network's length in its largest component, joined at shared end points.

    ``grid`` in degrees: ends closer than that are the same node.
    """
    lines = road.geometry.to_numpy()
    ends = shapely.get_coordinates(shapely.get_point(lines, [[0], [-1]]).ravel())
    _, node = np.unique(np.round(ends / grid).astype(np.int64), axis=0, return_inverse=True)
    start, end = node.ravel().reshape(2, -1)
    size = int(node.max()) + 1
    _, component = connected_components(coo_array((np.ones(len(start)), (start, end)), shape=(size, size)))
    length = np.bincount(component[start], weights=shapely.length(_metres(road)))
    return float(length.max() / length.sum())
