"""Coordinates as they stand in a file, and with their slips undone: unit, order, zone number, sign."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from bim.georeference import faults
from bim.georeference.systems import false_easting

if TYPE_CHECKING:
    from bim.georeference.readings import Reading


def numbers(start: Reading, map_unit: float, system_unit: float, to_metre: float) -> Iterator[Reading]:
    """The coordinates of a reading as written, and with slips of unit, order, zone number and sign undone."""
    e, n, h = start.eastings, start.northings, start.height_m
    units: list[tuple[float, str | None]] = [(map_unit, None)]
    if not math.isclose(map_unit, system_unit):
        units.append((system_unit, "map_unit"))
    for unit in (to_metre, 0.001):
        if not any(math.isclose(unit, other) for other, _ in units):
            units.append((unit, "eastings_in_mm"))
    prefix = math.floor(false_easting(start.crs) / 1e6) if false_easting(start.crs) > 1e6 else 0
    for (unit, unit_slip), swapped, sign_e, sign_n in itertools.product(
        units, (False, True), (1, -1), (1, -1)
    ):
        ratio = unit / system_unit
        x, y = (n, e) if swapped else (e, n)
        reading = replace(start, eastings=x * ratio * sign_e, northings=y * ratio * sign_n, height_m=h * unit)
        if unit_slip:
            reading = replace(reading, height_m=_height(h, unit, unit_slip, system_unit))
            found = (
                faults.map_unit(map_unit, start.step_id)
                if unit_slip == "map_unit"
                else faults.eastings_in_mm(unit, start.step_id)
            )
            reading = reading.slipped(unit_slip, found)
        if swapped:
            reading = reading.slipped("axes_swapped", faults.axes_swapped(start.step_id))
        if sign_e < 0 or sign_n < 0:
            reading = reading.slipped("sign", faults.sign(start.step_id))
        yield reading
        yield from _zones(reading, prefix)


def _height(h: float, unit: float, slip: str, system_unit: float) -> float:
    """Metres of a height written beside coordinates in another unit: it may be in metres all the same."""
    if slip == "eastings_in_mm" and abs(h) < 0.5 / unit:
        return h * system_unit
    return h * unit


def _zones(reading: Reading, prefix: int) -> Iterator[Reading]:
    """The reading without the zone number before its easting, or with it where the system has one."""
    e = reading.eastings
    if prefix == 0 and 13e6 <= e < 61e6:
        used = e % 1e6
    elif prefix and 0 < e < 1e6:
        used = e + prefix * 1e6
    elif prefix and 13e6 <= e < 61e6 and math.floor(e / 1e6) != prefix:
        used = e % 1e6 + prefix * 1e6
    else:
        return
    yield reading.slipped(
        "zone_prefix", faults.zone_prefix(e, used, reading.label, reading.step_id), eastings=used
    )


def lengths(base: Reading, to_metre: float, unit: float) -> Iterator[Reading]:
    """The readings of a location that the file gives as a length in its own unit."""
    yield from numbers(base, unit, unit, unit)
    if not math.isclose(to_metre, 1.0):
        found = faults.coordinates_in_metres(base.step_id)
        metres = base.slipped(
            "coordinates_in_metres", found, eastings=base.eastings / to_metre,
            northings=base.northings / to_metre, height_m=base.height_m / to_metre,
        )  # fmt: skip
        yield from numbers(metres, unit, unit, unit)
