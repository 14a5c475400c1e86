"""What OpenStreetMap tags mean in the layers of the twin.

Pure functions from the tags of one object to the columns of one row. The
vocabularies are those of the layers; the tables here hold only what the
aliases of a layer cannot say.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import layers
from layers._categories import CATEGORIES
from twin.ingest.heights import DEFAULT_FLOORS, FLOOR_M

Tags = dict[str, str]
Row = dict[str, Any]
Barrier = tuple[float, float, Tags]
"""Longitude, latitude and tags of a node that bars a way."""

WALKING_TAGS = (
    "highway", "access", "foot", "sidewalk", "sidewalk:left", "sidewalk:right", "sidewalk:both", "crossing",
    "footway", "surface", "smoothness", "incline", "wheelchair", "width", "step_count", "ramp", "handrail",
    "lit", "covered", "indoor", "service", "area", "motor_vehicle", "bicycle", "segregated", "oneway",
    "oneway:foot", "oneway:bicycle", "cycleway", "motorroad", "junction", "conveying", "crossing:signals",
    "opening_hours", "level", "layer", "construction", "proposed",
)  # fmt: skip
BARRIER_TAGS = ("barrier", "access", "foot", "bicycle", "wheelchair", "locked")
_MORE_CLASSES = {"trail": "footway", "crossing": "footway", "escape": "service", "emergency_bay": "service"}
_AMENITY_USE = {
    "school": "education", "kindergarten": "education", "university": "education", "college": "education",
    "hospital": "health", "clinic": "health", "doctors": "health", "townhall": "public", "library": "public",
    "place_of_worship": "public", "theatre": "public", "arts_centre": "public", "community_centre": "public",
    "fire_station": "public", "police": "public", "courthouse": "public", "marketplace": "retail",
    "restaurant": "retail", "bank": "retail", "parking": "utility", "toilets": "utility",
}  # fmt: skip
_MORE_USES = {"block": "residential", "semi": "residential", "tower_block": "residential"}
_MORE_LAND_USES = {
    "cemetery": "green", "village_green": "green", "garages": "transport", "port": "transport",
    "military": "public", "religious": "public", "greenhouse_horticulture": "farmland",
    "farmland": "farmland", "plant_nursery": "farmland", "vineyard": "farmland", "allotments": "farmland",
    "greenfield": "construction", "landfill": "utility",
    "depot": "logistics", "flowerbed": "green", "highway": "transport",
}  # fmt: skip
_GREEN_LEISURE = ("park", "garden", "pitch", "playground", "nature_reserve", "common", "dog_park")
_GREEN_LANDUSE = ("grass", "forest", "village_green", "recreation_ground", "flowerbed")
_GREEN_NATURAL = ("wood", "scrub", "grassland")
_MORE_GREENS = {"nature_reserve": "wood", "dog_park": "park", "flowerbed": "belt"}
_PLACE_KEYS = frozenset(
    {"amenity", "shop", "leisure", "office", "social_facility", "school", "railway", "public_transport"}
    | {"highway", "station", "vending"}
)
_SURFACE_KEYS = frozenset(
    {"natural", "landuse", "leisure", "waterway", "boundary"} | (_PLACE_KEYS - {"highway"})
)
_WATER_LANDUSE = ("reservoir", "basin")
_STREAM_WIDTH_M = {"river": 20.0, "canal": 12.0}
_LINE_WIDTH_M = 6.0
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_NUMBER = re.compile(r"\s*([-+]?\d+(?:[.,]\d+)?)\s*([^\d\s].*)?$")
_METRES = {"": 1.0, "m": 1.0, "米": 1.0, "meter": 1.0, "metre": 1.0, "meters": 1.0, "metres": 1.0,
           "ft": 0.3048, "feet": 0.3048, "'": 0.3048, "cm": 0.01, "km": 1000.0}  # fmt: skip
_FEET_INCHES = re.compile(r"\s*(\d+)\s*(?:'|ft)\s*(?:(\d+(?:\.\d+)?)\s*(?:\"|in|'')?)?\s*$")
_YEAR = re.compile(r"(?<!\d)(1[0-9]{3}|20[0-9]{2})(?!\d)")


@cache
def _vocabulary(layer: str, column: str) -> dict[str, str]:
    """Every spelling of a choice, case-folded, to its value."""
    spellings: dict[str, str] = {}
    for choice in layers.get(layer).column(column).choices:
        for spelling in (choice.value, *choice.aliases):
            spellings.setdefault(spelling.casefold(), choice.value)
    return spellings


def choose(layer: str, column: str, text: str | None) -> str | None:
    """The vocabulary value a tag's text stands for (the first known part of ``a;b``)."""
    if not text:
        return None
    words = _vocabulary(layer, column)
    return next(
        (words[part.strip().casefold()] for part in text.split(";") if part.strip().casefold() in words), None
    )


def metres(text: str | None) -> float | None:
    """Length in metres of ``12``, ``12.5 m``, ``12,5``, ``40 ft``, ``6'7"``; None when it is none."""
    if not text:
        return None
    first = text.split(";")[0]
    both = _FEET_INCHES.match(first)
    if both:
        return int(both[1]) * 0.3048 + float(both[2] or 0) * 0.0254
    match = _NUMBER.match(first)
    if match is None:
        return None
    factor = _METRES.get((match[2] or "").strip().casefold())
    return None if factor is None else float(match[1].replace(",", ".")) * factor


def count(text: str | None) -> float | None:
    """A plain number such as levels; None when it is none."""
    match = _NUMBER.match(text.split(";")[0]) if text else None
    return float(match[1].replace(",", ".")) if match and not match[2] else None


def flag(text: str | None) -> bool | None:
    """Boolean of a yes/no tag; any other value than ``no`` means yes; None when it is absent."""
    return None if text is None else text.casefold() not in ("no", "false", "0", "none")


def _within(value: float | None, low: float, high: float) -> float | None:
    return value if value is not None and low <= value <= high else None


def _names(tags: Tags) -> Row:
    name = tags.get("name:zh") or tags.get("name:zh-Hans") or tags.get("name")
    english = tags.get("name:en") or tags.get("int_name")
    return {"name": name, "name_en": english}


def _address(tags: Tags) -> str | None:
    if "addr:full" in tags:
        return tags["addr:full"]
    street, number = tags.get("addr:street"), tags.get("addr:housenumber")
    if not (street and number):
        return street
    return f"{street}{number}" if _CHINESE.search(street) else f"{street} {number}"


def may_be_polygon(tags: Tags) -> bool:
    """Whether a closed outline with these tags can be a surface of some layer; never wrongly no."""
    if "building" in tags:
        return True
    return tags.get("area") != "no" and not _SURFACE_KEYS.isdisjoint(tags)


# -- one row per layer --------------------------------------------------------------------


def building(tags: Tags) -> Row:
    """Row of ``building``."""
    kind = tags["building"].casefold()
    use = choose("building", "use", kind) or _MORE_USES.get(kind, "other")
    if use == "other":
        use = _AMENITY_USE.get(tags.get("amenity", ""), "other")
    if use == "other" and "shop" in tags:
        use = "retail"
    if use == "other" and "office" in tags:
        use = "office"
    levels = _within(count(tags.get("building:levels")), 0, 200)
    height = _within(metres(tags.get("height") or tags.get("building:height")), 0.1, 700)
    source = "measured"
    if height is None and levels:
        roof = _within(count(tags.get("roof:levels")), 0, 20) or 0.0
        height, source = (levels + roof / 2) * FLOOR_M, "floors"
    elif height is None:
        height, source = DEFAULT_FLOORS[use] * FLOOR_M, "default"
    year = _YEAR.search(tags.get("start_date", ""))
    return {
        **_names(tags),
        "address": _address(tags),
        "height_m": round(height, 2),
        "height_source": source,
        "floors": None if levels is None else round(levels),
        "use": use,
        "year": int(year[1]) if year else None,
    }


def road(tags: Tags, barriers: Sequence[Barrier] = ()) -> Row:
    """Row of ``road``; every value of ``highway`` has a class, unknown ones ``other``.

    ``barriers`` stand on the way; its ``tags`` keep them as ``"barriers": [[lon, lat, tags], ...]``.
    """
    highway = tags["highway"].casefold()
    kind = choose("road", "class", highway) or _MORE_CLASSES.get(highway, "other")
    closed = kind == "other" or highway in ("construction", "proposed")
    access = choose("road", "foot", tags.get("access"))
    foot = choose("road", "foot", tags.get("foot")) or access
    cycle = choose("road", "cycle", tags.get("bicycle")) or access
    if foot is None:
        foot = "no" if closed or kind == "motorway" else "yes"
    if cycle is None:
        walked = kind in ("footway", "steps") and highway not in ("path", "bridleway")
        cycle = "no" if closed or walked or kind == "motorway" else "yes"
    lanes = _within(count(tags.get("lanes")), 0, 20)
    level = _within(count(tags.get("layer")), -9, 9)
    limit = tags.get("maxspeed", "")
    speed = count(limit.removesuffix("mph").strip())
    if speed is not None and limit.endswith("mph"):
        speed *= 1.609344
    oneway = tags.get("oneway", "")
    speed = _within(speed, 0, 160)
    kept: dict[str, Any] = {key: tags[key] for key in WALKING_TAGS if key in tags}
    if barriers:
        kept["barriers"] = barriers
    return {
        **_names(tags),
        "class": kind,
        "lanes": None if lanes is None else round(lanes),
        "width_m": _within(metres(tags.get("width")), 0, 200),
        "foot": foot,
        "cycle": cycle,
        "oneway": oneway in ("yes", "true", "1", "-1")
        or (
            oneway != "no"
            and (highway in ("motorway", "motorway_link") or tags.get("junction") == "roundabout")
        ),
        "bridge": bool(flag(tags.get("bridge"))),
        "tunnel": bool(flag(tags.get("tunnel"))),
        "level": 0 if level is None else round(level),
        "speed_kmh": None if speed is None else round(speed),
        "tags": json.dumps(kept, ensure_ascii=False, separators=(",", ":")),
    }


def metro_line(tags: Tags) -> Row | None:
    """Row of ``metro_line`` for running tracks of metros, else None."""
    if tags.get("railway") != "subway" or "service" in tags:
        return None
    text = tags.get("ref") or tags.get("name", "")
    number = re.search(r"\d+", text)
    line = choose("metro_line", "line", text) or choose("metro_line", "line", number[0] if number else None)
    return {**_names(tags), "line": line or "network", "underground": bool(flag(tags.get("tunnel")))}


def stream(tags: Tags) -> Row | None:
    """Row of ``water`` for a waterway given as a line; ``width`` in metres."""
    kind = choose("water", "kind", tags.get("waterway"))
    if kind is None:
        return None
    width = _within(metres(tags.get("width")), 0.5, 2000)
    return {
        **_names(tags),
        "kind": kind,
        "width": width or _STREAM_WIDTH_M.get(tags["waterway"], _LINE_WIDTH_M),
    }


def surfaces(tags: Tags) -> Iterator[tuple[str, Row]]:
    """Layers and rows of a surface: water, green, land use, estate, construction site."""
    if _SURFACE_KEYS.isdisjoint(tags):
        return
    landuse, natural, leisure = (tags.get(key, "") for key in ("landuse", "natural", "leisure"))
    if natural == "water" or landuse in _WATER_LANDUSE or tags.get("waterway") in ("riverbank", "dock"):
        kind = next(
            (
                found
                for text in (tags.get("water"), tags.get("waterway"), landuse)
                if (found := choose("water", "kind", text))
            ),
            "lake" if tags.get("water") == "lake" else "pond",
        )
        yield "water", {**_names(tags), "kind": kind}
    green = next(
        (
            text
            for text, known in (
                (leisure, _GREEN_LEISURE),
                (landuse, _GREEN_LANDUSE),
                (natural, _GREEN_NATURAL),
            )
            if text in known
        ),
        None,
    )
    if green is not None:
        kind = choose("green", "kind", green) or _MORE_GREENS.get(green, "belt")
        public = tags.get("access", "yes" if leisure in ("park", "playground", "common") else "")
        yield (
            "green",
            {**_names(tags), "kind": kind, "public": public in ("yes", "permissive") if public else None},
        )
    use = choose("land_use", "use", landuse) or _MORE_LAND_USES.get(landuse)
    if use is not None:
        yield "land_use", {"use": use, "code": landuse}
    if landuse == "construction":
        yield (
            "construction_site",
            {**_names(tags), "address": _address(tags), "contractor": tags.get("operator")},
        )
    if (
        landuse == "residential"
        and tags.get("name")
        and ("residential" in tags or _CHINESE.search(tags["name"]))
    ):
        gated = tags.get("residential") == "gated" or tags.get("access") in ("private", "customers")
        yield "estate", {**_names(tags), "address": _address(tags), "gated": True if gated else None}


def places(tags: Tags) -> Iterator[tuple[str, Row]]:
    """Layers and rows of a point, or of a surface taken as one: stops, stations, lockers, facilities."""
    if _PLACE_KEYS.isdisjoint(tags):
        return
    transport = tags.get("public_transport")
    if tags.get("highway") == "bus_stop" or (
        transport == "platform" and tags.get("bus") == "yes" and "highway" not in tags
    ):
        board = tags.get("passenger_information_display")
        yield (
            "bus_stop",
            {
                **_names(tags),
                "realtime_board": flag(board),
                "routes": tags.get("route_ref"),
                "shelter": flag(tags.get("shelter")),
            },
        )
    metro = tags.get("station") in ("subway", "light_rail") or tags.get("subway") == "yes"
    if metro and (tags.get("railway") == "station" or (transport == "station" and "railway" not in tags)):
        yield (
            "metro_station",
            {
                **_names(tags),
                "lines": tags.get("line") or tags.get("ref"),
                "underground": flag(tags.get("tunnel"))
                or (True if tags.get("location") == "underground" else None),
            },
        )
    if tags.get("amenity") == "parcel_locker" or tags.get("vending") == "parcel_pickup":
        size = _within(count(tags.get("capacity")), 0, 10**6)
        yield (
            "parcel_locker",
            {
                "address": _address(tags),
                "operator": tags.get("operator") or tags.get("brand"),
                "compartments": None if size is None else round(size),
            },
        )
    category = _category(tags)
    if category is not None:
        size = _within(count(tags.get("capacity")), 0, 10**6)
        yield (
            "facility",
            {
                **_names(tags),
                "address": _address(tags),
                "category": category,
                "tier": str(_TIERS[category]),
                "capacity": None if size is None else round(size),
                "opening_hours": tags.get("opening_hours"),
            },
        )


_BY_TAG = {tag: category.id for category in reversed(CATEGORIES) for tag in category.tags}
_TIERS = {category.id: category.tier for category in CATEGORIES}
_FACILITY_KEYS = ("social_facility", "school", "amenity", "shop", "leisure", "office")


def _category(tags: Tags) -> str | None:
    """Life-circle category, the more special key first."""
    if tags.get("amenity") == "school" and (tags.get("isced:level") or "").startswith("1"):
        return "primary_school"
    if tags.get("access") == "private" and "leisure" in tags:
        return None
    return next((_BY_TAG[key, tags[key]] for key in _FACILITY_KEYS if (key, tags.get(key)) in _BY_TAG), None)


def unit(tags: Tags) -> Row:
    """Row of ``district`` or ``town``."""
    code = tags.get("ref:CN:division_code") or tags.get("ref:admin") or tags.get("division_code")
    people = _within(count(tags.get("population")), 0, 10**9)
    name = tags.get("name", "")
    kind = "subdistrict" if name.endswith("街道") else "town" if name.endswith("镇") else None
    return {
        **_names(tags),
        "code": code,
        "kind": kind,
        "people": None if people is None else round(people),
    }
