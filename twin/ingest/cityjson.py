"""CityJSON 1.1 and 2.0: buildings with footprint and height, water and plants as surfaces.

A footprint is the union of the ground surfaces where they are marked
(semantics ``GroundSurface``), else of the lowest faces that lie flat, else of
everything seen from above; building parts belong to their building. The height
is ``measuredHeight``, else that of the geometry. The most detailed geometry
that gives a footprint counts.

Source: CityJSON specifications 1.1.3 and 2.0.1, section 3 (geometry) and 4
(transform); CityGML encodes measuredHeight in metres.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import shapely
from pyproj.exceptions import CRSError

from twin.crs_doctor import Declared
from twin.errors import UnreadableFile
from twin.ingest.contract import Source
from twin.ingest.reading import Origin, Task
from twin.ingest.vector import declared_crs

Vertices = npt.NDArray[np.float64]
Face = list[list[int]]

_LAYERS = {"Building": "building", "WaterBody": "water", "PlantCover": "green"}
_FLAT_COSINE = 0.85
_LEVEL_M = 0.35


def looks_like_cityjson(head: bytes) -> bool:
    """Whether the first bytes of a JSON file say CityJSON."""
    return b'"CityJSON' in head


def read_cityjson(path: Path, name: str, task: Task) -> list[tuple[str, Source]]:
    """Layer and source of each kind of object that the twin keeps.

    :class:`UnreadableFile` when the file is damaged, of another version, or
    holds none of them.
    """
    task.step(0.0, "read")
    document = _document(path, name)
    version = str(document.get("version", ""))
    if not version.startswith(("1.1", "2.")):
        raise _damaged(
            name, f"版本 {version or '不明'}", f"version {version or 'unknown'}; 1.1 and 2.0 are read"
        )
    try:
        return list(_sources(document, name, task))
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, RecursionError, OverflowError,
            shapely.GEOSException):  # fmt: skip
        raise _damaged(name, "内容不符合规范", "its content breaks the specification") from None


def _document(path: Path, name: str) -> dict[str, Any]:
    try:
        document = json.loads(path.read_bytes())
    except (ValueError, RecursionError, MemoryError):
        raise _damaged(name, "不是完整的 JSON", "it is not complete JSON") from None
    if not isinstance(document, dict) or document.get("type") != "CityJSON":
        raise _damaged(name, "不是 CityJSON", "it is no CityJSON document")
    return document


def _sources(document: dict[str, Any], name: str, task: Task) -> Iterator[tuple[str, Source]]:
    vertices = np.asarray(document["vertices"], dtype=float).reshape(-1, 3)
    transform = document.get("transform")
    if transform is not None:
        vertices = vertices * np.asarray(transform["scale"], dtype=float) + np.asarray(
            transform["translate"], dtype=float
        )
    objects: dict[str, dict[str, Any]] = document["CityObjects"]
    metadata = document.get("metadata") or {}
    declared, origin = _declared(metadata), _origin(metadata)
    found: dict[str, list[tuple[str, dict[str, Any], Any]]] = {}
    for number, (key, item) in enumerate(objects.items()):
        if number % 1000 == 0:
            task.step(0.9 * number / len(objects), "read")
        kind = str(item.get("type", ""))
        if kind in _LAYERS:
            shape, height = _surface(item, objects, vertices, building=kind == "Building")
            row = {**_attributes(item), "identifier": key}
            if kind == "Building":
                row["measuredHeight"], row["height_source"] = _height(item, objects, height)
            found.setdefault(kind, []).append((key, row, shape))
    if not found:
        raise _damaged(name, "没有建筑、水面或绿地", "it holds no building, water or plants")
    for kind, items in found.items():
        geometry = np.empty(len(items), dtype=object)
        geometry[:] = [shape for _, _, shape in items]
        table = pd.DataFrame.from_records([row for _, row, _ in items])
        if kind == "PlantCover":
            table["kind"] = "belt"
        yield _LAYERS[kind], Source(kind, table, geometry, declared, 1, origin)


def _attributes(item: Mapping[str, Any]) -> dict[str, Any]:
    attributes = item.get("attributes") or {}
    row = {
        str(key): value for key, value in attributes.items() if isinstance(value, str | int | float | bool)
    }
    return row | ({"address": _address(item["address"])} if item.get("address") else {})


def _address(entries: Any) -> str | None:
    """The first address of a building in one line."""
    first = entries[0] if isinstance(entries, list) and entries else entries
    if not isinstance(first, dict):
        return None
    words = [str(value) for value in first.values() if isinstance(value, str | int)]
    return " ".join(words) or None


def _height(
    item: Mapping[str, Any], objects: Mapping[str, dict[str, Any]], extent: float | None
) -> tuple[float | None, str | None]:
    """Height above ground and its source: stated for the building or its parts, else of the shape."""
    stated = [
        value
        for member in (item, *_parts(item, objects))
        if isinstance(value := (member.get("attributes") or {}).get("measuredHeight"), int | float)
        and value > 0
    ]
    if stated:
        own = (item.get("attributes") or {}).get("measuredHeight")
        return float(own if isinstance(own, int | float) and own > 0 else max(stated)), "measured"
    return (round(extent, 2), "measured") if extent else (None, None)


def _parts(item: Mapping[str, Any], objects: Mapping[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """All parts below a building; a part named twice or naming itself is taken once."""
    seen: dict[str, dict[str, Any]] = {}
    stack = list(item.get("children") or [])
    while stack:
        key = stack.pop()
        child = objects.get(key)
        if child is None or key in seen or child.get("type") not in ("BuildingPart",):
            continue
        seen[key] = child
        stack.extend(child.get("children") or [])
    return list(seen.values())


def _surface(
    item: Mapping[str, Any], objects: Mapping[str, dict[str, Any]], vertices: Vertices, *, building: bool
) -> tuple[Any, float | None]:
    """Footprint of an object with its parts, and the vertical extent in metres."""
    members = [item, *(_parts(item, objects) if building else [])]
    shapes: list[Any] = []
    low, high = np.inf, -np.inf
    for member in members:
        for geometry in sorted(
            member.get("geometry") or [], key=lambda g: str(g.get("lod", "")), reverse=True
        ):
            faces, ground = _faces(geometry)
            if not faces:
                continue
            used = vertices[np.unique([corner for face in faces for ring in face for corner in ring])]
            low, high = min(low, used[:, 2].min()), max(high, used[:, 2].max())
            shape = _footprint(faces, ground, vertices, solid="Solid" in str(geometry.get("type")))
            if shape is not None:
                shapes.append(shape)
                break
    if not shapes:
        return None, None
    return shapely.union_all(shapes), (float(high - low) if high > low else None)


def _faces(geometry: Mapping[str, Any]) -> tuple[list[Face], npt.NDArray[np.bool_] | None]:
    """All faces of a geometry, and which are marked as ground; None where nothing is."""
    depth = {"MultiSurface": 1, "CompositeSurface": 1, "Solid": 2, "MultiSolid": 3, "CompositeSolid": 3}.get(
        str(geometry.get("type")), 0
    )
    if depth == 0:
        return [], None
    faces: list[Face] = _flattened(geometry.get("boundaries") or [], depth)
    semantics = geometry.get("semantics") or {}
    surfaces = semantics.get("surfaces") or []
    marks = _flattened(semantics.get("values") or [], depth)
    if len(marks) != len(faces):
        return faces, None
    ground = np.array(
        [mark is not None and surfaces[mark].get("type") == "GroundSurface" for mark in marks], dtype=bool
    )
    return faces, ground if ground.any() else None


def _flattened(nested: Any, depth: int) -> list[Any]:
    items = list(nested)
    for _ in range(depth - 1):
        items = [child for item in items for child in (item or [])]
    return items


def _footprint(
    faces: list[Face], ground: npt.NDArray[np.bool_] | None, vertices: Vertices, *, solid: bool
) -> Any:
    """Union of the ground faces seen from above, in the plane; None when no area is left."""
    if ground is not None:
        chosen = [face for face, is_ground in zip(faces, ground, strict=True) if is_ground]
    elif solid:
        chosen = _lowest(faces, vertices)
    else:
        chosen = faces
    shape = _united(chosen, vertices)
    if shape is None and chosen is not faces:
        shape = _united(faces, vertices)
    return shape


def _lowest(faces: list[Face], vertices: Vertices) -> list[Face]:
    """Faces that lie flat, within 0.35 m of the lowest point below them.

    Buildings on a slope have ground faces at several levels, so besides the
    lowest level those count that face down.
    """
    base = min(vertices[face[0]][:, 2].min() for face in faces if face and face[0])
    found = []
    for face in faces:
        corners = vertices[face[0]]
        normal = _normal(corners)
        length = float(np.linalg.norm(normal))
        if length == 0:
            continue
        slope = normal[2] / length
        if abs(slope) > _FLAT_COSINE and (corners[:, 2].max() < base + _LEVEL_M or slope < -_FLAT_COSINE):
            found.append(face)
    return found


def _normal(corners: Vertices) -> npt.NDArray[np.float64]:
    """Normal of a polygon by Newell's method; outward for CityJSON's winding."""
    after = np.roll(corners, -1, axis=0)
    total: npt.NDArray[np.float64] = np.cross(corners - corners[0], after - corners[0]).sum(axis=0)
    return total


def _united(faces: list[Face], vertices: Vertices) -> Any:
    """Union of faces projected to the ground."""
    polygons = []
    for face in faces:
        rings = [vertices[ring][:, :2] for ring in face if len(ring) >= 3]
        if not rings:
            continue
        polygon = shapely.Polygon(rings[0], rings[1:])
        if polygon.area > 1e-6:
            polygons.append(polygon if polygon.is_valid else shapely.make_valid(polygon))
    if not polygons:
        return None
    # Millimetre grid: neighbouring triangles share corners exactly, and slivers between them close.
    united = shapely.union_all(np.array(polygons, dtype=object), grid_size=0.001)
    parts = [part for part in shapely.get_parts(united) if part.geom_type == "Polygon" and part.area > 0.01]
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def _declared(metadata: Mapping[str, Any]) -> Declared:
    text = metadata.get("referenceSystem")
    if not isinstance(text, str):
        return Declared()
    digits = text.rstrip("/").replace("::", "/").replace(":", "/").rsplit("/", 1)[-1]
    try:
        return declared_crs(pyproj.CRS.from_user_input(int(digits) if digits.isdigit() else text))
    except (CRSError, ValueError, OverflowError):
        return Declared()


def _origin(metadata: Mapping[str, Any]) -> Origin:
    date = metadata.get("referenceDate") or metadata.get("datasetReferenceDate") or ""
    contact = metadata.get("pointOfContact")
    source = contact.get("contactName", "") if isinstance(contact, dict) else ""
    return Origin(source=str(source)[:200], date=str(date)[:40])


def _damaged(name: str, zh: str, en: str) -> UnreadableFile:
    return UnreadableFile(
        f"无法读取 CityJSON 文件 {name}：{zh}。", f"the CityJSON file {name} cannot be read: {en}."
    )
