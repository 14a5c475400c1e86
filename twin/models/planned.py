"""A placed model as a planned building of a scenario."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import shapely

from twin.errors import InputError
from twin.models import link, placing, register
from twin.models.register import Entry
from twin.scenario import AnyEdit, read_edit
from twin.store import Store

_SIMPLER_DEG = 2e-7
"""Outlines are drawn this exactly, some 2 cm."""
_OWN = ("people", "use", "floors", "height_m", "floor_area_m2", "year", "name", "replaces")
"""What the user may say otherwise than the model."""


def edit_of(store: Store, entry: Entry, given: Mapping[str, Any]) -> AnyEdit:
    """The edit that builds a placed model; what the user says of it (``people``, ``replaces`` ...) comes first.

    Where nothing is said of ``replaces``, the building that the model is linked to is replaced.

    Raises
    ------
    InputError
        The model has no place, no outline or no height, or a value is out of range.
    """
    placement = register.placement(store, entry)
    model = register.document(store, entry.id, entry.version)
    if placement is None:
        raise InputError(
            "模型还没有位置，请先确认位置。", "the model has no place yet; accept one before planning it."
        )
    shape = placing.footprint(model, placement)
    said = link.said(store, entry)
    if shape.is_empty or said["height_m"] is None:
        raise InputError(
            "模型没有可用的基底轮廓或高度，不能作为规划建筑。",
            "the model has no outline or height that could be built.",
        )
    parts = [part for part in shapely.get_parts(shapely.simplify(shape, _SIMPLER_DEG)) if part.area > 0]
    rings = [
        [[round(lon, 8), round(lat, 8)] for lon, lat in part.exterior.coords[:-1]]
        for part in sorted(parts, key=lambda part: -part.area)[:50]
        if part.geom_type == "Polygon"
    ]
    edit: dict[str, Any] = {
        "kind": "build",
        "footprint": rings,
        "height_m": said["height_m"],
        "floors": said["floors"],
        "use": said["use"],
        "floor_area_m2": said["floor_area_m2"],
        "name": entry.name,
        "replaces": [] if entry.building is None else [entry.building],
        "model": entry.id,
        "version": entry.version,
    }
    edit |= {name: given[name] for name in _OWN if given.get(name) is not None}
    return read_edit(edit)
