"""KML read directly: GDAL turns Chinese attribute names into underscores.

Placemarks with points, lines, polygons, multi-geometries and tracks; name,
description and extended data become columns; every folder is a table of its
own. Linked files and documents with a document type are not followed.

Source: OGC KML 2.3 (12-007r2).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import shapely

from twin.crs import WGS84, Reference
from twin.crs_doctor import Declared
from twin.errors import UnreadableFile
from twin.ingest.contract import Source
from twin.ingest.reading import Task

_MAX_FOLDERS = 30
_DOCTYPE = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)

Row = dict[str, str]


def read_kml(path: Path, name: str, task: Task) -> list[Source]:
    """One source per folder with placemarks; :class:`UnreadableFile` when the file is damaged."""
    task.step(0.0, "read")
    tables: dict[str, tuple[list[Row], list[Any]]] = {}
    try:
        # Entities are what makes XML dangerous, and KML needs none.
        if _DOCTYPE.search(path.read_bytes()):
            raise _damaged(name)
        for number, (folder, row, shape) in enumerate(_placemarks(path)):
            if number % 5000 == 0:
                task.step(0.5, "read")
            rows, shapes = tables.setdefault(folder, ([], []))
            rows.append(row)
            shapes.append(shape)
    except (ElementTree.ParseError, LookupError, ValueError, OSError, RecursionError, shapely.GEOSException):
        raise _damaged(name) from None
    if not tables:
        raise UnreadableFile(f"{name} 中没有任何地标。", f"{name} holds no placemarks.")
    if len(tables) > _MAX_FOLDERS:
        tables = {
            Path(name).stem: (
                [{**row, "folder": folder} for folder, (rows, _) in tables.items() for row in rows],
                [shape for _, shapes in tables.values() for shape in shapes],
            )
        }
    sources = []
    for folder, (rows, shapes) in tables.items():
        geometry = np.empty(len(shapes), dtype=object)
        geometry[:] = shapes
        table = pd.DataFrame.from_records(rows)
        declared = Declared(Reference(WGS84), "format")
        sources.append(Source(folder or Path(name).stem, table, geometry, declared))
    return sources


def _placemarks(path: Path) -> Iterator[tuple[str, Row, Any]]:
    """Folder name, columns and geometry of every placemark."""
    folders: list[str] = []
    depth: list[str] = []
    for event, element in ElementTree.iterparse(path, events=("start", "end")):  # noqa: S314 - no entities
        tag = _local(element)
        if event == "start":
            depth.append(tag)
            if tag == "Folder":
                folders.append("")
            continue
        depth.pop()
        if tag == "name" and depth and depth[-1] == "Folder" and folders:
            folders[-1] = (element.text or "").strip()
        elif tag == "Placemark":
            yield (folders[-1] if folders else ""), _columns(element), _geometry(element)
            element.clear()
        elif tag == "Folder":
            folders.pop()
            element.clear()


def _local(element: ElementTree.Element) -> str:
    """Tag without its namespace."""
    return str(element.tag).rsplit("}", 1)[-1]


def _columns(placemark: ElementTree.Element) -> Row:
    row: Row = {}
    for child in placemark:
        tag = _local(child)
        if tag in ("name", "description", "address") and child.text and child.text.strip():
            row[tag] = child.text.strip()
        elif tag == "ExtendedData":
            row.update(_extended(child))
    if placemark.get("id"):
        row.setdefault("id", str(placemark.get("id")))
    return row


def _extended(data: ElementTree.Element) -> Row:
    row: Row = {}
    for child in data.iter():
        tag, name = _local(child), child.get("name")
        if not name:
            continue
        if tag == "SimpleData":
            row[name] = (child.text or "").strip()
        elif tag == "Data":
            value = next((item.text for item in child if _local(item) == "value"), None)
            row[name] = (value or "").strip()
    return row


def _geometry(element: ElementTree.Element) -> Any:
    """Geometry below an element; None when there is none."""
    shapes = [shape for child in element if (shape := _shape(child)) is not None]
    if not shapes:
        return None
    if len(shapes) == 1:
        return shapes[0]
    kinds = {shape.geom_type for shape in shapes}
    multi = {
        "Point": shapely.MultiPoint,
        "LineString": shapely.MultiLineString,
        "Polygon": shapely.MultiPolygon,
    }
    only = kinds.pop() if len(kinds) == 1 else ""
    return multi[only](shapes) if only in multi else shapely.GeometryCollection(shapes)


def _shape(element: ElementTree.Element) -> Any:
    tag = _local(element)
    if tag in ("MultiGeometry", "MultiTrack"):
        return _geometry(element)
    if tag == "Polygon":
        rings: dict[str, list[Any]] = {"outerBoundaryIs": [], "innerBoundaryIs": []}
        for side in element:
            if _local(side) in rings:
                rings[_local(side)] += [
                    _points(item) for ring in side for item in ring if _local(item) == "coordinates"
                ]
        outer = rings["outerBoundaryIs"]
        holes = [ring for ring in rings["innerBoundaryIs"] if len(ring) >= 4]
        return shapely.Polygon(outer[0], holes) if outer and len(outer[0]) >= 4 else None
    if tag == "Track":
        points = [
            [float(part) for part in (item.text or "").split()[:2]]
            for item in element
            if _local(item) == "coord"
        ]
        return shapely.LineString(points) if len(points) > 1 else None
    if tag not in ("Point", "LineString", "LinearRing"):
        return None
    points = next((_points(item) for item in element if _local(item) == "coordinates"), [])
    if tag == "Point":
        return shapely.Point(points[0]) if points else None
    return shapely.LineString(points) if len(points) > 1 else None


def _points(element: ElementTree.Element) -> list[list[float]]:
    """Longitude and latitude of every tuple ``lon,lat[,height]``."""
    # Some writers put blanks behind the commas.
    text = re.sub(r"\s*,\s*", ",", element.text or "")
    return [[float(part) for part in item.split(",")[:2]] for item in text.split()]


def _damaged(name: str) -> UnreadableFile:
    return UnreadableFile(
        f"无法读取 KML 文件 {name}：文件损坏、不完整或含有外部实体。",
        f"the KML file {name} cannot be read: it is damaged, cut off or holds entities.",
    )
