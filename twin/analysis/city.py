"""What the analyses of reach know of one city: streets, residences, services, areas, rules.

Read once from the shown generations; networks and the places of residences on
them are made when a group of people first needs them and kept.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from twin.analysis import areas, closures, demand, rules, snapping, streets, supply, travellers
from twin.analysis.areas import Areas
from twin.analysis.demand import Demand, Floats, Ints
from twin.analysis.edits import Edited
from twin.analysis.ground import Ground
from twin.analysis.network import Network
from twin.analysis.places import Places
from twin.analysis.route import Route
from twin.analysis.rules import CATEGORY_IDS, CENTRE
from twin.analysis.snapping import Estates
from twin.analysis.streets import Streets
from twin.analysis.supply import Supply
from twin.analysis.travellers import Traveller
from twin.planned import Works
from twin.store import Generation, Store

if TYPE_CHECKING:
    from twin.analysis.life_circle import Parameters

CYCLE = "cycle"
"""The group whose network serves rules that allow the cycle."""
_PARK = CATEGORY_IDS.index("park")
_KEPT = 8
"""Networks kept with the residences placed on them; each is some 20 MB."""


@dataclass(frozen=True)
class Travel:
    """How one group gets about: its network and the residences' places on it.

    ``flags`` says of each residence how it was placed (:class:`snapping.Flag`);
    ``parks`` are outlines in metres. A scenario that changes the streets has the ``edited`` network and the rows of
    the streets it ``closed``.
    """

    streets: Streets
    traveller: Traveller
    network: Network
    origins: Places
    flags: npt.NDArray[np.uint8]
    snap_cap_m: float
    parks: npt.NDArray[Any]
    edited: Edited | None = None
    closed: Ints = field(default_factory=lambda: np.zeros(0, np.int64))

    @property
    def speed_mps(self) -> float:
        """Speed on the level, for the ways between doors and streets."""
        return self.traveller.speed_mps

    def reached_from(self, supply: Supply, row: int, limit_s: float) -> tuple[npt.NDArray[np.int32], Floats]:
        """Residences that reach one service within ``limit_s``, and their seconds."""
        stop = self.stops(supply, np.array([row]))
        pairs = self.network.pairs(self.origins, stop, speed_mps=self.speed_mps, limit_s=limit_s)
        return pairs["origin"].to_numpy(), pairs["seconds"].to_numpy()

    @property
    def on_network(self) -> npt.NDArray[np.bool_]:
        """Residences with at least one way onto the network, (n,)."""
        result = np.zeros(self.origins.count, dtype=np.bool_)
        result[self.origins.owner[self.origins.edge >= 0]] = True
        return result

    def stops(self, supply: Supply, rows: Ints) -> Places:
        """The places of services ``rows`` on the network, owned by their number within ``rows``.

        A park that has an outline is entered where a way crosses it, others from the nearest way.
        """
        lon, lat = supply.lon[rows], supply.lat[rows]
        parks = np.flatnonzero(supply.category[rows] == _PARK)
        if not len(parks) or not len(self.parks):
            return self.stops_at(lon, lat)
        points = shapely.points(self.streets.to_metres(lon[parks], lat[parks]))
        point, outline = shapely.STRtree(self.parks).query(points, predicate="within")
        point, first = np.unique(point, return_index=True)
        return self.stops_at(lon, lat, parks[point], self.parks[outline[first]])

    def stops_at(
        self, lon: Floats, lat: Floats, owners: Ints | None = None, outlines: npt.NDArray[Any] | None = None
    ) -> Places:
        """The places on the network of points in degrees, owned by their row.

        The rows ``owners`` are entered around their ``outlines`` (polygons in metres) instead.
        """
        metres = self.streets.to_metres(lon, lat)
        frame = snapping.snap(self.streets, metres, self.traveller, cap_m=self.snap_cap_m).places
        places = Places.of(frame, len(self.streets.u))
        if owners is not None and outlines is not None and len(owners):
            around = snapping.entrances(self.streets, outlines, self.traveller, cap_m=self.snap_cap_m)
            places = closures.replaced(places, owners, Places.of(around, len(self.streets.u)))
        if len(self.closed):
            places = closures.off(places, self.streets, metres, self.traveller, self.closed, self.snap_cap_m)
        return places if self.edited is None else self.edited.moved(places)

    def nearest(
        self, supply: Supply, groups: Sequence[Ints], limit_s: float
    ) -> list[tuple[Floats, npt.NDArray[np.int32]]]:
        """Seconds from every residence to the nearest service of each group of rows, and its row (-1: none)."""
        stops = [self.stops(supply, group) for group in groups]
        seconds, owner = self.network.nearest_each(
            self.origins, stops, speed_mps=self.speed_mps, limit_s=limit_s
        )
        return [
            (time, np.where(who < 0, -1, group[who]).astype(np.int32))
            for time, who, group in zip(seconds, owner, groups, strict=True)
        ]

    def changed(self, closed: Ints, links: pd.DataFrame | None, origins: Places) -> Travel:
        """The same group on streets some of which are ``closed`` and between which ``links`` were added.

        ``origins`` are the residences on the streets as they were, those of closed streets moved already.
        """
        edited = self.network.edited(closed.astype(np.int32), links)
        return replace(
            self, network=edited.network, origins=edited.moved(origins), edited=edited, closed=closed
        )

    def drawn_lines(self) -> npt.NDArray[Any]:
        """The line of every edge of the network in metres; pieces and links of a scenario follow the streets."""
        lines = self.streets.line
        if self.edited is None:
            return lines
        pieces = self.edited.pieces
        cut = [
            shapely.LineString(self.streets.part(int(parent), float(low), float(high)))
            for parent, low, high in zip(pieces["parent"], pieces["t_from"], pieces["t_to"], strict=True)
        ]
        shape = self.edited.network.topology
        links = self.edited.links
        ends = np.stack(
            [np.column_stack([shape.x[at], shape.y[at]]) for at in (shape.u[links], shape.v[links])], 1
        )
        return np.concatenate([lines, np.array(cut, dtype=object), shapely.linestrings(ends)])

    def line_of(self, route: Route) -> Floats:
        """The drawn line of a route: longitude and latitude, (k, 2)."""
        if self.edited is None:
            return self.streets.line_of(route)
        return edited_line(self.streets, self.edited, route)


def edited_line(streets: Streets, edited: Edited, route: Route) -> Floats:
    """The drawn line of a route on an edited network: pieces lie on the streets they were cut from."""
    shape, m = edited.network.topology, len(streets.u)
    parents = edited.pieces["parent"].to_numpy()
    t_from, t_to = edited.pieces["t_from"].to_numpy(), edited.pieces["t_to"].to_numpy()
    lines = []
    for number, (edge, forward) in enumerate(zip(route.edges.tolist(), route.forward.tolist(), strict=True)):
        first, last = (0.0, 1.0) if forward else (1.0, 0.0)
        first = route.t_start if number == 0 else first
        last = route.t_end if number == len(route.edges) - 1 else last
        if edge < m:
            lines.append(streets.part(edge, first, last))
        elif edge < m + len(parents):
            low, high = t_from[edge - m], t_to[edge - m]
            share = high - low
            lines.append(streets.part(int(parents[edge - m]), low + first * share, low + last * share))
        else:
            ends = np.array([[shape.x[node], shape.y[node]] for node in (shape.u[edge], shape.v[edge])])
            lines.append(ends[0] + np.outer([first, last], ends[1] - ends[0]))
    return streets.to_degrees(np.vstack(lines)) if lines else np.empty((0, 2))


@dataclass(frozen=True)
class City:
    """The inputs of every analysis of reach, read by :meth:`read`."""

    streets: Streets
    demand: Demand
    areas: Areas
    estates: Estates | None
    water: npt.NDArray[Any]
    parks: npt.NDArray[Any]
    town_types: dict[int, rules.TownType]
    rules_path: Path
    generations: tuple[Generation, ...]
    _services: dict[tuple[bool, bool], Supply]
    _travels: dict[tuple[Any, ...], Travel] = field(default_factory=dict)
    _placed: dict[tuple[Any, ...], tuple[Places, npt.NDArray[np.uint8]]] = field(default_factory=dict)
    _grounds: dict[tuple[Any, ...], Ground] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def read(cls, store: Store) -> City:
        """Everything the analyses need of the shown generations.

        Raises
        ------
        twin.errors.UnknownName
            There are no roads or no buildings yet.
        twin.errors.InputError
            No building is lived in, or a table of rules has faults.
        """
        streets_ = streets.read(store)
        residences = demand.read(store)
        kinds = rules.town_types(rules.town_types_path(store.home))
        central = [code for code, kind in kinds.items() if kind.central]
        found = areas.read(store, residences.lon, residences.lat, residences.town, central)
        services = {
            (planned, named): supply.read(store, planned=planned, centre_services=named)
            for planned in (False, True)
            for named in (False, True)
        }
        used = (
            store.generation("road"),
            *residences.generations,
            *services[True, True].generations,
            *found.generations,
        )
        return cls(
            streets_,
            residences,
            found,
            snapping.read_estates(store, streets_),
            _surfaces(store, streets_, "water"),
            _surfaces(store, streets_, "green", "WHERE kind = 'park'"),
            kinds,
            rules.rules_path(store.home),
            tuple({generation.alias: generation for generation in used}.values()),
            services,
        )

    @cached_property
    def road_fids(self) -> frozenset[int]:
        """Feature numbers of the roads."""
        return frozenset(self.streets.fid.tolist())

    def estate(self, fid: int) -> int | None:
        """The row of an estate by its feature number; None when there is no such estate."""
        if self.estates is None:
            return None
        rows = np.flatnonzero(self.estates.fid == fid)
        return int(rows[0]) if len(rows) else None

    def ground(self, travel: Travel) -> Ground:
        """The ground around the streets of a group, for drawing isochrones; made once a group's rules."""
        key = ("ground", travel.traveller.mode, travel.traveller.steps_allowed)
        with self._lock:
            if key not in self._grounds:
                network = self.streets.network(travel.traveller)
                rows = self.streets.targets(travel.traveller).whole
                self._grounds[key] = Ground.of(network, self.streets.line, rows=rows, water=self.water)
            ground = self._grounds[key]
        return ground if travel.edited is None else ground.moved(travel.edited)

    @cached_property
    def residences(self) -> Floats:
        """The residences in the streets' plane, (n, 2) metres."""
        return self.streets.to_metres(self.demand.lon, self.demand.lat)

    def supply(self, parameters: Parameters) -> Supply:
        """The services that ``parameters`` count."""
        return self._services[parameters.planned_centres, parameters.centre_services]

    def town_kind(self, code: int) -> str:
        """Type of the town with ``code``; towns the table lacks are taken as main city, the strictest."""
        known = self.town_types.get(code)
        return known.kind if known is not None else "main_city"

    @property
    def has_centres(self) -> bool:
        """Whether the city has neighbourhood centres, open or planned."""
        return bool(len(self._services[True, True].rows_of(CATEGORY_IDS.index(CENTRE))))

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of town in the city, in a fixed order."""
        return tuple(sorted({self.town_kind(code) for code in np.unique(self.demand.town).tolist()}))

    def profile(self, standard: str) -> rules.Profile:
        """What is known of a standard; :class:`UnknownName` when there is none of that name."""
        for profile in rules.profiles(self.rules_path):
            if profile.id == standard:
                return profile
        rules.load(standard, path=self.rules_path)
        raise AssertionError("load refuses what profiles does not list")

    def rules(self, standard: str, town_kind: str) -> rules.Rules:
        """The rules of ``standard`` in a kind of town."""
        return rules.load(standard, town_kind, path=self.rules_path)

    def travels(self, parameters: Parameters, *, cycle: bool) -> tuple[Travel, ...]:
        """How the group of ``parameters`` gets about; with ``cycle`` also by cycle when it walks."""
        own = travellers.get(parameters.group)
        if parameters.speed_mps is not None:
            own = own.replace(speed_mps=parameters.speed_mps)
        groups = [own]
        if cycle and own.mode == "foot" and own.id != "wheelchair":
            groups.append(travellers.get(CYCLE))
        factor = parameters.speed_factor
        groups = [group.replace(speed_mps=group.speed_mps * factor) for group in groups]
        return tuple(self._travel(group, parameters) for group in groups)

    def _travel(self, traveller: Traveller, parameters: Parameters) -> Travel:
        traveller = traveller.replace(crossing_s=traveller.crossing_s * parameters.crossing_factor)
        key = (traveller.key, parameters.snap_cap_m, parameters.unknown_gates)
        with self._lock:
            if key not in self._travels:
                if len(self._travels) >= _KEPT:
                    del self._travels[next(iter(self._travels))]
                self._travels[key] = self._make(traveller, parameters)
            return self._travels[key]

    def _make(self, traveller: Traveller, parameters: Parameters) -> Travel:
        """The group's network with the residences on it; how they are placed does not depend on its speed."""
        key = (traveller.mode, traveller.steps_allowed, parameters.snap_cap_m, parameters.unknown_gates)
        if key not in self._placed:
            if len(self._placed) >= _KEPT:
                del self._placed[next(iter(self._placed))]
            snapped = snapping.snap(
                self.streets,
                self.residences,
                traveller,
                estates=self.estates,
                cap_m=parameters.snap_cap_m,
                unknown_gates=parameters.unknown_gates,
            )
            self._placed[key] = (Places.of(snapped.places, len(self.streets.u)), snapped.flag)
        origins, flags = self._placed[key]
        network = self.streets.network(traveller)
        return Travel(self.streets, traveller, network, origins, flags, parameters.snap_cap_m, self.parks)

    def with_works(self, works: Works) -> City:
        """The city after buildings were built and demolished; planned residences come after all others."""
        homes = demand.lived_in(works)
        points = np.array([item.point for item in homes], float).reshape(-1, 2)
        town = np.array([self.areas.town_at(lon, lat) for lon, lat in points.tolist()], np.int64)
        return replace(
            self,
            demand=self.demand.with_works(works, town),
            areas=self.areas.joined(points[:, 0], points[:, 1], town),
            _travels={},
            _placed={},
            _lock=threading.Lock(),
        )

    def travel_with_works(self, travel: Travel, city: City, parameters: Parameters) -> Travel:
        """How a group gets about in ``city``, this one with more residences at the end; only those are placed."""
        known = len(self.demand)
        snapped = snapping.snap(
            self.streets,
            city.residences[known:],
            travel.traveller,
            estates=self.estates,
            cap_m=parameters.snap_cap_m,
            unknown_gates=parameters.unknown_gates,
        )
        fresh = replace(Places.of(snapped.places, travel.network.n_edges), count=len(city.demand) - known)
        return replace(
            travel, origins=travel.origins.joined(fresh), flags=np.concatenate([travel.flags, snapped.flag])
        )

    @cached_property
    def totals(self) -> Floats:
        """Sum of each weight by area, (areas, 4)."""
        return self.areas.sums(self.demand.weights)

    def shares(self, covered: npt.NDArray[np.bool_]) -> Floats:
        """Share of each weight that is ``covered``, (areas, 4); NaN where an area has none of it."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return self.areas.sums(self.demand.weights * covered[:, None]) / self.totals


def _surfaces(store: Store, streets_: Streets, layer: str, where: str = "") -> npt.NDArray[Any]:
    """Surfaces of a layer in the streets' plane; none where the home has no such layer."""
    if layer not in store.shown:
        return np.empty(0, dtype=object)
    relation = store.generation(layer).relation
    shapes = demand.geometries(store, f"SELECT ST_AsWKB(geom)::BLOB FROM {relation} {where} ORDER BY row_no")
    return np.asarray(
        shapely.transform(shapes, lambda points: streets_.to_metres(points[:, 0], points[:, 1]))
    )
