"""Where a model may stand: hypotheses from its evidence and the city's outlines, other models, control points.

The best hypothesis is proposed, never applied by itself; what was accepted once is
kept with the model and holds for its next versions.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from bim.errors import BimError
from bim.georeference.placement import Placement
from bim.model import Model
from twin.errors import InputError, UnknownName, of_model
from twin.models import register
from twin.models.register import Entry
from twin.store import Store

if TYPE_CHECKING:
    from bim.georeference import Hypothesis

Box = tuple[float, float, float, float]
AS = "as:"
"""Begins the name of a proposal to stand where another model of the same project stands."""
_MOST_OUTLINES = 5000
_MOST_LINKS = 5
_OVERLAP = 0.05
"""Buildings that share less of the two outlines are not offered."""


def outlines(store: Store, box: Box) -> list[tuple[int, Any]]:
    """(fid, outline in degrees) of the buildings within west, south, east, north; none without the layer."""
    from twin.rows import mercator

    if "building" not in store.shown:
        return []
    (west, south), (east, north) = mercator(np.array([box[0], box[2]]), np.array([box[1], box[3]])).tolist()
    relation = store.generation("building").relation
    rows = (
        store.cursor()
        .execute(
            f"SELECT fid, ST_AsWKB(geom)::BLOB FROM {relation} "
            f"WHERE xmax >= ? AND xmin <= ? AND ymax >= ? AND ymin <= ? ORDER BY row_no LIMIT {_MOST_OUTLINES}",
            [west, east, south, north],
        )
        .fetchall()
    )
    shapes = shapely.from_wkb([bytes(row[1]) for row in rows])
    return list(zip([row[0] for row in rows], shapes, strict=True))


def hypotheses(store: Store, folder: Path, model: Model) -> list[Hypothesis]:
    """Where the model may stand, best first, with the overlap of its outline with the city's buildings."""
    from bim import georeference

    path = folder / "georeference.json"
    if not path.is_file():
        return []
    evidence = georeference.Evidence.from_dict(json.loads(path.read_text(encoding="utf-8")))
    try:
        return georeference.hypotheses(evidence, model, footprints=lambda box: outlines(store, box))
    except BimError as error:
        raise of_model(error) from error


def proposals(store: Store, entry: Entry, number: int) -> list[dict[str, Any]]:
    """The hypotheses of a version as plain data, best first, then the places of other models of the project."""
    folder = register.folder(store, entry.id, number)
    model = register.document(store, entry.id, number)
    found = [item.as_dict() for item in hypotheses(store, folder, model)]
    return found + _neighbours(store, entry, model)


def proposals_of(store: Store, identity: str, number: int, marks: object = None) -> list[dict[str, Any]]:
    """:func:`proposals` by id, for keeping at hand; ``marks`` tell one state of the register from another."""
    del marks
    return proposals(store, register.get(store, identity), number)


def accept(store: Store, entry: Entry, number: int, name: str) -> Entry:
    """Place a model as the hypothesis ``name`` says; :class:`UnknownName` when there is none of that name."""
    for item in proposals(store, entry, number):
        if item["name"] == name:
            return put(store, entry, number, _placement_of(item))
    raise UnknownName(
        f"没有位置推断 {name[:60]!r}，请重新选择。", f"there is no hypothesis {name[:60]!r}; choose again."
    )


def put(store: Store, entry: Entry, number: int, placement: Placement) -> Entry:
    """Place a model; a model that is not linked yet is linked to the building it then covers best."""
    placed = register.place(store, entry.id, placement, number=number)
    if placed.building is None:
        offers = links(store, register.document(store, entry.id, number), placement)
        if offers and offers[0]["overlap"] >= 0.5:
            placed = register.link(store, entry.id, offers[0]["fid"])
    return placed


def read(data: object) -> Placement:
    """A placement from plain data; :class:`InputError` says what is wrong."""
    if not isinstance(data, dict):
        raise InputError("placement 须是对象。", "placement must be an object.")
    numbers = ("lon", "lat", "height_m", "rotation_deg", "scale")
    known = {key: data[key] for key in (*numbers, "source", "epsg", "at") if data.get(key) is not None}
    for key in numbers:
        value = known.get(key, 0.0)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise InputError(f"placement.{key} 须是数字。", f"placement.{key} must be a number.")
    known["source"] = str(known.get("source") or "by hand")[:120]
    epsg, at = known.get("epsg"), known.get("at")
    if (epsg is not None and not (isinstance(epsg, int) and 1 <= epsg <= 10**6)) or (
        at is not None and not (isinstance(at, str) and len(at) <= 40)
    ):
        raise InputError("placement.epsg 或 placement.at 无效。", "placement.epsg or placement.at is not valid.")
    try:
        return Placement.from_dict(known)
    except BimError as error:
        raise of_model(error) from error


def fitted(points: object, model: Model) -> dict[str, Any]:
    """The placement that control points ask for, with residuals; not applied.

    ``points`` are at least two objects with x_m, y_m (the model's axes), lon and lat.
    """
    from bim.georeference import control_points

    keys = ("x_m", "y_m", "lon", "lat")
    if not isinstance(points, list) or not 2 <= len(points) <= 200:
        raise InputError("points 须有 2 到 200 个控制点。", "points must be 2 to 200 control points.")
    rows = []
    for item in points:
        row = [item.get(key) for key in keys] if isinstance(item, dict) else []
        if len(row) != len(keys) or not all(
            isinstance(value, (int, float)) and not isinstance(value, bool) for value in row
        ):
            raise InputError(
                "每个控制点须有数字 x_m、y_m、lon、lat。", "every control point needs the numbers x_m, y_m, lon, lat."
            )
        rows.append(tuple(float(value) for value in row))
    try:
        return control_points.fit(rows, model).as_dict()
    except BimError as error:
        raise of_model(error) from error


def footprint(model: Model, placement: Placement) -> Any:
    """The model's outline on the ground, degrees; an empty polygon where it has none."""
    rings = [
        shapely.Polygon(placement.to_lonlat(ring, model.origin_m)) for ring in model.footprint_m if len(ring) >= 3
    ]
    return shapely.union_all(shapely.make_valid(np.array(rings, dtype=object))) if rings else shapely.Polygon()


def links(store: Store, model: Model, placement: Placement) -> list[dict[str, Any]]:
    """Buildings under the placed model, the best covered first: fid, identifier, name, overlap (IoU)."""
    outline = footprint(model, placement)
    if outline.is_empty:
        return []
    offers = []
    for fid, shape in outlines(store, outline.bounds):
        both = shapely.area(shapely.intersection(shape, outline))
        whole = shapely.area(shape) + shapely.area(outline) - both
        if whole > 0 and both / whole >= _OVERLAP:
            offers.append((fid, both / whole))
    offers.sort(key=lambda offer: (-offer[1], offer[0]))
    named = buildings(store, [fid for fid, _ in offers[:_MOST_LINKS]])
    return [named[fid] | {"overlap": round(overlap, 4)} for fid, overlap in offers[:_MOST_LINKS]]


def buildings(store: Store, fids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """fid, identifier and name of buildings that are there, with the row that tiles of the generation call them by."""
    if not fids or "building" not in store.shown:
        return {}
    shown = store.generation("building")
    rows = (
        store.cursor()
        .execute(
            f"SELECT fid, identifier, name, row_no FROM {shown.relation} WHERE fid IN (SELECT unnest(?))",
            [list(fids)],
        )
        .fetchall()
    )
    return {
        fid: {"fid": fid, "identifier": code, "name": name, "row": row, "generation": shown.number}
        for fid, code, name, row in rows
    }


def doubt(store: Store, entry: Entry, number: int) -> dict[str, str] | None:
    """A sentence when a remembered place does not seem to suit version ``number``: its outline lies elsewhere."""
    if entry.placed is None or entry.placed.version == number:
        return None
    now = register.document(store, entry.id, number)
    before = register.document(store, entry.id, entry.placed.version)
    one = footprint(now, entry.placed.for_origin(now.origin_m))
    other = footprint(before, entry.placed.placement)
    if one.is_empty or other.is_empty or shapely.intersects(one, other):
        return None
    return {
        "zh": "新版本沿用上一版的位置后，与上一版的轮廓不再重叠：模型的坐标原点可能改变，请重新确认位置。",
        "en": "Where the previous version stood, the new one no longer covers the same ground: its own axes may have "
        "moved. Confirm its place.",
    }


def write_corrected(store: Store, entry: Entry, target: Path) -> None:
    """Write the received file with the model's place in it, in the city's own projected system.

    :class:`InputError` when the model has no place yet.
    """
    from bim.georeference import corrected

    placement = register.placement(store, entry)
    if placement is None:
        raise InputError(
            "模型还没有位置，请先确认位置再下载。", "the model has no place yet; accept one before the download."
        )
    source = register.folder(store, entry.id, entry.version) / "source.ifc"
    model = register.document(store, entry.id, entry.version)
    try:
        corrected.write_apart(source, target, placement, model.origin_m)
    except BimError as error:
        raise of_model(error) from error


def _placement_of(item: dict[str, Any]) -> Placement:
    return Placement.from_dict(
        {
            "lon": item["longitude"],
            "lat": item["latitude"],
            "height_m": item["height_m"],
            "rotation_deg": item["rotation_deg"],
            "scale": item.get("placement_scale", 1.0),
            "source": item["name"],
        }
    )


def _neighbours(store: Store, entry: Entry, model: Model) -> list[dict[str, Any]]:
    """Places of other models of the same project and site: disciplines and towers share their axes."""
    if not (model.project or model.site):
        return []
    result = []
    for other in register.listed(store):
        if other.id == entry.id or other.placed is None:
            continue
        theirs = register.document(store, other.id, other.version)
        if (theirs.project, theirs.site) != (model.project, model.site):
            continue
        placement = other.placed.for_origin(model.origin_m)
        result.append(
            {
                "name": f"{AS}{other.id}",
                "title": {"zh": f"与“{other.name}”同一坐标", "en": f"on the axes of {other.name!r}"},
                "crs": None,
                "longitude": placement.lon,
                "latitude": placement.lat,
                "height_m": placement.height_m,
                "rotation_deg": placement.rotation_deg,
                "placement_scale": placement.scale,
                "scale": placement.scale,
                "score": 0.5,
                "overlap": None,
                "fid": other.building,
                "why": [
                    {
                        "zh": "项目和场地名称相同，通常是同一项目的不同专业或楼栋。",
                        "en": "It is of the same project and site: usually another discipline or tower.",
                    }
                ],
                "faults": [],
            }
        )
    return result
