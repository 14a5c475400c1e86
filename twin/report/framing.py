"""The camera that shows all edits of a scenario."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from twin import scenario
from twin.scenario import Scenario
from twin.store import Store

_EARTH_M = 40075016.686
_FRAME_PX = 620
_LEAST_M, _HOME = 500.0, (121.25, 31.38)


def of_edits(store: Store, chosen: Scenario) -> dict[str, Any]:
    """``longitude``, ``latitude``, ``zoom``, ``pitch`` and ``bearing`` that frame the edits, those far out included."""
    points = [point for edit in chosen.edits for point in _points(store, edit)]
    if not points:
        (lon, lat), extent = _HOME, 30_000.0
    else:
        lons, lats = zip(*points, strict=True)
        lon, lat = (min(lons) + max(lons)) / 2, (min(lats) + max(lats)) / 2
        metre = _EARTH_M / 360
        wide = (max(lons) - min(lons)) * metre * math.cos(math.radians(lat))
        extent = max(_LEAST_M, wide, (max(lats) - min(lats)) * metre * 1.6)
    zoom = math.log2(_EARTH_M * math.cos(math.radians(lat)) * _FRAME_PX / (512 * extent))
    return {
        "longitude": round(lon, 6),
        "latitude": round(lat, 6),
        "zoom": round(min(17.5, max(9.0, zoom)), 2),
        "pitch": 45,
        "bearing": 0,
    }


def _points(store: Store, edit: scenario.AnyEdit) -> Iterator[tuple[float, float]]:
    if isinstance(edit, (scenario.Add, scenario.Move, scenario.Gate)):
        yield edit.lon, edit.lat
    elif isinstance(edit, scenario.Link):
        yield edit.from_
        yield edit.to
    elif isinstance(edit, scenario.Build):
        for ring in edit.footprint:
            yield from ring
    if isinstance(edit, (scenario.Move, scenario.Remove, scenario.Change)) and edit.fid >= 0:
        generation = store.shown.get(edit.layer)
        if generation is not None:
            row = (
                store.cursor()
                .execute(f"SELECT lon, lat FROM {generation.relation} WHERE fid = ?", [edit.fid])
                .fetchone()
            )
            if row is not None and row[0] is not None:
                yield float(row[0]), float(row[1])
