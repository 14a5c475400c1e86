"""OpenStreetMap files (``.osm.pbf``, ``.osm``) fill several layers at once.

One pass streams the file through libosmium, which also assembles the areas of
closed ways and multipolygon relations; objects without a tag of interest never
reach Python. Extracts are cut at a border, so some outlines lack corners: what
is left of a building becomes its footprint, with a warning that says so.

Heights: ``height``, else ``building:levels`` x 3.2 m and half a storey for each
of ``roof:levels``, else an assumed number of storeys by use
(:data:`twin.ingest.heights.DEFAULT_FLOORS`); ``height_source`` tells which.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import osmium
import pandas as pd
import shapely

import layers
from twin.crs import WGS84, Reference, in_china, metric_for
from twin.crs_doctor import CrsReport
from twin.errors import InputError, NoGoodRow, UnreadableFile
from twin.ingest import osm_tags
from twin.ingest.faults import Faults
from twin.ingest.reading import Accepted, Dataset, Inspection, Origin, Progress, Stop, Task, preview_of

_KEYS = (
    "building", "highway", "natural", "waterway", "water", "landuse", "leisure", "amenity", "shop",
    "office", "social_facility", "railway", "public_transport", "boundary",
)  # fmt: skip
_ORDER = (
    "district", "town", "land_use", "green", "water", "estate", "construction_site", "road", "metro_line",
    "metro_station", "bus_stop", "building", "facility", "parcel_locker",
)  # fmt: skip
_STAND_IN_M = 3.0
_REPORT = CrsReport(
    declared=WGS84,
    found=WGS84,
    decided=True,
    basis="declared",
    zh="OpenStreetMap 文件按规定采用 WGS84 经纬度，无需判断。",
    en="OpenStreetMap files are WGS84 longitude and latitude by definition; nothing had to be decided.",
)

Tags = dict[str, str]
Row = dict[str, Any]


@dataclass(slots=True)
class _Layer:
    """Rows of one layer while the file is read; geometry as hexadecimal WKB."""

    rows: list[Row] = field(default_factory=list)
    shapes: list[Any] = field(default_factory=list)
    faults: Faults = field(default_factory=Faults)
    rejected: int = 0

    def add(self, key: str, shape: Any, row: Row) -> None:
        row["source_key"] = key
        self.rows.append(row)
        self.shapes.append(shape)

    def reject(self, keys: list[str], zh: str, en: str, values: list[str] | None = None) -> None:
        self.faults.add("rejected", zh, en, keys=keys, values=values)
        self.rejected += len(keys)


class OsmDataset(Dataset):
    """The objects of an OpenStreetMap file that belong to one layer."""

    def __init__(self, layer: str, frame: gpd.GeoDataFrame, found: _Layer) -> None:
        super().__init__(
            layer,
            layer,
            len(frame) + found.rejected,
            _REPORT,
            Origin("OpenStreetMap", "ODbL 1.0, © OpenStreetMap contributors"),
        )
        self._frame = frame
        self._found = found

    def preview(self, limit: int = 2000) -> dict[str, Any]:
        """GeoJSON of at most ``limit`` objects."""
        return preview_of(self._frame, limit)

    def rows_for(
        self,
        layer: str,
        mapping: Mapping[str, str] | None = None,  # noqa: ARG002 - the meaning of tags is fixed
        crs: str | None = None,
        progress: Progress | None = None,
        cancelled: Stop | None = None,
    ) -> Accepted:
        """The rows of its one layer; :class:`InputError` for another layer or reference system."""
        if layer != self.layer:
            raise InputError(
                f"OSM 文件中的这部分内容属于图层 {self.layer}，不能导入 {layer}。",
                f"this part of the OpenStreetMap file belongs to the layer {self.layer}, not to {layer}.",
            )
        if crs not in (None, "auto") and Reference.parse(crs) != Reference(WGS84):
            raise InputError(
                f"OSM 文件总是 WGS84，不能按 {crs} 读取；请去掉坐标系参数。",
                f"OpenStreetMap files are always WGS84 and cannot be read as {crs}; leave the CRS out.",
            )
        Task(progress, cancelled).step(1.0, "check")
        if self._frame.empty:
            raise NoGoodRow(
                f"图层 {layer} 没有一个可用对象，数据未改动。",
                f"no object for the layer {layer} could be used; nothing was changed.",
            )
        return Accepted(layer, self._frame, self._found.faults.table(), self._found.rejected, self.crs)


def inspect_osm(path: Path, name: str, task: Task) -> Inspection:
    """Read a whole OpenStreetMap file; :class:`UnreadableFile` when it is damaged."""
    try:
        reader = _Reader(path, task)
        reader.read()
    except (RuntimeError, ValueError, OSError, osmium.InvalidLocationError) as error:
        if isinstance(error, InputError):
            raise
        raise UnreadableFile(
            f"无法读取 OSM 文件 {name}：文件损坏或不完整，请重新下载。",
            f"the OpenStreetMap file {name} cannot be read: it is damaged or cut off; download it again.",
        ) from None
    task.step(0.8, "check")
    datasets: list[Dataset] = []
    for layer in _ORDER:
        found = reader.layers.get(layer)
        if found is None or not (found.rows or found.rejected):
            continue
        datasets.append(OsmDataset(layer, _frame_of(layer, found), found))
    if not datasets:
        raise NoGoodRow(
            f"OSM 文件 {name} 中没有建筑、道路或其他可用对象。",
            f"the OpenStreetMap file {name} holds no building, road or other object the twin can use.",
        )
    return Inspection(name, "OpenStreetMap", tuple(datasets), tuple(reader.notes))


class _Reader:
    """One reading of a file: streams it, then completes what the border cut."""

    def __init__(self, path: Path, task: Task) -> None:
        self.path = path
        self.task = task
        self.layers: dict[str, _Layer] = defaultdict(_Layer)
        self.notes: list[tuple[str, str]] = []
        self._wkb = osmium.geom.WKBFactory()
        # Outlines announced by their tags and not yet seen as assembled areas.
        self._ways: dict[int, Tags] = {}
        self._relations: dict[int, Tags] = {}
        self._units: list[tuple[str, str, Tags]] = []
        self._done: set[tuple[str, int]] = set()
        self._barriers: dict[int, Tags] = {}

    def read(self) -> None:
        self.task.step(0.0, "read")
        keep = osmium.filter.KeyFilter(*_KEYS, "barrier")
        stream = (
            osmium.FileProcessor(str(self.path))
            .with_locations()
            .with_areas(osmium.filter.KeyFilter(*_KEYS))
            .with_filter(keep)
        )
        item: Any  # pyosmium types areas, ways and nodes as one union
        for count, item in enumerate(stream):
            if count % 20000 == 0:
                # The number of objects is not known beforehand; near 0.6 is never passed.
                self.task.step(0.6 * (1 - 1 / (1 + count / 200000)), "read")
            tags = dict(item.tags)
            if item.is_area():
                self._area(item, tags)
            elif item.is_way():
                self._way(item, tags)
            elif item.is_node():
                self._node(item, tags)
            elif tags.get("type") in ("multipolygon", "boundary"):
                self._relations[item.id] = tags
        self.task.step(0.65, "read")
        self._complete()
        self._administration()

    def _node(self, node: Any, tags: Tags) -> None:
        key, shape = f"node/{node.id}", (node.lon, node.lat)
        if "barrier" in tags:
            self._barriers[node.id] = {name: tags[name] for name in osm_tags.BARRIER_TAGS if name in tags}
        if "building" in tags and tags["building"] != "no":
            self.layers["building"].reject(
                [key], "节点没有建筑基底", "a node has no footprint", [tags["building"]]
            )
        self._places(key, shape, tags)

    def _places(self, key: str, shape: Any, tags: Tags) -> None:
        for layer, row in osm_tags.places(tags):
            self.layers[layer].add(key, shape, row)

    def _way(self, way: Any, tags: Tags) -> None:
        if "highway" in tags:
            barriers = [
                (node.lon, node.lat, self._barriers[node.ref])
                for node in way.nodes
                if node.ref in self._barriers and node.location.valid()
            ]
            row = osm_tags.road(tags, barriers)
            self._line(way, "road", row, "-1" if tags.get("oneway") == "-1" else "")
        if "railway" in tags:
            track = osm_tags.metro_line(tags)
            if track is not None:
                self._line(way, "metro_line", track)
        closed = way.is_closed()
        if "waterway" in tags and not closed:
            self._stream(way, tags)
        if not closed:
            if "building" in tags and tags["building"] != "no":
                self.layers["building"].reject(
                    [f"way/{way.id}"], "轮廓线没有闭合", "its outline is not closed", [tags["building"]]
                )
        elif osm_tags.may_be_polygon(tags):
            self._ways[way.id] = tags

    def _stream(self, way: Any, tags: Tags) -> None:
        row = osm_tags.stream(tags)
        if row is None:
            return
        if tags.get("tunnel", "no") != "no":
            self.layers["water"].reject(
                [f"way/{way.id}"],
                "暗渠在地下，地面没有水面",
                "it runs underground, no water shows",
                [tags["tunnel"]],
            )
            return
        self._line(way, "water", row)

    def _line(self, way: Any, layer: str, row: Row, direction: str = "") -> None:
        key, target = f"way/{way.id}", self.layers[layer]
        try:
            shape: Any = self._wkb.create_linestring(way)
        except (RuntimeError, ValueError, osmium.InvalidLocationError):
            # Nodes outside the extract: keep the longest run of known ones.
            runs = _runs([(n.lon, n.lat) if n.location.valid() else None for n in way.nodes])
            runs = [run for run in runs if len(set(run)) > 1]
            known = sum(1 for n in way.nodes if n.location.valid())
            if not runs:
                target.reject(
                    [key],
                    "线的节点在文件中不足两个，无法成线（位于数据边界）",
                    "fewer than two of its nodes are in the file (it lies at the border of the extract)",
                    [f"{known} / {len(way.nodes)}"],
                )
                return
            target.faults.add(
                "warning",
                "线在数据边界处被截断，只保留文件内的部分",
                "cut at the border of the extract; only the part in the file is kept",
                keys=[key],
                values=[f"{known} / {len(way.nodes)}"],
            )
            shape = shapely.MultiLineString(runs) if len(runs) > 1 else shapely.LineString(runs[0])
        if direction == "-1":
            geometry = shapely.from_wkb(shape) if isinstance(shape, str) else shape
            shape = shapely.reverse(geometry)
        target.add(key, shape, row)

    def _area(self, area: Any, tags: Tags) -> None:
        kind = "way" if area.from_way() else "relation"
        number = area.orig_id()
        if not osm_tags.may_be_polygon(tags):
            return
        try:
            shape = self._wkb.create_multipolygon(area)
        except (RuntimeError, ValueError, osmium.InvalidLocationError):
            return
        self._done.add((kind, number))
        self._polygon(f"{kind}/{number}", shape, tags)

    def _polygon(self, key: str, shape: Any, tags: Tags) -> None:
        if "building" in tags and tags["building"] != "no":
            self.layers["building"].add(key, shape, osm_tags.building(tags))
        for layer, row in osm_tags.surfaces(tags):
            self.layers[layer].add(key, shape, row)
        if tags.get("boundary") == "administrative":
            self._units.append((key, shape, tags))
        self._places(key, shape, tags)

    # -- what the border of the extract cut ---------------------------------------------

    def _complete(self) -> None:
        """Give announced outlines that libosmium could not assemble what the file has of them."""
        ways = {number: tags for number, tags in self._ways.items() if ("way", number) not in self._done}
        relations = {
            number: tags
            for number, tags in self._relations.items()
            if ("relation", number) not in self._done and osm_tags.may_be_polygon(tags)
        }
        members: dict[int, list[tuple[int, str]]] = {}
        if relations:
            item: Any
            for item in osmium.FileProcessor(str(self.path), osmium.osm.RELATION).with_filter(
                osmium.filter.IdFilter(list(relations))
            ):
                members[item.id] = [(m.ref, m.role) for m in item.members if m.type == "w"]
        wanted = set(ways).union(ref for refs in members.values() for ref, _ in refs)
        points = self._points(wanted)
        for number, tags in ways.items():
            total, known = points.get(number, (0, []))
            self._clipped(f"way/{number}", tags, [known], [], total)
        for number, tags in relations.items():
            outer = [
                points[ref][1] for ref, role in members.get(number, ()) if ref in points and role != "inner"
            ]
            inner = [
                points[ref][1] for ref, role in members.get(number, ()) if ref in points and role == "inner"
            ]
            total = sum(
                points[ref][0] for ref, role in members.get(number, ()) if ref in points and role != "inner"
            )
            self._clipped(f"relation/{number}", tags, outer, inner, total)

    def _points(self, ways: set[int]) -> dict[int, tuple[int, list[tuple[float, float]]]]:
        """Number of corners and the known ones, of each of ``ways`` that is in the file."""
        if not ways:
            return {}
        found = {}
        # The filter would also drop the nodes, whose places are needed first.
        stream = (
            osmium.FileProcessor(str(self.path))
            .with_locations()
            .with_filter(osmium.filter.EntityFilter(osmium.osm.WAY))
            .with_filter(osmium.filter.IdFilter(list(ways)))
        )
        way: Any
        for way in stream:
            known = [(n.lon, n.lat) for n in way.nodes if n.location.valid()]
            found[way.id] = (len({n.ref for n in way.nodes}), known)
        return found

    def _clipped(
        self,
        key: str,
        tags: Tags,
        outer: list[list[tuple[float, float]]],
        inner: list[list[tuple[float, float]]],
        total: int,
    ) -> None:
        is_building = "building" in tags and tags["building"] != "no"
        shape = _outline(outer, inner)
        corners = sum(len(set(ring)) for ring in outer)
        names = ["building"] if is_building else []
        names += [layer for layer, _ in osm_tags.surfaces(tags)]
        if shape is None and is_building and corners:
            shape = _stand_in([point for ring in outer for point in ring])
            zh = f"位于数据边界，文件中只有它的一两个角点，以边长 {2 * _STAND_IN_M:.0f} 米的方块代替其基底"
            en = (
                "cut at the border of the extract: only one or two of its corners are in the file; "
                f"a square of {2 * _STAND_IN_M:.0f} m stands in for its footprint"
            )
        elif shape is None:
            for layer in names:
                self.layers[layer].reject(
                    [key],
                    "轮廓在文件中不完整，无法成面",
                    "its outline is not complete in the file",
                    [f"{corners} / {total}"],
                )
            return
        else:
            zh = "轮廓不完整或自相交，以文件中已有的角点连成"
            en = "its outline is not complete (or crosses itself); it was closed from the corners in the file"
        if not is_building and not names:
            return
        for layer in names:
            self.layers[layer].faults.add("warning", zh, en, keys=[key], values=[f"{corners} / {total}"])
        self._polygon(key, shape, {k: v for k, v in tags.items() if k != "boundary"})

    # -- administrative units ----------------------------------------------------------

    def _administration(self) -> None:
        """District and towns, where the file holds exactly one whole Chinese district.

        Levels 6 and 8 mean district and town in China only, and the layers are
        replaced as a whole, so an extract of several districts proposes neither.
        """
        units = [
            (key, shapely.from_wkb(shape) if isinstance(shape, str) else shape, tags)
            for key, shape, tags in self._units
        ]
        units = [unit for unit in units if bool(in_china(*unit[1].representative_point().coords[0]))]
        districts = [unit for unit in units if unit[2].get("admin_level") == "6"]
        if len(districts) != 1:
            if districts:
                self.notes.append(
                    (
                        f"文件含 {len(districts)} 个区县界，未导入行政区和街镇。",
                        f"the file holds {len(districts)} districts; district and towns were left out.",
                    )
                )
            return
        key, outline, tags = districts[0]
        self.layers["district"].add(key, outline, osm_tags.unit(tags))
        shapely.prepare(outline)
        for key, shape, tags in units:
            if tags.get("admin_level") == "8" and outline.contains(shape.representative_point()):
                self.layers["town"].add(key, shape, osm_tags.unit(tags))


def _runs(points: list[tuple[float, float] | None]) -> list[list[tuple[float, float]]]:
    """The runs of known points between the gaps."""
    runs: list[list[tuple[float, float]]] = [[]]
    for point in points:
        if point is None:
            runs.append([])
        else:
            runs[-1].append(point)
    return [run for run in runs if run]


def _outline(outer: list[list[tuple[float, float]]], inner: list[list[tuple[float, float]]]) -> Any:
    """Polygon of rings whose corners are partly missing; None when no area is left."""

    def filled(rings: list[list[tuple[float, float]]]) -> Any:
        lines = [shapely.LineString(ring) for ring in rings if len(set(ring)) > 1]
        if not lines:
            return shapely.Polygon()
        merged = shapely.line_merge(shapely.MultiLineString(lines))
        parts = [
            _areal(shapely.make_valid(shapely.Polygon(part.coords)))
            for part in shapely.get_parts(merged)
            if len(set(part.coords)) > 2
        ]
        return shapely.union_all(parts) if parts else shapely.Polygon()

    shape = shapely.difference(filled(outer), filled(inner)) if inner else filled(outer)
    shape = _areal(shape)
    return None if shape.is_empty or shape.area <= 0 else shape


def _areal(shape: Any) -> Any:
    """The polygons within a geometry, as one."""
    parts = [part for part in shapely.get_parts(shape) if part.geom_type in ("Polygon", "MultiPolygon")]
    return shapely.union_all(parts) if parts else shapely.Polygon()


def _stand_in(points: list[tuple[float, float]]) -> Any:
    """A square of 6 m around the middle of the few known corners, which lie at most two apart."""
    lon, lat = points[0]
    north = _STAND_IN_M / 111_320
    east = north / max(0.01, float(np.cos(np.radians(lat))))
    return shapely.box(lon - east, lat - north, lon + east, lat + north)


def _frame_of(layer: str, found: _Layer) -> gpd.GeoDataFrame:
    """The rows of a layer by the frame contract."""
    spec = layers.get(layer)
    geometry = _geometries(found.shapes)
    table = pd.DataFrame.from_records(found.rows)
    if layer == "water":
        geometry = _widened(geometry, table)
    elif spec.geometry == "point":
        flat = shapely.get_type_id(geometry) != 0
        geometry[flat] = shapely.point_on_surface(geometry[flat])
    columns: dict[str, Any] = {}
    for column in spec.columns:
        if column.name not in table:
            continue
        values = table[column.name]
        if column.kind == "integer":
            columns[column.name] = pd.array(values, dtype="Int64")
        elif column.kind == "number":
            columns[column.name] = pd.to_numeric(values)
        elif column.kind == "boolean":
            columns[column.name] = pd.array(values, dtype="boolean")
        else:
            columns[column.name] = values.astype(object).where(values.notna(), None)
    columns["source_key"] = table["source_key"] if len(table) else []
    return gpd.GeoDataFrame(columns, geometry=geometry, crs=4326)


def _geometries(shapes: list[Any]) -> Any:
    """Geometries from hexadecimal WKB, (lon, lat) pairs and ready geometries."""
    kinds = np.fromiter(
        (0 if isinstance(s, str) else 1 if isinstance(s, tuple) else 2 for s in shapes), dtype=int
    )
    geometry = np.empty(len(shapes), dtype=object)
    for kind, make in _MAKERS:
        chosen = np.flatnonzero(kinds == kind)
        if len(chosen):
            geometry[chosen] = make([shapes[index] for index in chosen])
    single = (shapely.get_type_id(geometry) == 6) & (shapely.get_num_geometries(geometry) == 1)
    geometry[single] = shapely.get_geometry(geometry[single], 0)
    return geometry


_MAKERS: Iterable[tuple[int, Callable[[list[Any]], Any]]] = (
    (0, shapely.from_wkb),
    (1, lambda pairs: shapely.points(np.asarray(pairs, dtype=float))),
    (2, lambda ready: np.asarray(ready, dtype=object)),
)


def _widened(geometry: Any, table: pd.DataFrame) -> Any:
    """Water given as lines, as strips of their width."""
    lines = shapely.get_dimensions(geometry) == 1
    if not lines.any():
        return geometry
    bounds = shapely.total_bounds(geometry)
    lon, lat = (bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2
    metric = metric_for(float(lon), float(lat))
    plane = gpd.GeoSeries(geometry[lines], crs=4326).to_crs(metric)
    widths = table["width"].to_numpy(dtype=float)[lines]
    strips = plane.buffer(widths / 2, cap_style="flat", quad_segs=2)
    geometry[lines] = strips.to_crs(4326).to_numpy()
    return geometry
