"""The twelve towns: facts, and outlines grown around their centres."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely

from twin.demo.geometry import Floats, Geometries, Ints, bend, to_metres

FACTS = Path(__file__).resolve().parents[2] / "data" / "towns.csv"
CORE_M = 300.0
"""Around its centre a town keeps its ground while areas are fitted."""


@dataclass(frozen=True, slots=True)
class Towns:
    """Towns in the order of their codes; ``outline`` partition the district (metres)."""

    code: Ints
    name: list[str]
    name_en: list[str]
    kind: list[str]
    area_km2: Floats
    people_share: Floats
    centre: Floats
    outline: Geometries


def read(path: Path = FACTS) -> list[dict[str, str]]:
    """Rows of ``data/towns.csv`` by code."""
    with path.open(encoding="utf-8", newline="") as file:
        return sorted(csv.DictReader(file), key=lambda row: row["code"])


def grow(faces: Geometries) -> tuple[Towns, Ints]:
    """Give each face of the street pattern to a town; also the town's index of every face.

    A power diagram (Aurenhammer 1987) over the faces' middles: distance squared
    to the centre less a weight, the weights raised until the areas fit. Borders
    so follow streets and canals. What lies within :data:`CORE_M` of a centre is
    that town's, however large the faces are. Scraps cut off from their town go to the
    neighbour with the longest common border.
    """
    rows = read()
    centre = bend(to_metres([(float(row["lon"]), float(row["lat"])) for row in rows]))
    area_km2 = np.array([float(row["area_km2"]) for row in rows])
    size = shapely.area(faces)
    middle = shapely.get_coordinates(shapely.point_on_surface(faces))
    target = area_km2 / area_km2.sum() * size.sum()
    away = ((middle[:, None] - centre[None]) ** 2).sum(axis=2)
    nearest, core = np.argmin(away, axis=1), away.min(axis=1) < CORE_M**2
    weight = np.zeros(len(rows))
    town = np.zeros(len(faces), dtype=np.int64)
    for step in range(300):
        town = np.where(core, nearest, np.argmin(away - weight, axis=1))
        area = np.bincount(town, weights=size, minlength=len(rows))
        error = (target - area) / target
        if np.abs(error).max() < 0.01:
            break
        weight += (0.35 if step < 150 else 0.12) * error * target / np.pi
        weight -= weight.mean()
    for _ in range(3):
        town, changed = _whole(faces, town, len(rows))
        if not changed:
            break
    outline = np.array(
        [shapely.coverage_union_all(faces[town == index]) for index in range(len(rows))], dtype=object
    )
    return Towns(
        np.array([int(row["code"]) for row in rows]),
        [row["name"] for row in rows],
        [row["name_en"] for row in rows],
        [row["kind"] for row in rows],
        area_km2,
        np.array([float(row["people_share"]) for row in rows]),
        centre,
        outline,
    ), town


def _whole(faces: Geometries, town: Ints, count: int) -> tuple[Ints, bool]:
    """Give parts cut off from the main part of their town to the neighbour with the longest border."""
    outlines = [shapely.coverage_union_all(faces[town == index]) for index in range(count)]
    changed = False
    town = town.copy()
    tree = shapely.STRtree(shapely.point_on_surface(faces))
    for index, outline in enumerate(outlines):
        parts = sorted(shapely.get_parts(outline), key=shapely.area, reverse=True)
        for part in parts[1:]:
            border = [
                0.0 if other == index else part.boundary.intersection(outlines[other].boundary).length
                for other in range(count)
            ]
            if max(border) > 0:
                town[np.sort(tree.query(part, predicate="contains"))] = int(np.argmax(border))
                changed = True
    return town, changed


def town_at(towns: Towns, points: Floats) -> Ints:
    """Code of the town at each point (n, 2) in metres; the nearest centre's outside all."""
    code = np.zeros(len(points), dtype=np.int64)
    for outline, value in zip(towns.outline, towns.code.tolist(), strict=True):
        shapely.prepare(outline)
        west, south, east, north = outline.bounds
        near = np.flatnonzero(
            (code == 0)
            & (points[:, 0] >= west)
            & (points[:, 0] <= east)
            & (points[:, 1] >= south)
            & (points[:, 1] <= north)
        )
        code[near[shapely.contains_xy(outline, points[near, 0], points[near, 1])]] = value
    rest = np.flatnonzero(code == 0)
    if len(rest):
        away = ((points[rest][:, None] - towns.centre[None]) ** 2).sum(axis=2)
        code[rest] = towns.code[np.argmin(away, axis=1)]
    return code
