"""Positions that authoring tools and office templates start with: they say nothing of a project.

Collected from files of the tools named; the seconds differ between releases, so a
position counts as a default within 300 m of one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

NEAR_M = 300.0
_NULL_DEG = 0.01


@dataclass(frozen=True, slots=True)
class Default:
    """One tool's starting position, degrees."""

    tool: str
    latitude: float
    longitude: float


DEFAULTS = (
    Default("Revit, Boston", 42.3584, -71.0598),
    Default("Revit, Boston", 42.3587, -71.0567),
    Default("Revit, Boston", 42.2130, -71.0330),
    Default("Revit 中文版, 北京", 39.9160, 116.4330),
    Default("Revit UK, London", 51.5002, -0.1262),
    Default("Revit 日本語版, 東京", 35.7000, 139.7667),
    Default("ArchiCAD, Abu Dhabi", 24.4667, 54.4167),
    Default("ArchiCAD, Budapest", 47.5597, 19.0548),
    Default("AutoCAD and BricsCAD, San Francisco", 37.7950, -122.3940),
    Default("NL template, Amersfoort", 52.1500, 5.3833),
    Default("NL template, Amersfoort", 52.1551744, 5.3872064),
)


def distance_m(longitude: float, latitude: float, other_longitude: float, other_latitude: float) -> float:
    """Metres between two points given in degrees, on a sphere."""
    phi, other = math.radians(latitude), math.radians(other_latitude)
    half = (
        math.sin((other - phi) / 2) ** 2
        + math.cos(phi) * math.cos(other) * math.sin(math.radians(other_longitude - longitude) / 2) ** 2
    )
    return 2 * 6371008.8 * math.asin(min(1.0, math.sqrt(half)))


def default_of(latitude: float, longitude: float) -> Default | None:
    """The default that a position (degrees) is, if it is one."""
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):
        return None
    for item in DEFAULTS:
        if distance_m(longitude, latitude, item.longitude, item.latitude) < NEAR_M:
            return item
    return None


def is_null_island(latitude: float, longitude: float) -> bool:
    """Whether a position (degrees) is the zero of both angles, which no project has."""
    return abs(latitude) < _NULL_DEG and abs(longitude) < _NULL_DEG
