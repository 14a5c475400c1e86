"""Service radius: who lives within a distance of the features of any layer, straight and on foot.

The straight line is what most standards print and most reports use; the way
along the network is what people walk. Both are computed for every residence and
told side by side. Where the layer has lines or polygons, their nearest boundary
counts, not their middle.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import shapely
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from scipy.spatial import cKDTree

from layers import get
from layers._spec import LayerSpec, Text
from twin import catalogue
from twin.analysis.city import City, Travel
from twin.analysis.demand import WEIGHTS, Floats
from twin.analysis.life_circle import Parameters as CircleParameters
from twin.analysis.network import Network
from twin.analysis.places import Places
from twin.errors import InputError
from twin.scenario import Add, AnyEdit, Move, Remove
from twin.store import Generation, Store

Bools = NDArray[np.bool_]
Shapes = NDArray[Any]

PEOPLE = WEIGHTS.index("people")
DEFAULT_M = 500.0
ENTRANCE_M = 25.0
"""Lines and polygons are entered at points of their boundary so far apart."""


@dataclass(frozen=True, slots=True)
class Preset:
    """The usual distance for a layer, who states it, and the rate that is asked for."""

    distance_m: float
    citation: Text
    verified: bool
    target: float | None = None
    indicator: int | None = None


PRESETS: Mapping[str, Preset] = {
    "parcel_locker": Preset(
        300.0,
        Text(
            "《嘉定区城市数字化转型行动方案（2021-2023年）》指标 25：智能快件箱在社区的覆盖率 ≥ 95 %；"
            "方案未规定服务半径，300 m 为本项目的假设，未经核实",
            "Jiading action plan 2021-2023, indicator 25: communities covered by smart parcel lockers >= 95 %; "
            "it sets no radius, 300 m is an assumption of this project, not verified",
        ),
        verified=False,
        target=0.95,
        indicator=25,
    ),
    "bus_stop": Preset(
        500.0,
        Text(
            "上海市 15 分钟社区生活圈技术标准（2024 征求意见稿，据第三方摘要）：内环内 300 m，其他地区和新城 500 m",
            "Shanghai life-circle standard (2024 draft, as a third party sums it up): 300 m inside the Inner Ring, "
            "500 m elsewhere and in new cities",
        ),
        verified=False,
    ),
}
"""Distances for layers that have one; every other layer starts at :data:`DEFAULT_M`."""


class Parameters(BaseModel):
    """What a service radius assumes; every field is part of its evidence."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    layer: str = Field("parcel_locker", max_length=48, description="图层 layer whose features serve")
    distance_m: float | None = Field(
        None, gt=0, le=20_000, description="距离 distance, m; the layer's usual one when empty"
    )
    group: str = Field("adult", max_length=30, description="人群 whose network: a group of travel_groups.csv")
    snap_cap_m: float = Field(150.0, ge=5, le=2000, description="接入距离上限 farthest way to a street, m")
    unknown_gates: Literal["open", "closed"] = Field(
        "open", description="出入口未知的封闭小区 gated estates with unknown gates: open or closed"
    )
    community_share: float = Field(
        0.5,
        gt=0,
        le=1,
        description="小区计为覆盖的居民比例 share of its residents that makes a community covered",
    )

    @property
    def metres(self) -> float:
        """The distance asked for, or the layer's usual one."""
        if self.distance_m is not None:
            return self.distance_m
        return PRESETS[self.layer].distance_m if self.layer in PRESETS else DEFAULT_M


@dataclass(frozen=True, eq=False)
class Coverage:
    """Residences within the distance, (n,), in a straight line and along the network."""

    city: City
    travel: Travel
    generation: Generation
    parameters: Parameters
    straight: Bools
    network: Bools
    features: int
    off_network: int
    """Features from which no street can be reached."""

    def rates(self, *, network: bool) -> Floats:
        """Share of each weight within the distance, (areas, 4); NaN where an area has none of it."""
        return self.city.shares(self.network if network else self.straight)

    def communities(self) -> tuple[NDArray[np.int64], Bools, Bools] | None:
        """A residence of each community (estate) that has any, and whether it is covered, straight and on foot.

        None where the city has no estates. A community is covered when at least
        ``community_share`` of its residents are; of one without residents, its buildings.
        """
        estates = self.city.estates
        if estates is None:
            return None
        home, estate = shapely.STRtree(estates.outline).query(
            shapely.points(self.city.residences), predicate="intersects"
        )
        home, first = np.unique(home, return_index=True)
        estate = estate[first]
        present, community = np.unique(estate, return_inverse=True)
        people = self.city.demand.weights[home, PEOPLE]
        empty = np.bincount(community, people, len(present)) <= 0
        weight = np.where(empty[community], 1.0, people)
        total = np.bincount(community, weight, len(present))
        _, example = np.unique(community, return_index=True)
        wanted = self.parameters.community_share - 1e-12
        covered = [
            np.bincount(community, weight * reached[home], len(present)) >= wanted * total
            for reached in (self.straight, self.network)
        ]
        return home[example], covered[0], covered[1]


def straight_line(points_xy: Floats, shapes: Shapes, distance_m: float) -> Bools:
    """Points (n, 2) within ``distance_m`` of the nearest of ``shapes``, inclusive; metres all."""
    covered = np.zeros(len(points_xy), bool)
    if not len(shapes) or not len(points_xy):
        return covered
    if (shapely.get_type_id(shapes) == shapely.GeometryType.POINT).all():
        metres, _ = cKDTree(shapely.get_coordinates(shapes)).query(points_xy)
        return np.asarray(metres <= distance_m)
    (point, _), metres = shapely.STRtree(shapes).query_nearest(
        shapely.points(points_xy),
        max_distance=distance_m * (1 + 1e-9),
        return_distance=True,
        all_matches=False,
    )
    covered[point[metres <= distance_m]] = True
    return covered


def along_network(network: Network, residences: Places, entrances: Places, distance_m: float) -> Bools:
    """Residences from which an entrance is within ``distance_m`` along open streets, inclusive, (n,).

    Metres walked, with the ways between doors and streets; slopes and waits do not count.
    """
    lengths = network.with_seconds(
        np.where(np.isposinf(network.forward_s), np.inf, np.nan),
        np.where(np.isposinf(network.backward_s), np.inf, np.nan),
    )
    return ~np.isnan(lengths.nearest(residences, entrances, speed_mps=1.0, limit_s=distance_m))


def entrances(shapes: Shapes) -> tuple[Floats, NDArray[np.int64]]:
    """Where shapes (metres) are entered: points (k, 2) and the row of the shape of each.

    A point is its own entrance; lines and polygons have one at every vertex of their boundary, at
    most :data:`ENTRANCE_M` apart.
    """
    dimension = shapely.get_dimensions(shapes)
    border = np.where(dimension == 2, shapely.boundary(shapes), shapes)
    long = dimension > 0
    border[long] = shapely.segmentize(border[long], ENTRANCE_M)
    points, row = shapely.get_coordinates(border, return_index=True)
    return points, row.astype(np.int64)


def coverage(
    store: Store,
    city: City,
    parameters: Parameters,
    *,
    travel: Travel | None = None,
    edits: Sequence[AnyEdit] = (),
) -> Coverage:
    """Who lives within the distance of the shown features of ``parameters.layer``.

    For a scenario, ``edits`` put features elsewhere, and ``city`` and ``travel`` are those of a life-circle study with
    the same edits; ``travel`` is otherwise made for the group of ``parameters``.

    Raises
    ------
    twin.errors.UnknownName
        No such layer or group, or the layer holds nothing yet.
    twin.errors.InputError
        The layer is the residences or the streets themselves.
    """
    generation = store.generation(parameters.layer)
    spec = get(parameters.layer)
    if spec.id in ("building", "road"):
        raise InputError(
            f"图层“{spec.title.zh}”不是服务设施；请选择其他图层。",
            f"the layer {spec.title.en} does not serve anybody; choose another one.",
        )
    if travel is None:
        travel = city.travels(
            CircleParameters.model_validate(
                parameters.model_dump(include={"group", "snap_cap_m", "unknown_gates"})
            ),
            cycle=False,
        )[0]
    shapes, features = _shapes(store, generation, city, edits)
    straight = straight_line(city.residences, shapes, parameters.metres)
    points, row = entrances(shapes)
    lon, lat = city.streets.to_degrees(points).T if len(points) else np.zeros((2, 0))
    stops = travel.stops_at(lon, lat)
    reached = along_network(travel.network, travel.origins, stops, parameters.metres)
    on = np.unique(row[stops.owner[stops.edge >= 0]])
    return Coverage(
        city, travel, generation, parameters, straight, reached, features, len(np.unique(row)) - len(on)
    )


def report(store: Store, city: City, parameters: Parameters) -> dict[str, Any]:
    """Rates by area, straight and along the network, with their evidence, as plain data."""
    found = coverage(store, city, parameters)
    preset = PRESETS.get(parameters.layer)
    target = None if preset is None else preset.target
    straight, network = found.rates(network=False), found.rates(network=True)
    communities = found.communities()
    rows = []
    for number, area in enumerate(city.areas.areas):
        rate = _plain(network[number, PEOPLE])
        row: dict[str, Any] = {
            "id": area.id,
            "name": area.name,
            "name_en": area.name_en,
            "kind": area.kind,
            "straight": _named(straight[number]),
            "network": _named(network[number]),
            "target": target,
            "gap": None if target is None or rate is None else target - rate,
            "communities": None,
        }
        if communities is not None:
            row["communities"] = _communities(communities, area.members)
        rows.append(row)
    spec = get(parameters.layer)
    return {
        "layer": spec.id,
        "title": {"zh": spec.title.zh, "en": spec.title.en},
        "distance_m": parameters.metres,
        "features": found.features,
        "citation": None if preset is None else {"zh": preset.citation.zh, "en": preset.citation.en},
        "verified": preset is not None and preset.verified,
        "areas": rows,
        "evidence": evidence(store, found).as_dict(),
    }


def evidence(store: Store, found: Coverage) -> catalogue.Evidence:
    """The evidence card of every rate of a service radius."""
    city = found.city
    used = [found.generation, store.generation("road"), *city.demand.generations, *city.areas.generations]
    if city.estates is not None:
        used.append(store.generation("estate"))
    parameters = found.parameters.model_dump() | {
        "distance_m": found.parameters.metres,
        "denominators": list(WEIGHTS),
    }
    unique = tuple({generation.alias: generation for generation in used}.values())
    return catalogue.evidence(store, unique, method(found), parameters, _caveats(found))


def method(found: Coverage) -> dict[str, str]:
    """The method statement, one text per language."""
    spec, metres = get(found.parameters.layer), found.parameters.metres
    preset = PRESETS.get(spec.id)
    traveller = found.travel.traveller
    share = f"{found.parameters.community_share:.0%}"
    shape_zh = "" if spec.geometry == "point" else "线和面取其边界上最近的点；"
    shape_en = (
        "" if spec.geometry == "point" else "of lines and polygons the nearest point of the boundary counts; "
    )
    cited_zh = f"距离依据：{preset.citation.zh}。" if preset else "距离由使用者给定。"
    cited_en = f"The distance: {preset.citation.en}." if preset else "The distance was given by the user."
    return {
        "zh": (
            f"以“{spec.title.zh}”为服务设施，距离 {metres:g} m（含）。直线：住宅内点到设施的平面直线距离；"
            f"路网：{traveller.title.zh}可走的路段上的实际路程，含两端从门口到道路的接入距离，封闭小区经出入口进出，"
            f"不计等待与坡度；{shape_zh}覆盖率为距离内的住宅所占的人口、住宅建筑面积、居住用地面积或住宅栋数之比。"
            f"小区覆盖率：至少 {share} 的居民在距离内的小区数之比。{cited_zh}"
        ),
        "en": (
            f"{spec.title.en} serve within {metres:g} m, inclusive. Straight: plane distance from a point inside the "
            f"home to the feature. Network: metres along the ways of {traveller.title.en.lower()}, with the ways between "
            f"doors and streets, gated estates entered by their gates, waits and slopes not counted; {shape_en}"
            "rates are shares of people, residential floor area, residential land or residential buildings within "
            f"the distance. A community is covered when at least {share} of its residents are. {cited_en}"
        ),
    }


def _shapes(store: Store, generation: Generation, city: City, edits: Sequence[AnyEdit]) -> tuple[Shapes, int]:
    """The features after ``edits`` in the streets' plane, parts of several taken apart, and how many there are."""
    rows = (
        store.cursor()
        .execute(f"SELECT fid, ST_AsWKB(geom)::BLOB FROM {generation.relation} ORDER BY row_no")
        .fetchall()
    )
    found = {fid: None if wkb is None else shapely.from_wkb(bytes(wkb)) for fid, wkb in rows}
    for edit in edits:
        if not isinstance(edit, (Add, Move, Remove)) or edit.layer != generation.layer:
            continue
        if isinstance(edit, Add):
            found[-edit.id] = shapely.Point(edit.lon, edit.lat)
        elif edit.fid in found and isinstance(edit, Move):
            found[edit.fid] = shapely.Point(edit.lon, edit.lat)
        else:
            found.pop(edit.fid, None)
    shapes = shapely.get_parts(
        np.array([shape for shape in found.values() if shape is not None], dtype=object)
    )
    moved: Shapes = shapely.transform(
        shapes, lambda points: city.streets.to_metres(points[:, 0], points[:, 1])
    )
    return moved, len(found)


def _caveats(found: Coverage) -> list[dict[str, str]]:
    told = list(found.city.demand.caveats)
    preset = PRESETS.get(found.parameters.layer)
    if preset is not None and not preset.verified:
        told.append(
            {
                "zh": "距离取值尚未与标准原文核对。",
                "en": "The distance has not been checked against the text of a standard.",
            }
        )
    if found.off_network:
        cap = found.parameters.snap_cap_m
        told.append(
            {
                "zh": f"{found.off_network} 个设施在 {cap:g} m 内没有可走的路，只计入直线覆盖。",
                "en": f"{found.off_network} features have no way within {cap:g} m; they count in a straight line only.",
            }
        )
    off = float(found.city.demand.weights[_off(found.travel.origins), PEOPLE].sum())
    if off > 0:
        told.append(
            {
                "zh": f"{off:,.0f} 人的住宅附近没有可走的路，路网口径计为未覆盖。",
                "en": f"The homes of {off:,.0f} people have no way near; along the network they are not covered.",
            }
        )
    return told


def _off(origins: Places) -> Bools:
    """Residences that no street can be reached from, (n,)."""
    off = np.ones(origins.count, bool)
    off[origins.owner[origins.edge >= 0]] = False
    return off


def _communities(
    communities: tuple[NDArray[np.int64], Bools, Bools], members: NDArray[np.int64]
) -> dict[str, Any] | None:
    example, straight, network = communities
    inside = np.isin(example, members)
    count = int(inside.sum())
    if not count:
        return None
    return {
        "count": count,
        "straight": float(straight[inside].mean()),
        "network": float(network[inside].mean()),
    }


def _named(rates: Floats) -> dict[str, float | None]:
    return {name: _plain(rates[k]) for k, name in enumerate(WEIGHTS)}


def _plain(value: float) -> float | None:
    """A number for JSON: None instead of NaN."""
    return float(value) if math.isfinite(value) else None


def layers_to_offer(store: Store) -> list[LayerSpec]:
    """Shown layers that can serve: all but residences, streets and administrative areas."""
    left_out = ("building", "road", "district", "town", "pilot_area", "land_use", "estate", "water")
    return [get(layer) for layer in store.shown if layer not in left_out]
