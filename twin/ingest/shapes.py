"""Geometry on its way in: to WGS84, to the kind of the layer, valid; faults say what could not be saved."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyproj
import shapely

from layers import LayerSpec
from twin.crs import Reference, metric_for
from twin.crs_evidence import Geometries
from twin.ingest.faults import Faults

_STREAM_WIDTH_M = 6.0
_KEPT_EXTENT = 1e-9


class Shaping:
    """Turns the geometries of a dataset into those of a layer.

    ``good`` marks the objects still in; every object that leaves or is changed
    is in ``faults``.
    """

    def __init__(
        self, geometry: Geometries, rows: npt.NDArray[np.int64], keys: npt.NDArray[Any] | None, faults: Faults
    ) -> None:
        self.geometry = shapely.force_2d(geometry)
        self.good = np.ones(len(geometry), dtype=bool)
        self._rows = rows
        self._keys = keys
        self._faults = faults

    def _fault(
        self, mask: npt.NDArray[np.bool_], zh: str, en: str, *, level: str = "rejected", values: Any = None
    ) -> None:
        """Report the objects in ``mask`` that are still in, and drop them unless it is a warning."""
        chosen = mask & self.good
        if not chosen.any():
            return
        self._faults.add(
            "warning" if level == "warning" else "rejected",
            zh,
            en,
            rows=self._rows[chosen],
            keys=None if self._keys is None else self._keys[chosen],
            values=None if values is None else np.asarray(values, dtype=object)[chosen],
            column="geometry",
        )
        if level != "warning":
            self.good &= ~mask

    def refuse(self, mask: npt.NDArray[np.bool_], zh: str, en: str, values: Any = None) -> None:
        """Keep out the objects in ``mask`` for a reason that only the table shows."""
        self._fault(mask, zh, en, values=values)

    def place(self, reference: Reference) -> None:
        """Into EPSG:4326; objects outside the earth leave."""
        self._fault(
            shapely.is_missing(self.geometry), "没有坐标或几何为空值", "it has no coordinates or geometry"
        )
        self._fault(shapely.is_empty(self.geometry), "几何为空", "its geometry is empty")
        raw = shapely.get_coordinates(self.geometry)
        owners = shapely.get_coordinates(self.geometry, return_index=True)[1]
        lost = np.zeros(len(self.geometry), dtype=bool)
        lost[owners[~np.isfinite(raw).all(axis=1)]] = True
        self._fault(lost, "坐标不是有效数字", "a coordinate is not a finite number")
        with np.errstate(all="ignore"):
            lon, lat = reference.to_wgs84(raw[:, 0], raw[:, 1])
            inside = np.isfinite(lon) & np.isfinite(lat) & (np.abs(lon) <= 180) & (np.abs(lat) <= 90)
            # A pair that only fits the earth the other way round was most likely exchanged.
            turned = ~inside & (np.abs(raw[:, 0]) <= 90) & (np.abs(raw[:, 1]) <= 180)
        outside = np.zeros(len(self.geometry), dtype=bool)
        outside[owners[~inside]] = True
        exchanged = np.zeros(len(self.geometry), dtype=bool)
        if reference.geographic:
            exchanged[owners[turned]] = True
        first = np.full(len(self.geometry), "", dtype=object)
        wrong = np.flatnonzero(~inside)[::-1]
        first[owners[wrong]] = [f"{raw[index, 0]:g}, {raw[index, 1]:g}" for index in wrong]
        self._fault(
            exchanged, "经纬度颠倒，纬度超出 90°", "longitude and latitude are exchanged", values=first
        )
        self._fault(outside, "坐标超出地球范围", "its coordinates lie outside the earth", values=first)
        if reference.geographic:
            null = np.zeros(len(self.geometry), dtype=bool)
            null[owners[(raw[:, 0] == 0) & (raw[:, 1] == 0)]] = True
            self._fault(null, "坐标为 (0, 0)，视为没有坐标", "its coordinates are (0, 0), which means none")
        safe = np.column_stack([np.where(inside, lon, 0.0), np.where(inside, lat, 0.0)])
        self.geometry = shapely.set_coordinates(self.geometry.copy(), safe)

    def repair(self) -> None:
        """Make invalid geometries valid where nothing is lost; the others leave."""
        broken = self.good & ~shapely.is_valid(self.geometry)
        if not broken.any():
            return
        index = np.flatnonzero(broken)
        reasons = np.full(len(self.geometry), "", dtype=object)
        reasons[index] = shapely.is_valid_reason(self.geometry[index])
        before = self.geometry[index]
        fixed = shapely.make_valid(before)
        areal = shapely.get_dimensions(before) == 2
        fixed[areal] = _only(fixed[areal], 2)
        change = np.abs(shapely.bounds(fixed) - shapely.bounds(before)).max(axis=1)
        kept = ~shapely.is_empty(fixed) & (np.nan_to_num(change, nan=np.inf) <= _KEPT_EXTENT)
        kept &= ~areal | (shapely.area(fixed) > 0)
        self.geometry[index[kept]] = fixed[kept]
        done = np.zeros(len(self.geometry), dtype=bool)
        done[index[kept]] = True
        zh, en = "几何自相交，已修复且范围不变", "its geometry was invalid and has been repaired without loss"
        self._fault(done, zh, en, level="warning", values=reasons)
        failed = np.zeros(len(self.geometry), dtype=bool)
        failed[index[~kept]] = True
        zh, en = "几何无效且无法无损修复", "its geometry is invalid and cannot be repaired without loss"
        self._fault(failed, zh, en, values=reasons)

    def become(self, spec: LayerSpec) -> None:
        """Take on the layer's kind: parts of collections, points of surfaces, strips of streams."""
        dimension = {"point": 0, "line": 1, "polygon": 2}[spec.geometry]
        collections = self.good & (shapely.get_type_id(self.geometry) == 7)
        if collections.any():
            index = np.flatnonzero(collections)
            self.geometry[index] = _only(self.geometry[index], dimension)
            self._fault(shapely.is_empty(self.geometry), "几何集合中没有该图层所需的几何类型",
                        "its collection holds no geometry of the layer's kind")  # fmt: skip
        own = shapely.get_dimensions(self.geometry)
        if spec.geometry == "point":
            self._points(own)
        elif spec.geometry == "polygon":
            self._surfaces(own, spec)
        else:
            self._wrong(own != 1, own, "line")

    def _points(self, own: npt.NDArray[np.int64]) -> None:
        surface = self.good & (own == 2)
        if surface.any():
            self.geometry[surface] = shapely.point_on_surface(self.geometry[surface])
            self._fault(
                surface, "面已转为其内部的一点", "a surface was taken as a point inside it", level="warning"
            )
        single = self.good & (shapely.get_type_id(self.geometry) == 4)
        alone = single & (shapely.get_num_geometries(self.geometry) == 1)
        self.geometry[alone] = shapely.get_geometry(self.geometry[alone], 0)
        several = single & ~alone
        if several.any():
            self.geometry[several] = shapely.centroid(self.geometry[several])
            self._fault(
                several, "多点已转为其中心点", "several points were taken as their middle", level="warning"
            )
        self._wrong((own != 0) & (own != 2), own, "point")

    def _surfaces(self, own: npt.NDArray[np.int64], spec: LayerSpec) -> None:
        lines = self.good & (own == 1)
        if lines.any():
            parts = shapely.get_num_geometries(self.geometry) == 1
            closed = lines & parts & shapely.is_closed(self.geometry)
            index = np.flatnonzero(closed)
            rings = shapely.get_geometry(self.geometry[index], 0)
            index, rings = (
                index[shapely.get_num_points(rings) >= 4],
                rings[shapely.get_num_points(rings) >= 4],
            )
            if len(index):
                self.geometry[index] = shapely.polygons(
                    np.array([shapely.LinearRing(ring.coords) for ring in rings], dtype=object)
                )
                turned = np.zeros(len(own), dtype=bool)
                turned[index] = True
                self._fault(turned, "闭合线已转为面", "a closed line was taken as a surface", level="warning")
                lines &= ~turned
            if spec.id == "water" and lines.any():
                self.geometry[lines] = strips(self.geometry[lines], _STREAM_WIDTH_M)
                self._fault(lines, f"河道线已按 {_STREAM_WIDTH_M:g} 米宽转为面",
                            f"a line was widened to {_STREAM_WIDTH_M:g} m", level="warning")  # fmt: skip
        self._wrong(shapely.get_dimensions(self.geometry) != 2, own, "polygon")
        flat = shapely.area(self.geometry) <= 0
        self._fault(flat, "面积为零", "its area is zero")

    def _wrong(self, mask: npt.NDArray[np.bool_], own: npt.NDArray[np.int64], wanted: str) -> None:
        names = {"point": ("点", "points"), "line": ("线", "lines"), "polygon": ("面", "polygons")}
        kinds = np.array(["point", "line", "polygon", ""], dtype=object)[own]
        zh, en = names[wanted]
        self._fault(
            mask, f"几何类型不符，图层需要{zh}", f"wrong kind of geometry, the layer holds {en}", values=kinds
        )


def strips(lines: Geometries, width_m: float | npt.NDArray[np.float64]) -> Geometries:
    """Lines (EPSG:4326) widened to surfaces of ``width_m`` metres."""
    west, south, east, north = shapely.total_bounds(lines)
    plane = Reference(metric_for(float(west + east) / 2, float(south + north) / 2))
    forward = _plane(plane)
    flat = shapely.transform(lines, lambda xy: np.column_stack(forward(xy[:, 0], xy[:, 1])))
    wide = shapely.buffer(flat, np.asarray(width_m) / 2, cap_style="flat", quad_segs=2)
    result: Geometries = shapely.transform(
        wide, lambda xy: np.column_stack(plane.to_wgs84(xy[:, 0], xy[:, 1]))
    )
    return result


def _plane(reference: Reference) -> Any:
    return pyproj.Transformer.from_crs(4326, reference.name, always_xy=True).transform


def _only(shapes: Geometries, dimension: int) -> Geometries:
    """The parts of one dimension of each geometry, as one (multi) geometry; empty if there is none."""
    result = np.empty(len(shapes), dtype=object)
    for number, shape in enumerate(shapes):
        parts: list[Any] = []
        stack = [shape]
        while stack:
            part = stack.pop()
            if part.geom_type == "GeometryCollection" or part.geom_type.startswith("Multi"):
                stack.extend(part.geoms)
            elif shapely.get_dimensions(part) == dimension:
                parts.append(part)
        parts.reverse()
        if len(parts) == 1:
            result[number] = parts[0]
        elif dimension == 2:
            result[number] = shapely.MultiPolygon(parts)
        elif dimension == 1:
            result[number] = shapely.MultiLineString(parts)
        else:
            result[number] = shapely.MultiPoint(parts)
    return result
