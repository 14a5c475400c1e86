"""The demonstration city: Jiading at full scale, generated, the same for the same seed.

Real are the district's outline, the names of towns, rivers, main roads and
metro stations, and their rough positions (:mod:`twin.demo.places`). Everything
else is made here: see ``docs`` of each module, in the order in which
:func:`build_city` calls them.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import geopandas
import numpy as np
import shapely

from twin.demo import blocks, elevated, homes, land, network, people, roads, sensing, services, towns
from twin.demo import buildings as building_rows
from twin.demo.buildings import Ways
from twin.demo.city import City
from twin.demo.forms import FORMS
from twin.demo.geometry import Geometries, Ints, hit_pairs, to_metres
from twin.demo.metadata import LICENCE, SOURCE_EN, SOURCE_ZH
from twin.demo.zoning import centrality
from twin.errors import Cancelled, InputError

__all__ = ["LICENCE", "SOURCE_EN", "SOURCE_ZH", "build_city"]

BOUNDARY = Path(__file__).resolve().parents[2] / "data" / "district_boundary.geojson"
MOST_SITES = 72
"""Construction sites at full scale, at most."""

Progress = Callable[[float, str], None]
Frames = dict[str, geopandas.GeoDataFrame]


def build_city(
    seed: int,
    scale: float = 1.0,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Frames:
    """Build the demonstration city: a frame for every layer, in EPSG:4326.

    Parameters
    ----------
    seed
        The same seed gives the same rows in the same order, not negative.
    scale
        1 for the full city; less keeps that share of the developed ground and
        of all counts, on the same outline, towns, rivers and main streets.
    progress
        Called with the share done (0 to 1) and the name of the next step.
    cancelled
        Asked between steps; when it answers true, :class:`twin.errors.Cancelled` is raised.

    Each frame has ``source_key`` (unique, the same for the same seed) and
    ``town`` (nine-digit code, 0 for the district). Residents sum to the census
    of 2020 times ``scale``. :class:`twin.errors.InputError` for a bad scale or seed.
    """
    _check(seed, scale)

    def step(share: float, name: str) -> None:
        if cancelled is not None and cancelled():
            raise Cancelled(
                "已取消生成演示城市，未作任何更改。",
                "building the demonstration city was cancelled; nothing was changed.",
            )
        if progress is not None:
            progress(share, name)

    streams = iter(np.random.default_rng(seed).spawn(24))
    step(0.0, "streets")
    district = read_district()
    pattern = network.draw(district, scale, next(streams))
    courses, course_of = elevated.expressways(district)
    rails = elevated.metro(district)
    slips, courses, leg = elevated.ramps(courses, pattern.edges)
    course_of = course_of[leg]

    step(0.3, "blocks")
    lakes = pattern.water[np.array([kind == "lake" for kind in pattern.water_kind])]
    barriers = np.concatenate(
        [
            elevated.barriers(courses, course_of, rails, lakes),
            shapely.buffer(slips, network.WIDTH_M["secondary"] / 2 + 3.0, quad_segs=2),
        ]
    )
    plots = blocks.villages(blocks.assign(pattern, barriers, next(streams)), next(streams))
    _choose_sites(plots, max(2, round(MOST_SITES * scale)), next(streams))

    step(0.42, "buildings")
    made, ways = building_rows.build(plots, next(streams))
    # Rarely two banks fail to close, and a block then holds a bit of its canal.
    wet = hit_pairs(pattern.water, made.footprint)[1]
    made = made.take(np.setdiff1d(np.arange(len(made.plot)), wet))

    step(0.55, "towns")
    town_facts, face_town = towns.grow(pattern.faces)
    plot_town = town_facts.code[face_town[pattern.dry[plots.block_index]]]
    street_name = roads.street_names(pattern.edges, pattern.streets, next(streams))
    city = _settle(
        scale,
        town_facts,
        plots,
        plot_town=plot_town,
        plot_street=_streets_of(plots, pattern.edges, street_name),
        made=made,
        rng=next(streams),
    )

    step(0.62, "roads")
    streets, dips = roads.join(
        pattern.edges,
        ways,
        street_name,
        slips=slips,
        courses=courses,
        course_of=course_of,
        rails=rails,
        water=pattern.water,
        rng=next(streams),
    )

    step(0.74, "layers")
    use = homes.building_use(made.form, made.shop)
    frames: Frames = land.administration(district, city)
    frames["land_use"] = land.land_use(city, next(streams))
    frames["green"] = land.green(city, next(streams))
    frames["water"] = land.water(pattern, city)
    frames["road"] = roads.layer(streets, town_facts)
    frames["building"] = homes.buildings(city, use)
    frames["estate"], gates = homes.estates(city, ways, next(streams))
    step(0.88, "services")
    frames |= _serve(city, streets, ways, rails, dips, rng=next(streams))
    step(0.92, "sensing")
    frames["site_5g"] = sensing.sites(city, streets, next(streams))
    frames["sensor"] = sensing.sensors(
        city, streets, water=pattern.water, dips=dips, gates=gates, use=use, rng=next(streams)
    )
    step(1.0, "done")
    return frames


def _serve(
    city: City,
    streets: roads.Streets,
    ways: Ways,
    rails: elevated.Metro,
    dips: Geometries,
    *,
    rng: np.random.Generator,
) -> Frames:
    """Public transport, facilities, centres, lockers, construction sites and underpasses."""
    streams = iter(rng.spawn(6))
    middle = shapely.get_coordinates(shapely.line_interpolate_point(streets.line, 0.5, normalized=True))
    use = homes.building_use(city.buildings.form, city.buildings.shop)
    return services.stations(rails, city) | {
        "bus_stop": services.bus_stops(city, streets, centrality(middle), next(streams)),
        "facility": services.facilities(city, use, next(streams)),
        "centre": services.centres(city, use, next(streams)),
        "parcel_locker": services.parcel_lockers(city, ways, next(streams)),
        "construction_site": services.construction_sites(city, next(streams)),
        "underpass": services.underpasses(dips, streets, city, next(streams)),
    }


def _check(seed: int, scale: float) -> None:
    """:class:`twin.errors.InputError` unless both are in range."""
    if not 0 < scale <= 1 or seed < 0:
        raise InputError(
            "演示城市的规模须大于 0 且不超过 1，种子须为非负整数；"
            f"收到规模 {scale}、种子 {seed}，请改正后重试。",
            f"scale must be above 0 and at most 1, and the seed not negative; got scale {scale} and "
            f"seed {seed}; correct them and try again.",
        )


def read_district(path: Path = BOUNDARY) -> shapely.Polygon:
    """The district's outline in metres."""
    outline = shapely.from_geojson(path.read_text(encoding="utf-8"))
    polygon: shapely.Polygon = shapely.transform(shapely.get_parts(outline)[0], to_metres)
    return polygon


def _choose_sites(plots: blocks.Plots, most: int, rng: np.random.Generator) -> None:
    """Keep at most ``most`` construction sites, the others become open green; at least two."""
    sites = rng.permutation(np.flatnonzero(plots.use == blocks.SITE))
    plots.use[sites[most:]] = blocks.OPEN
    if len(sites) < 2:
        area = shapely.area(plots.ground)
        spare = np.flatnonzero(
            np.isin(plots.use, (blocks.OPEN, blocks.PARK, blocks.FIELD)) & (area > 4000) & (area < 60_000)
        )
        plots.use[rng.permutation(spare)[: 2 - len(sites)]] = blocks.SITE


def _streets_of(plots: blocks.Plots, edges: network.Edges, street_name: list[str]) -> list[str]:
    """The nearest named street of each plot."""
    known = np.array([bool(name) for name in street_name])
    named = np.flatnonzero(
        known[np.minimum(edges.street, len(known) - 1)] & (edges.rank >= network.RANK["residential"])
    )
    middle: Geometries = shapely.point_on_surface(plots.ground)
    nearest: Ints = named[shapely.STRtree(edges.line[named]).nearest(middle)]
    return [street_name[index] for index in edges.street[nearest].tolist()]


def _settle(
    scale: float,
    town_facts: towns.Towns,
    plots: blocks.Plots,
    *,
    plot_town: Ints,
    plot_street: list[str],
    made: building_rows.Buildings,
    rng: np.random.Generator,
) -> City:
    """Number the estates and let the people move in."""
    home = np.array([form.use in ("residential", "village_house") for form in FORMS])
    area = shapely.area(made.footprint)
    floor_area = area * made.floors
    building_town = plot_town[made.plot]
    lived_in = np.where(home[made.form] & ~made.shop, floor_area, 0.0)
    residents = people.residents(
        round(people.CENSUS_2020 * scale), lived_in, building_town, town_facts.code, town_facts.people_share
    )
    spot = shapely.get_coordinates(shapely.point_on_surface(made.footprint))
    number = ((spot[:, 0] * 0.11 + spot[:, 1] * 0.07) % 1900).astype(int) + 1
    address = [
        f"{plot_street[plot]}{house}号"
        for plot, house in zip(made.plot.tolist(), number.tolist(), strict=True)
    ]
    estate, estate_name = homes.number_estates(plots.use, made.plot, made.shop, plot_street, rng)
    return City(
        scale,
        town_facts,
        plots,
        plot_town,
        plot_street,
        made,
        building_town,
        area,
        floor_area,
        residents,
        spot,
        address,
        estate,
        estate_name,
    )
