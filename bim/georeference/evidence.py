"""Everything in a file that says where the model stands, on all levels of LoGeoRef.

=====  ==========================================================================
10     addresses of the site and the building
20     latitude, longitude and elevation of every site
30     placements of the sites and buildings, summed up to the world
40     world coordinate system and true north of every representation context
50     coordinate operations and reference systems, or property sets that hold them
=====  ==========================================================================

The levels are those of Clemen & Görne (2019), "Level of Georeferencing using IFC for
BIM". What is found is plain data; only :mod:`bim.georeference.levels`, which reads it from
a file, and :mod:`bim.georeference.corrected` need IfcOpenShell.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from bim.model import Point

if TYPE_CHECKING:
    import ifcopenshell

_NEAR_M = 2000.0
"""How far from its shapes a model's origin may lie: the transform is exact to a centimetre at that reach."""


@dataclass(slots=True)
class Address:
    """LoGeoRef 10."""

    of: str
    text: str


@dataclass(slots=True)
class Frame:
    """LoGeoRef 30: the placement of a site or building, summed up to the world."""

    of: str
    """IfcSite or IfcBuilding."""
    guid: str
    step_id: int
    name: str
    location_m: tuple[float, float, float]
    """Of its origin in the world of the model, metres."""
    rotation_deg: float
    """Counter-clockwise from the world's x axis."""
    own_location_m: tuple[float, float, float]
    """As written: relative to what it is placed in."""


@dataclass(slots=True)
class Site:
    """LoGeoRef 20: latitude, longitude and elevation of a site's own origin."""

    guid: str
    step_id: int
    name: str
    latitude: float | None
    """Degrees; may be out of range where the file is wrong."""
    longitude: float | None
    latitude_parts: tuple[int, ...]
    longitude_parts: tuple[int, ...]
    mixed_signs: bool
    """The parts of an angle do not all have one sign, as they must."""
    elevation_m: float | None


@dataclass(slots=True)
class Context:
    """LoGeoRef 40: one geometric representation context."""

    step_id: int
    kind: str
    location_m: tuple[float, float, float]
    """Of the world coordinate system, metres."""
    rotation_deg: float
    true_north: tuple[float, float] | None


@dataclass(slots=True)
class System:
    """A coordinate reference system as the file names it."""

    kind: str
    """``projected``, ``geographic`` or ``property_set``."""
    name: str
    description: str = ""
    datum: str = ""
    vertical_datum: str = ""
    projection: str = ""
    zone: str = ""
    unit_to_metre: float | None = None
    """Metres of the map unit, where one is given."""
    wkt: str | None = None


@dataclass(slots=True)
class Operation:
    """LoGeoRef 50: one coordinate operation; lengths are numbers as written, not yet metres."""

    kind: str
    """``map_conversion``, ``map_conversion_scaled``, ``rigid_operation`` or ``property_set``."""
    step_id: int
    context: int | None
    """``#`` number of the source context."""
    where: str
    """Class of the object that carries the property set; empty for entities."""
    eastings: float
    northings: float
    height: float
    x_axis_abscissa: float | None
    x_axis_ordinate: float | None
    scale: float | None
    factors: tuple[float, float, float] = (1.0, 1.0, 1.0)
    degrees: bool = False
    """``eastings`` and ``northings`` are angles, already in degrees."""
    measures: tuple[str, str] = ("", "")
    """Types of the two coordinates, where the schema leaves a choice."""
    system: System | None = None


@dataclass(slots=True)
class Evidence:
    """What one file says about its place."""

    schema: str
    application: str
    to_metre: float
    """Metres of the project's length unit."""
    has_unit: bool = True
    buildings: int = 0
    addresses: list[Address] = field(default_factory=list)
    sites: list[Site] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    contexts: list[Context] = field(default_factory=list)
    operations: list[Operation] = field(default_factory=list)
    systems: list[System] = field(default_factory=list)
    """Reference systems that no operation leads to."""

    def levels(self) -> list[int]:
        """The levels of LoGeoRef on which the file says something."""
        found = {
            10: bool(self.addresses),
            20: any(site.latitude is not None and site.longitude is not None for site in self.sites),
            30: any(any(frame.location_m) or frame.rotation_deg for frame in self.frames),
            40: any(any(item.location_m) or item.true_north is not None for item in self.contexts),
            50: bool(self.operations),
        }
        return [level for level, there in found.items() if there]

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Evidence:
        """The reverse of :meth:`as_dict`, also after a way through JSON."""
        rest = dict(data)
        operations = []
        for item in rest.pop("operations", []):
            system = item.get("system")
            operations.append(
                Operation(
                    **{
                        **item,
                        "factors": tuple(item["factors"]),
                        "measures": tuple(item["measures"]),
                        "system": System(**system) if system else None,
                    }
                )
            )
        return cls(
            addresses=[Address(**item) for item in rest.pop("addresses", [])],
            sites=[
                Site(
                    **{
                        **item,
                        "latitude_parts": tuple(item["latitude_parts"]),
                        "longitude_parts": tuple(item["longitude_parts"]),
                    }
                )
                for item in rest.pop("sites", [])
            ],
            frames=[
                Frame(
                    **{
                        **item,
                        "location_m": tuple(item["location_m"]),
                        "own_location_m": tuple(item["own_location_m"]),
                    }
                )
                for item in rest.pop("frames", [])
            ],
            contexts=[
                Context(
                    **{
                        **item,
                        "location_m": tuple(item["location_m"]),
                        "true_north": tuple(item["true_north"]) if item["true_north"] else None,
                    }
                )
                for item in rest.pop("contexts", [])
            ],
            operations=operations,
            systems=[System(**item) for item in rest.pop("systems", [])],
            **rest,
        )


def evidence(file: ifcopenshell.file) -> Evidence:
    """What an open file says about the place of its model. Never raises on malformed content."""
    from bim.georeference.levels import read

    return read(file)


def origin(found: Evidence, bbox_m: tuple[Point, Point] | None) -> Point:
    """The point of a model, metres in its axes, that a placement puts on the ground.

    One that stays where it is when a later version grows: the model's zero where it lies
    near what is drawn, else the origin of the building's or the site's placement, else the
    corner of the box, rounded to metres.
    """
    if bbox_m is None:
        return (0.0, 0.0, 0.0)
    low, high = bbox_m
    x, y = (low[0] + high[0]) / 2, (low[1] + high[1]) / 2
    reach = _NEAR_M + math.hypot(high[0] - low[0], high[1] - low[1])
    places = [
        frame.location_m for of in ("IfcBuilding", "IfcSite") for frame in found.frames if frame.of == of
    ]
    for place in ((0.0, 0.0, 0.0), *places):
        if math.hypot(place[0] - x, place[1] - y) <= reach:
            return place
    return (float(round(low[0])), float(round(low[1])), float(round(low[2])))
