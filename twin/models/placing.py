"""Where a model may stand: hypotheses from its evidence and the city's outlines, other models, control points.

The best hypothesis is proposed, never applied by itself; what was accepted once is
kept with the model and holds for its next versions.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from bim import georeference
from bim.errors import BimError
from bim.georeference import Evidence, Hypothesis, Placement, control_points
from bim.limits import DEFAULT, Limits
from bim.model import Model
from twin import crs
from twin.analysis.building_works import outlines
from twin.errors import InputError, UnknownName, of_model
from twin.models import register
from twin.models.register import Entry
from twin.store import Store, utc_now

Box = tuple[float, float, float, float]
KEPT = "bim-place"
"""Name that :func:`told` is kept under by a server."""
AS = "as:"
"""Begins the name of a proposal to stand where another model of the same project stands."""
_MOST_LINKS = 5
_OVERLAP = 0.05
"""Buildings that share less of the two outlines are not offered."""


def hypotheses(store: Store, folder: Path, model: Model) -> list[Hypothesis]:
    """Where the model may stand, best first, with the overlap of its outline with the city's buildings."""
    return _ranked(store, folder, model)[1]


def _ranked(store: Store, folder: Path, model: Model) -> tuple[Evidence | None, list[Hypothesis]]:
    path = folder / "georeference.json"
    if not path.is_file():
        return None, []
    evidence = Evidence.from_dict(json.loads(path.read_text(encoding="utf-8")))
    try:
        return evidence, georeference.hypotheses(evidence, model, footprints=lambda box: outlines(store, box))
    except BimError as error:
        raise of_model(error) from error


def told(store: Store, identity: str, number: int, marks: object = None) -> dict[str, Any]:
    """Where a version may stand, as plain data: ``hypotheses``, best first, and ``findings`` on its place.

    After the file's own hypotheses come the places of other models of the project. ``marks`` tell one state of
    the register from another, for keeping the answer at hand.
    """
    del marks
    entry = register.get(store, identity)
    model = register.document(store, identity, number)
    evidence, found = _ranked(store, register.folder(store, identity, number), model)
    remarks = [] if evidence is None else georeference.findings(evidence, found)
    return {
        "hypotheses": [item.as_dict() for item in found]
        + _told_apart(_neighbours(store, entry, model), entry.name),
        "findings": [item.as_dict() for item in remarks],
    }


def marks(store: Store) -> tuple[Any, ...]:
    """One state of the register: what the places of other models depend on."""
    return tuple((entry.id, entry.version, entry.updated_at) for entry in register.listed(store))


def accept(store: Store, entry: Entry, number: int, name: str) -> Entry:
    """Place a model as the hypothesis ``name`` says; :class:`UnknownName` when there is none of that name."""
    folder = register.folder(store, entry.id, number)
    model = register.document(store, entry.id, number)
    at = utc_now().isoformat(timespec="seconds")
    if name.startswith(AS):
        for other, placement in _neighbours(store, entry, model):
            if name == f"{AS}{other.id}":
                return put(store, entry, number, placement)
    else:
        for item in hypotheses(store, folder, model):
            if item.name == name:
                try:
                    return put(store, entry, number, item.placement(at))
                except BimError as error:
                    raise of_model(error) from error
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
        raise InputError(
            "placement.epsg 或 placement.at 无效。", "placement.epsg or placement.at is not valid."
        )
    try:
        return Placement.from_dict(known)
    except BimError as error:
        raise of_model(error) from error


def fitted(points: object, model: Model) -> dict[str, Any]:
    """The placement that control points ask for, with residuals; not applied.

    ``points`` are at least two objects with x_m, y_m (the model's axes), lon and lat.
    """
    keys = ("x_m", "y_m", "lon", "lat")
    if not isinstance(points, list) or not 2 <= len(points) <= 200:
        raise InputError("points 须有 2 到 200 个控制点。", "points must be 2 to 200 control points.")
    rows = []
    for item in points:
        row = [item.get(key) if isinstance(item, dict) else None for key in keys]
        numbers = [
            float(value) for value in row if isinstance(value, (int, float)) and not isinstance(value, bool)
        ]
        if len(numbers) != len(keys):
            raise InputError(
                "每个控制点须有数字 x_m、y_m、lon、lat。",
                "every control point needs the numbers x_m, y_m, lon, lat.",
            )
        rows.append((numbers[0], numbers[1], numbers[2], numbers[3]))
    try:
        return control_points.fit(rows, model).as_dict()
    except BimError as error:
        raise of_model(error) from error


def footprint(model: Model, placement: Placement) -> Any:
    """The model's outline on the ground, degrees; an empty polygon where it has none."""
    rings = [
        shapely.Polygon(placement.to_lonlat(ring, model.origin_m))
        for ring in model.footprint_m
        if len(ring) >= 3
    ]
    return (
        shapely.union_all(shapely.make_valid(np.array(rings, dtype=object))) if rings else shapely.Polygon()
    )


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


def write_corrected(store: Store, entry: Entry, target: Path, limits: Limits = DEFAULT) -> None:
    """Write the received file with the model's place in it, in the city's own projected system.

    A process of its own does it, in the folder of ``target``.

    :class:`InputError` when the model has no place yet.
    """
    from bim import worker

    placement = register.placement(store, entry)
    if placement is None:
        raise InputError(
            "模型还没有位置，请先确认位置再下载。",
            "the model has no place yet; accept one before the download.",
        )
    source = register.folder(store, entry.id, entry.version) / "source.ifc"
    model = register.document(store, entry.id, entry.version)
    epsg = int(crs.metric_for(placement.lon, placement.lat).removeprefix("EPSG:"))
    arguments = {
        "source": str(source),
        "target": str(target),
        "placement": placement.as_dict(),
        "model_origin": list(model.origin_m),
        "epsg": epsg,
    }
    try:
        worker.call("bim.georeference.corrected:write_plain", arguments, target.parent, limits=limits)
    except BimError as error:
        raise of_model(error) from error


def _neighbours(store: Store, entry: Entry, model: Model) -> list[tuple[Entry, Placement]]:
    """Models of the same project and site that have a place, each with what that makes of this model's origin.

    Disciplines and towers of one project share their axes.
    """
    if not (model.project or model.site):
        return []
    result = []
    for other in register.listed(store):
        if other.id == entry.id or other.placed is None:
            continue
        theirs = register.document(store, other.id, other.version)
        if (theirs.project, theirs.site) == (model.project, model.site):
            place = other.placed.for_origin(model.origin_m)
            result.append((other, replace(place, source=f"{AS}{other.id}")))
    return result


def _told_apart(found: Sequence[tuple[Entry, Placement]], own: str) -> list[dict[str, Any]]:
    """The places of other models as hypotheses; models of one name are told apart by their files and uploads."""
    names = Counter([own, *(other.name for other, _ in found)])
    files = Counter((other.name, other.current.file_name) for other, _ in found)
    told = []
    for other, placement in found:
        called = other.name
        if names[other.name] > 1:
            file = other.current.file_name
            twice = files[other.name, file] > 1
            called = f"{called} ({file}{f', {other.id[:4]}' if twice else ''})"
        told.append(_as_dict(other, placement, called))
    return told


def _as_dict(other: Entry, placement: Placement, called: str) -> dict[str, Any]:
    """The place of another model told as a hypothesis."""
    return {
        "name": placement.source,
        "title": {"zh": f"与“{called}”同一坐标", "en": f"on the axes of {called!r}"},
        "crs": "",
        "longitude": placement.lon,
        "latitude": placement.lat,
        "height_m": placement.height_m,
        "rotation_deg": placement.rotation_deg,
        "scale": placement.scale,
        "score": 0.5,
        "sure": False,
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
