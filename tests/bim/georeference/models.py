"""Models by hand for the georeference: the building of the variants, a city around it, and edited texts."""

from __future__ import annotations

import json
import math
import random
from functools import lru_cache
from pathlib import Path

import ifcopenshell
import numpy as np
import shapely
from shapely.geometry import Polygon

from bim.georeference import Evidence, Footprints, Placement, evidence, origin
from bim.model import Model
from tests.bim.cases import GEOREF

SIZE_M = (40.0, 20.0)
"""Of the building that stands in all variants."""
METRES = np.array([95_100.0, 110_900.0])
"""Of a degree of longitude and latitude near it."""
FACTS = json.loads((GEOREF / "facts.json").read_text(encoding="utf-8")) if GEOREF.is_dir() else {}
TRUTH = (
    np.array(FACTS["files"]["g01_ifc4_mm_mapconversion_ok.ifc"]["truth_footprint_lonlat"]) if FACTS else None
)


@lru_cache(maxsize=64)
def text_of(prefix: str) -> str:
    """The text of a variant, by the beginning of its name."""
    (path,) = GEOREF.glob(f"{prefix}_*.ifc")
    return path.read_text(encoding="utf-8")


def opened(text: str) -> ifcopenshell.file:
    """A model from its text."""
    return ifcopenshell.file.from_string(text)


def model_of(found: Evidence, size_m: tuple[float, float] = SIZE_M) -> Model:
    """A model whose footprint starts at the building's own zero, in the world of the file, as it is drawn."""
    frame = next((item for item in found.frames if item.of == "IfcBuilding"), None)
    place = frame.location_m if frame else (0.0, 0.0, 0.0)
    turn = math.radians(frame.rotation_deg if frame else 0.0)
    ring = []
    for x, y in ((0, 0), (size_m[0], 0), size_m, (0, size_m[1])):
        ring.append(
            (
                place[0] + math.cos(turn) * x - math.sin(turn) * y,
                place[1] + math.sin(turn) * x + math.cos(turn) * y,
            )
        )
    return drawn(ring, place[2], found)


def drawn(ring: list[tuple[float, float]], z: float, found: Evidence) -> Model:
    """A model of one footprint, 10.8 m high."""
    xs, ys = zip(*ring, strict=True)
    box = ((min(xs), min(ys), z), (max(xs), max(ys), z + 10.8))
    return Model(
        name="t", bytes=1, sha256="0", schema=found.schema, application="", project="", site="", building="",
        length_unit="", to_metre=found.to_metre, encoding="ascii", counts={"IfcBuilding": 1}, bbox_m=box,
        origin_m=origin(found, box), footprint_m=[ring],
    )  # fmt: skip


def both(source: Path | str) -> tuple[Evidence, Model]:
    """Evidence and model of a file or a text."""
    file = ifcopenshell.open(str(source)) if isinstance(source, Path) else opened(source)
    found = evidence(file)
    return found, model_of(found)


def corners(placement: Placement, model: Model) -> np.ndarray:
    """Longitude and latitude of the footprint's corners."""
    return placement.to_lonlat(model.footprint_m[0], model.origin_m)


def error_m(placement: Placement, model: Model, truth: object) -> float:
    """The largest distance of a corner from its true place."""
    return float(np.hypot(*((corners(placement, model) - np.asarray(truth)) * METRES).T).max())


def city(truth: object, seed: int = 1) -> Footprints:
    """Outlines: the true one (fid 1000) among 30 others, eight of its size where a GCJ-02 slip would put it."""
    pick = random.Random(seed)
    known = Polygon(np.asarray(truth))
    x, y = known.centroid.coords[0]
    shift = (0.0044388, -0.0019637)
    shapes = [(1000, known)]
    for fid in range(30):
        size = (pick.uniform(10, 60), pick.uniform(8, 30))
        if fid < 8:
            side = 1 if fid < 5 else -1
            middle = (x + side * shift[0] + pick.uniform(-15, 15) / METRES[0],
                      y + side * shift[1] + pick.uniform(-15, 15) / METRES[1])  # fmt: skip
            size = (pick.uniform(30, 45), pick.uniform(15, 25))
        else:
            middle = (x + pick.choice((-1, 1)) * pick.uniform(45, 250) / METRES[0],
                      y + pick.choice((-1, 1)) * pick.uniform(45, 250) / METRES[1])  # fmt: skip
        turn = math.radians(pick.uniform(0, 180))
        ring = [
            (
                middle[0] + (math.cos(turn) * a - math.sin(turn) * b) / METRES[0],
                middle[1] + (math.sin(turn) * a + math.cos(turn) * b) / METRES[1],
            )
            for a, b in (
                (-size[0] / 2, -size[1] / 2), (size[0] / 2, -size[1] / 2),
                (size[0] / 2, size[1] / 2), (-size[0] / 2, size[1] / 2),
            )
        ]  # fmt: skip
        shapes.append((fid, Polygon(ring)))

    def footprints(box: tuple[float, float, float, float]) -> list[tuple[int, Polygon]]:
        area = shapely.box(*box)
        return [(fid, shape) for fid, shape in shapes if shape.intersects(area)]

    return footprints


def parts(degrees: float) -> str:
    """An angle as IfcCompoundPlaneAngleMeasure."""
    sign = -1 if degrees < 0 else 1
    seconds, millionths = divmod(round(abs(degrees) * 3600e6), 1_000_000)
    minutes, seconds = divmod(seconds, 60)
    whole, minutes = divmod(minutes, 60)
    return f"({sign * whole},{sign * minutes},{sign * seconds},{sign * millionths})"
