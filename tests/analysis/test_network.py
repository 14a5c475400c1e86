"""Times on the network: the hand-derived traps, a real sample, and networkx on split multigraphs."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import networkx
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twin.analysis import _kernels, network
from twin.analysis import places as places_module
from twin.analysis import route as route_module
from twin.analysis.network import Network
from twin.analysis.places import Places
from twin.analysis.route import Route
from twin.errors import InputError

CASES = "cases/life_circle"


def places(*rows: tuple[Any, ...]) -> pd.DataFrame:
    """A frame of (edge, t, access_m) or (edge, t, access_m, owner)."""
    names = ["edge", "t", "access_m", "owner"][: len(rows[0]) if rows else 3]
    return pd.DataFrame(list(rows), columns=names)


def line(*lengths: float) -> Network:
    """Nodes 0, 1, 2 … in a row."""
    nodes = pd.DataFrame({"x": np.arange(len(lengths) + 1.0), "y": 0.0})
    u = np.arange(len(lengths))
    return Network.from_frames(nodes, pd.DataFrame({"u": u, "v": u + 1, "length_m": lengths}))


# --- the hand-derived cases ---------------------------------------------------------------------


class Handmade:
    """A case's graph, with places at its nodes."""

    def __init__(self, graph: dict[str, Any]) -> None:
        both_ways, one_way = graph.get("edges", []), graph.get("edges_directed", [])
        rows = [(*edge, False) for edge in both_ways] + [(*edge, True) for edge in one_way]
        self.edges = pd.DataFrame(rows, columns=["u", "v", "length_m", "oneway"])
        names = sorted(set(self.edges.u) | set(self.edges.v))
        self.nodes = pd.DataFrame({"x": np.arange(len(names), dtype=float), "y": 0.0}, index=names)
        self.network = Network.from_frames(self.nodes, self.edges)

    def at(self, *names: str) -> pd.DataFrame:
        """Places right at nodes."""
        rows = []
        for name in names:
            row = int(((self.edges.u == name) | (self.edges.v == name)).to_numpy().argmax())
            rows.append((row, 0.0 if self.edges.u[row] == name else 1.0, 0.0))
        return places(*rows)

    def seconds(self, origin: str, *facilities: str, limit_s: float = math.inf) -> float:
        """From a node to the nearest of others at 1 m/s."""
        found = self.network.nearest(self.at(origin), self.at(*facilities), speed_mps=1.0, limit_s=limit_s)
        return float(found[0])


@pytest.fixture(scope="module")
def case(shared: Path) -> Callable[[str], dict[str, Any]]:
    cases = json.loads((shared / CASES / "handmade_semantics.json").read_text("utf-8"))["cases"]
    return lambda name: next(case for case in cases if case["id"] == name)


def test_two_places_on_one_edge_meet_along_it(case: Callable[[str], dict[str, Any]]) -> None:
    facts = case("same_edge")
    made = Handmade(facts["graph"])
    length_m = facts["graph"]["edges"][0][2]
    here, there = (
        places((0, facts[name]["pos_m"] / length_m, facts[name]["access_m"]))
        for name in ("building", "facility")
    )
    for found in (
        made.network.nearest(here, there, speed_mps=1.0),
        made.network.pairs(here, there, speed_mps=1.0, limit_s=900).seconds,
    ):
        assert found.tolist() == [facts["expect_s"]]


def test_parallel_edges_count_at_their_least(case: Callable[[str], dict[str, Any]]) -> None:
    facts = case("parallel_edges_min")
    made = Handmade(facts["graph"])
    assert made.seconds(facts["from"], facts["to"]) == facts["expect_s"]
    # A place on the longer edge takes the shorter one where that is quicker: 90 m back, then 40 m.
    assert made.network.nearest(places((0, 0.05, 0)), places((0, 0.95, 0)), speed_mps=1.0)[0] == 50


@pytest.mark.parametrize(
    ("name", "length_m", "reached"), [("cutoff_inclusive", 900, True), ("just_over", 900.001, False)]
)
def test_limits_are_inclusive(
    case: Callable[[str], dict[str, Any]], name: str, length_m: float, reached: bool
) -> None:
    facts = case(name)
    made = Handmade(facts["graph"])
    assert facts["graph"]["edges"][0][2] == length_m
    assert facts["expect_reached"] is reached
    here, there = made.at("A"), made.at("B")
    limits = {"speed_mps": 1.0, "limit_s": facts["limit"]}
    assert np.isfinite(made.network.nearest(here, there, **limits)).tolist() == [reached]
    assert made.network.count(here, there, **limits).tolist() == [int(reached)]
    assert len(made.network.pairs(here, there, **limits)) == int(reached)


def test_what_hangs_apart_is_unreachable(case: Callable[[str], dict[str, Any]]) -> None:
    facts = case("disconnected")
    made = Handmade(facts["graph"])
    assert math.isnan(made.seconds(facts["from"], facts["to"]))
    assert made.network.count(made.at("A"), made.at("D"), speed_mps=1.0, limit_s=math.inf).tolist() == [0]
    assert made.network.pairs(made.at("A"), made.at("D"), speed_mps=1.0, limit_s=math.inf).empty
    assert made.network.route(0, 0, speed_mps=1.0, origins=made.at("A"), facilities=made.at("D")) is None


def test_residents_travel_to_the_facility_not_back(case: Callable[[str], dict[str, Any]]) -> None:
    facts = case("oneway_steps")
    made = Handmade(facts["graph"])
    assert made.seconds(facts["resident"], facts["facility"]) == facts["expect_s"]
    assert made.seconds(facts["facility"], facts["resident"]) == facts["graph"]["edges_directed"][0][2]


def test_up_and_down_take_different_times(case: Callable[[str], dict[str, Any]]) -> None:
    facts = case("uphill")
    u, v, length_m = facts["edge"]
    up, down = (length_m / (facts[f"tobler_kmh_{way}"] / 3.6) for way in ("up", "down"))
    edges = pd.DataFrame(
        {"u": [u], "v": [v], "length_m": [length_m], "seconds": [up], "seconds_back": [down]}
    )
    nodes = pd.DataFrame({"x": [0.0, 500.0], "y": 0.0}, index=[u, v])
    hill = Network.from_frames(nodes, edges)
    foot, top = places((0, 0.0, 0)), places((0, 1.0, 0))
    assert hill.nearest(foot, top, speed_mps=1.2)[0] == pytest.approx(facts["expect_up_s"], abs=1e-6)
    assert hill.nearest(top, foot, speed_mps=1.2)[0] == pytest.approx(facts["expect_down_s"], abs=1e-6)


def test_a_canal_is_crossed_at_its_bridge(case: Callable[[str], dict[str, Any]]) -> None:
    facts = case("barrier_river")
    made = Handmade(facts["graph"])
    assert made.seconds(facts["from"], facts["to"]) == facts["expect_s"]
    assert np.isfinite(made.seconds(facts["from"], facts["to"], limit_s=900)) == facts["expect_covered_900"]


def test_a_park_is_entered_by_its_nearest_gate(case: Callable[[str], dict[str, Any]]) -> None:
    facts = case("park_gates")
    made = Handmade(facts["graph"])
    gates = made.at(*facts["facility"]["gates"])
    assert made.seconds(facts["from"], *facts["facility"]["gates"]) == facts["expect_s"]
    park = gates.assign(owner=0)
    here = made.at(facts["from"])
    assert made.network.count(here, park, speed_mps=1.0, limit_s=900).tolist() == [1]
    assert made.network.count(here, gates, speed_mps=1.0, limit_s=900).tolist() == [2]
    assert made.network.pairs(here, park, speed_mps=1.0, limit_s=900).to_numpy().tolist() == [
        [0, 0, facts["expect_s"]]
    ]
    route = made.network.route(0, 0, speed_mps=1.0, origins=here, facilities=park)
    assert route is not None
    assert (route.seconds, route.facility_row) == (facts["expect_s"], 1)


def test_a_tie_goes_to_the_lowest_facility(case: Callable[[str], dict[str, Any]]) -> None:
    facts = case("two_facilities_nearest_id")
    made = Handmade(facts["graph"])
    for order in (("F1", "F2"), ("F2", "F1")):
        field = made.network.field(made.at(*order), speed_mps=1.0)
        seconds, facility = field.at(made.at("H"))
        assert (seconds.tolist(), facility.tolist()) == ([facts["expect_s"]], [0])
        assert field.node_facility[made.nodes.index.get_loc("H")] == 0


# --- a real walking graph ------------------------------------------------------------------------


def test_pandana_sample(shared: Path) -> None:
    folder = shared / CASES
    facts = json.loads((folder / "pandana_sample_expected.json").read_text("utf-8"))
    nodes = pd.read_csv(folder / "pandana_sample_nodes.csv", index_col="id")
    edges = pd.read_csv(folder / "pandana_sample_edges.csv").set_axis(["u", "v", "length_m"], axis=1)
    expected = pd.read_csv(folder / "pandana_sample_nearest30_expected.csv", index_col="id")["nearest_w"]
    sample = Network.from_frames(nodes, edges)
    assert (sample.n_nodes, sample.n_edges) == (facts["nodes"], facts["edges"])
    part, length_m = sample.components()
    assert np.bincount(part).max() == facts["largest_component_nodes"]
    assert length_m.sum() == pytest.approx(edges.length_m.sum())

    # A loop of no length at every node holds the places, for many nodes of the sample have no edge.
    loops = pd.DataFrame({"u": nodes.index, "v": nodes.index, "length_m": 0.0})
    sample = Network.from_frames(nodes, pd.concat([edges, loops], ignore_index=True))

    def at(ids: pd.Index) -> pd.DataFrame:
        rows = len(edges) + nodes.index.get_indexer(ids)
        return pd.DataFrame({"edge": rows, "t": 0.5, "access_m": 0.0})

    seeds = at(nodes.index[facts["seeds_internal_index (np.random.seed(0);choice(arange(N),30))"]])
    everywhere = at(nodes.index)
    found = sample.nearest(everywhere, seeds, speed_mps=1.0)
    wanted = expected.reindex(nodes.index).to_numpy()
    wanted = np.where(np.isfinite(wanted), wanted, np.nan)
    assert np.isnan(found).sum() == facts["unreachable_nodes_from_seeds"]
    np.testing.assert_array_equal(found, wanted)
    np.testing.assert_array_equal(sample.field(seeds, speed_mps=1.0).node_seconds, wanted)

    near = sample.pairs(everywhere.iloc[[0]], seeds, speed_mps=1.0, limit_s=10).sort_values(
        ["seconds", "facility"]
    )
    published = facts["test_cyaccess radius 10, 3 nearest"]
    assert near.seconds.tolist()[:3] == published["node0_dists"]
    assert sorted(near.facility.tolist()[:3]) == sorted(published["node0_poi_ids"])
    ends_of_path = nodes.index[[996, 71]]
    way = sample.route(0, 1, speed_mps=1.0, origins=at(ends_of_path), facilities=at(ends_of_path))
    assert way is not None
    assert way.seconds == facts["shortest_path_distance(996,71)"]


# --- networkx on an explicitly split multigraph -----------------------------------------------------

QUARTERS = st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0])
METRES = st.sampled_from([0, 0, 1, 2, 3, 5, 8, 40, 700])
SECONDS = st.sampled_from([math.nan, math.nan, math.inf, 0.0, 1.0, 4.0, 32.0])


@st.composite
def worlds(draw: st.DrawFn) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame, float]:
    """Nodes, edges, origins, facilities and a limit; every time is a sum that floats hold exactly."""
    n, m = draw(st.integers(1, 7)), draw(st.integers(1, 12))
    node = st.integers(0, n - 1)
    rows = [(draw(node), draw(node), draw(METRES), draw(st.booleans())) for _ in range(m)]
    edges = pd.DataFrame(rows, columns=["u", "v", "length_m", "oneway"])
    edges["length_m"] = edges["length_m"].astype(float)
    if draw(st.booleans()):
        edges["oneway"] = False
    if draw(st.booleans()):
        edges["seconds"] = [draw(SECONDS) for _ in range(m)]
        if draw(st.booleans()):
            edges["seconds_back"] = [draw(SECONDS) for _ in range(m)]
    xy = st.integers(-5, 5)
    nodes = pd.DataFrame(
        [(draw(xy), draw(xy)) for _ in range(n)], columns=["x", "y"], index=range(10, 10 + n)
    )
    edges["u"] += 10
    edges["v"] += 10

    def some() -> pd.DataFrame:
        k = draw(st.integers(0, 6))
        rows = [(draw(st.integers(-1, m - 1)), draw(QUARTERS), float(draw(METRES))) for _ in range(k)]
        frame = pd.DataFrame(rows, columns=["edge", "t", "access_m"])
        if k and draw(st.booleans()):
            frame["owner"] = [draw(st.integers(0, k - 1)) for _ in range(k)]
        return frame

    limit_s = draw(st.sampled_from([0.0, 1.0, 5.0, 12.5, 45.0, 900.0, math.inf]))
    return nodes, edges, some(), some(), limit_s


def split(
    nodes: pd.DataFrame,
    edges: pd.DataFrame,
    origins: pd.DataFrame,
    facilities: pd.DataFrame,
    speed_mps: float,
    links: pd.DataFrame | None = None,
) -> networkx.MultiDiGraph:
    """Every edge cut at the places and links on it, every place a node of its own at the end of its access leg."""
    graph = networkx.MultiDiGraph()
    graph.add_nodes_from(nodes.index)
    points: dict[int, set[float]] = {}
    for frame in (origins, facilities):
        for place in frame.itertuples():
            points.setdefault(int(place.edge), set()).add(float(place.t))
    ends = (
        [] if links is None else [[(row[0], row[1]), (row[2], row[3])] for row in links.to_numpy().tolist()]
    )
    for edge, t in (end for link in ends for end in link):
        points.setdefault(int(edge), set()).add(t)

    def spot(edge: int, t: float) -> Any:
        return {0.0: edges.u[edge], 1.0: edges.v[edge]}.get(t, (edge, t))

    for edge in edges.index:
        there = edges.seconds[edge] if "seconds" in edges else math.nan
        back = edges.seconds_back[edge] if "seconds_back" in edges else there
        there, back = (edges.length_m[edge] / speed_mps if math.isnan(s) else s for s in (there, back))
        if edges.oneway[edge]:
            back = math.inf
        cuts = sorted({0.0, 1.0} | points.get(edge, set()))
        for a, b in pairwise(cuts):
            if there < math.inf:
                graph.add_edge(spot(edge, a), spot(edge, b), weight=(b - a) * there)
            if back < math.inf:
                graph.add_edge(spot(edge, b), spot(edge, a), weight=(b - a) * back)
    for (a, b), length_m in zip(ends, [] if links is None else links.length_m, strict=True):
        for here, there in ((a, b), (b, a)):
            graph.add_edge(
                spot(int(here[0]), here[1]), spot(int(there[0]), there[1]), weight=length_m / speed_mps
            )
    for kind, frame in (("origin", origins), ("facility", facilities)):
        for owner, place in zip(frame.get("owner", frame.index), frame.itertuples(), strict=True):
            graph.add_node((kind, int(owner)))
            if place.edge >= 0:
                ends = [(kind, int(owner)), spot(int(place.edge), float(place.t))]
                ends = ends if kind == "origin" else ends[::-1]
                graph.add_edge(*ends, weight=place.access_m / speed_mps)
    return graph


def table(graph: networkx.MultiDiGraph, n_origins: int, n_facilities: int) -> np.ndarray:
    """Seconds of every pair, inf where there is no way."""
    out = np.full((n_origins, n_facilities), np.inf)
    for o in range(n_origins):
        if ("origin", o) in graph:
            reached = networkx.single_source_dijkstra_path_length(graph, ("origin", o))
            for f in range(n_facilities):
                out[o, f] = reached.get(("facility", f), np.inf)
    return out


def owners(frame: pd.DataFrame) -> int:
    return int(frame["owner"].max()) + 1 if "owner" in frame else len(frame)


def checked(route: Route, made: Network, edges: pd.DataFrame, origins: Places, facilities: Places) -> None:
    """Its edges follow on one another and its times add up to its seconds."""
    graph = made.graph(2.0)
    first, last = (edges.v if route.forward[0] else edges.u), (edges.u if route.forward[-1] else edges.v)
    assert origins.edge[route.origin_row] == route.edges[0]
    assert facilities.edge[route.facility_row] == route.edges[-1]
    assert route.t_start == origins.t[route.origin_row]
    assert route.t_end == facilities.t[route.facility_row]
    access = (origins.access_m[route.origin_row] + facilities.access_m[route.facility_row]) / 2.0
    times = [
        graph.forward[e] if f else graph.backward[e] for e, f in zip(route.edges, route.forward, strict=True)
    ]
    if len(times) == 1:
        shares = [abs(route.t_end - route.t_start)]
        assert route.forward[0] == (route.t_end >= route.t_start)
    else:
        shares = [1.0] * len(times)
        shares[0] = 1 - route.t_start if route.forward[0] else route.t_start
        shares[-1] = route.t_end if route.forward[-1] else 1 - route.t_end
        node = first[route.edges[0]]
        for e, forward in zip(route.edges[1:-1], route.forward[1:-1], strict=True):
            assert node == (edges.u[e] if forward else edges.v[e])
            node = edges.v[e] if forward else edges.u[e]
        assert node == last[route.edges[-1]]
    spent = access + sum(share * time for share, time in zip(shares, times, strict=True) if share)
    assert spent == pytest.approx(route.seconds, abs=1e-6)
    metres = sum(share * edges.length_m[e] for share, e in zip(shares, route.edges, strict=True))
    assert route.length_m == pytest.approx(metres + access * 2.0)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(worlds())
def test_equals_networkx(world: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame, float]) -> None:
    nodes, edges, origins, facilities, limit_s = world
    speed = {"speed_mps": 2.0}
    made = Network.from_frames(nodes, edges)
    n_origins, n_facilities = owners(origins), owners(facilities)
    wanted = table(split(nodes, edges, origins, facilities, 2.0), n_origins, n_facilities)
    within = np.where(wanted <= limit_s, wanted, np.inf)
    least = within.min(axis=1, initial=np.inf)

    np.testing.assert_array_equal(
        made.nearest(origins, facilities, limit_s=limit_s, **speed), np.where(np.isinf(least), np.nan, least)
    )
    np.testing.assert_array_equal(
        made.count(origins, facilities, limit_s=limit_s, **speed), np.isfinite(within).sum(axis=1)
    )
    pairs = made.pairs(origins, facilities, limit_s=limit_s, **speed)
    facility, origin = np.nonzero(np.isfinite(within.T))
    assert pairs.dtypes.astype(str).tolist() == ["int32", "int32", "float64"]
    assert pairs.facility.tolist() == facility.tolist()
    assert pairs.origin.tolist() == origin.tolist()
    np.testing.assert_array_equal(pairs.seconds, within[origin, facility])

    field = made.field(facilities, limit_s=limit_s, **speed)
    seconds, nearest = field.at(origins)
    lowest = [int(row.argmin()) if np.isfinite(row).any() else -1 for row in within]
    assert nearest.tolist() == lowest
    here, there = made.places(origins), made.places(facilities)
    for o in range(n_origins):
        for f in range(n_facilities):
            route = made.route(o, f, origins=origins, facilities=facilities, **speed)
            assert (route is None) == np.isinf(wanted[o, f])
            if route is not None:
                assert route.seconds == wanted[o, f]
                checked(route, made, edges, here, there)
    if n_facilities and "owner" not in facilities:
        grown = made.field(facilities[:1], limit_s=limit_s, **speed).with_added(facilities[1:])
        for got, want in zip(grown.at(origins), (seconds, nearest), strict=True):
            np.testing.assert_array_equal(got, want)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(worlds(), st.data())
def test_edited_equals_a_network_built_anew(
    world: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame, float], data: st.DataObject
) -> None:
    nodes, edges, origins, facilities, _ = world
    row = st.integers(0, len(edges) - 1)
    closed = data.draw(st.lists(row, max_size=2))
    k = data.draw(st.integers(0, 3))
    links = pd.DataFrame(
        [tuple(data.draw(s) for s in (row, QUARTERS, row, QUARTERS, METRES)) for _ in range(k)],
        columns=["edge_a", "t_a", "edge_b", "t_b", "length_m"],
    )
    made = Network.from_frames(nodes, edges)
    edited = made.edited(closed, links)
    found = edited.network.pairs(
        edited.moved(origins), edited.moved(facilities), speed_mps=2.0, limit_s=math.inf
    )

    anew = edges.copy()
    for name, other in (("seconds", None), ("seconds_back", "seconds")):
        if name not in anew:
            anew[name] = anew[other] if other else math.nan
        anew.loc[closed, name] = math.inf
    whole = split(nodes, anew, origins, facilities, 2.0, links)
    wanted = table(whole, owners(origins), owners(facilities))
    facility, origin = np.nonzero(np.isfinite(wanted.T))
    assert found.facility.tolist() == facility.tolist()
    assert found.origin.tolist() == origin.tolist()
    np.testing.assert_allclose(found.seconds, wanted[origin, facility], atol=1e-6)
    assert edited.network.n_edges == len(edges) + len(edited.pieces) + len(edited.links)


# --- one subject each ---------------------------------------------------------------------------------


def town(n: int = 400, seed: int = 5) -> tuple[Network, pd.DataFrame, list[pd.DataFrame]]:
    """A random network with homes and four groups of facilities."""
    random = np.random.default_rng(seed)
    nodes = pd.DataFrame(random.random((n, 2)) * 3000, columns=["x", "y"])
    ends = random.integers(0, n, (2 * n, 2))
    length_m = np.hypot(*(nodes.to_numpy()[ends[:, 0]] - nodes.to_numpy()[ends[:, 1]]).T) * 0.3
    edges = pd.DataFrame({"u": ends[:, 0], "v": ends[:, 1], "length_m": length_m})

    def some(k: int) -> pd.DataFrame:
        return pd.DataFrame({"edge": random.integers(0, 2 * n, k), "t": random.random(k), "access_m": 9.5})

    return Network.from_frames(nodes, edges), some(700), [some(k) for k in (1, 5, 30, 80)]


def test_many_groups_equal_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    made, homes, groups = town()
    limits = [300.0, 600.0, 900.0, math.inf]
    alone = [
        made.field(group, speed_mps=1.2, limit_s=limit) for group, limit in zip(groups, limits, strict=True)
    ]
    for n in (1, 2, 4):
        monkeypatch.setattr(network, "cores", lambda n=n: n)
        seconds, facility = made.nearest_each(homes, groups, speed_mps=1.2, limit_s=limits)
        for k, (field, single) in enumerate(
            zip(made.fields(groups, speed_mps=1.2, limit_s=limits), alone, strict=True)
        ):
            np.testing.assert_array_equal(field.node_seconds, single.node_seconds)
            np.testing.assert_array_equal(field.node_facility, single.node_facility)
            np.testing.assert_array_equal(seconds[k], single.at(homes)[0])
            np.testing.assert_array_equal(facility[k], single.at(homes)[1])
        pairs = made.pairs(homes, groups[3], speed_mps=1.2, limit_s=600)
        count = made.count(homes, groups[3], speed_mps=1.2, limit_s=600)
        assert np.bincount(pairs.origin, minlength=700).tolist() == count.tolist()
        assert pairs.equals(pairs.sort_values(["facility", "origin"], ignore_index=True))
    assert made.nearest_each(homes, [], speed_mps=1.2)[0].shape == (0, 700)


def test_added_facilities_equal_a_field_of_all() -> None:
    made, homes, groups = town()
    grown = made.field(groups[2], speed_mps=1.2, limit_s=900).with_added(groups[0]).with_added(groups[1])
    whole = made.field(pd.concat([groups[2], groups[0], groups[1]]), speed_mps=1.2, limit_s=900)
    for got, want in zip(grown.at(homes), whole.at(homes), strict=True):
        np.testing.assert_array_equal(got, want)
    np.testing.assert_array_equal(grown.node_facility, whole.node_facility)


def test_kept_origins_are_those_asked_for() -> None:
    """One more facility is quick because the origins' legs are kept, for each set of places and each speed."""
    made, homes, groups = town()
    sets = [made.places(homes[k::3]) for k in range(3)]
    for speed in (1.2, 0.8, 1.2):
        for here, frame in zip(sets, (homes[k::3] for k in range(3)), strict=True):
            kept = made.pairs(here, groups[2], speed_mps=speed, limit_s=600)
            assert kept.equals(made.pairs(frame, groups[2], speed_mps=speed, limit_s=600))
            assert len(kept)


def test_a_sum_that_floats_miss_is_still_inside_its_limit() -> None:
    """1,080 m in eleven parts at 1.2 m/s is 900 s, though the parts in seconds are no binary fractions."""
    made = line(*[100.0] * 10, 80.0)
    ends = {"origins": places((0, 0.0, 0)), "facilities": places((10, 1.0, 0))}
    assert made.nearest(**ends, speed_mps=1.2, limit_s=900).tolist() == [900.0]
    assert made.count(**ends, speed_mps=1.2, limit_s=900).tolist() == [1]
    assert np.isnan(made.nearest(**ends, speed_mps=1.2, limit_s=899.999998))


def test_order_of_addition_does_not_show() -> None:
    made, homes, groups = town()
    one = made.pairs(homes, groups[1], speed_mps=1.2, limit_s=math.inf).pivot_table(
        "seconds", "facility", "origin"
    )
    back = made.pairs(groups[1], homes, speed_mps=1.2, limit_s=math.inf).pivot_table(
        "seconds", "origin", "facility"
    )
    np.testing.assert_array_equal(one, back)


def test_far_and_heavy_things_do_not_upset_the_ring() -> None:
    """An edge of a million kilometres, one of a micrometre and an access leg of a thousand kilometres."""
    made = line(1e9, 1e-6, 5.0, 0.0, 1e9, 2.0)
    ends = places((0, 0.0, 0), (5, 1.0, 0), (2, 0.5, 1e6))
    found = made.pairs(ends, ends, speed_mps=1.0, limit_s=math.inf).seconds.to_numpy().reshape(3, 3)
    whole = 2e9 + 7.000001
    np.testing.assert_allclose(
        found, [[0, whole, 1e9 + 1e6 + 2.500001], [whole, 0, 1e9 + 1e6 + 4.5], [1e9 + 1e6 + 2.500001, 1e9 + 1e6 + 4.5, 2e6]],
        rtol=1e-12,
    )  # fmt: skip
    field = made.field(ends, speed_mps=1.0)
    assert field.node_seconds[[0, 1, 3, 6]].tolist() == [0.0, 1e6 + 2.500001, 1e6 + 2.5, 0.0]


def test_directed_networks_are_one_way() -> None:
    nodes = pd.DataFrame({"x": [0.0, 9.0], "y": 0.0}, index=["a", "b"])
    edges = pd.DataFrame({"u": ["a"], "v": ["b"], "length_m": [9.0]})
    made = Network.from_frames(nodes, edges, directed=True)
    here, there = places((0, 0.25, 0)), places((0, 0.75, 0))
    assert made.nearest(here, there, speed_mps=1.0).tolist() == [4.5]
    assert np.isnan(made.nearest(there, here, speed_mps=1.0)).tolist() == [True]
    assert made.nearest(there, there, speed_mps=1.0).tolist() == [0.0]


def test_other_times_on_the_same_streets() -> None:
    made = line(120.0, 240.0)
    ends = {"origins": places((0, 0.0, 0)), "facilities": places((1, 1.0, 6))}
    slow = made.with_seconds(np.array([500.0, np.nan]))
    shut = made.with_seconds(np.array([np.nan, np.inf]), np.array([np.nan, 7.0]))
    assert made.nearest(**ends, speed_mps=1.2).tolist() == [305.0]
    assert slow.nearest(**ends, speed_mps=1.2).tolist() == [705.0]
    assert np.isnan(shut.nearest(**ends, speed_mps=1.2)).tolist() == [True]
    back = {"origins": ends["facilities"], "facilities": ends["origins"]}
    assert shut.nearest(**back, speed_mps=1.2).tolist() == [112.0]


def test_components_come_longest_first() -> None:
    nodes = pd.DataFrame({"x": np.arange(7.0), "y": 0.0})
    edges = pd.DataFrame({"u": [0, 2, 3, 4], "v": [1, 3, 4, 5], "length_m": [10.0, 20.0, 30.0, 900.0]})
    made = Network.from_frames(nodes, edges)
    part, length_m = made.components()
    assert part.tolist() == [1, 1, 0, 0, 0, 0, 2]
    assert length_m.tolist() == [950.0, 10.0, 0.0]
    shut = made.edited(closed=[3]).network
    assert shut.components()[1].tolist() == [50.0, 10.0, 0.0, 0.0]


def test_a_link_cuts_the_edges_it_ends_on() -> None:
    """A footbridge between the middles of two parallel streets."""
    nodes = pd.DataFrame({"x": [0.0, 100, 0, 100], "y": [0.0, 0, 60, 60]}, index=list("abcd"))
    edges = pd.DataFrame({"u": ["a", "c"], "v": ["b", "d"], "length_m": [100.0, 100.0]})
    made = Network.from_frames(nodes, edges)
    links = pd.DataFrame({"edge_a": [0], "t_a": [0.5], "edge_b": [1], "t_b": [0.5], "length_m": [60.0]})
    edited = made.edited(links=links)
    assert edited.pieces.to_numpy().tolist() == [
        [2, 0, 0, 0.5],
        [3, 0, 0.5, 1],
        [4, 1, 0, 0.5],
        [5, 1, 0.5, 1],
    ]
    assert edited.links.tolist() == [6]
    assert (edited.network.topology.x[4:].tolist(), edited.network.topology.y[4:].tolist()) == (
        [50, 50],
        [0, 60],
    )
    home, shop = edited.moved(places((0, 0.25, 0))), edited.moved(places((1, 0.75, 0)))
    assert (home.edge.tolist(), home.t.tolist(), shop.edge.tolist(), shop.t.tolist()) == (
        [2],
        [0.5],
        [5],
        [0.5],
    )
    assert edited.moved(home) is home
    assert edited.network.nearest(home, shop, speed_mps=1.0).tolist() == [110.0]
    assert np.isnan(made.nearest(places((0, 0.25, 0)), places((1, 0.75, 0)), speed_mps=1.0)).all()
    quick = made.edited(links=links.assign(seconds=5.0, oneway=True))
    assert quick.network.nearest(home, shop, speed_mps=1.0).tolist() == [55.0]
    assert np.isnan(quick.network.nearest(shop, home, speed_mps=1.0)).all()


def test_places_off_the_network_reach_nothing() -> None:
    made = line(10.0)
    off, on = places((-1, math.nan, math.nan)), places((0, 0.5, 0))
    for here, there in ((off, on), (on, off), (off, off)):
        assert np.isnan(made.nearest(here, there, speed_mps=1.0)).all()
        assert made.count(here, there, speed_mps=1.0, limit_s=math.inf).tolist() == [0]
        assert made.route(0, 0, speed_mps=1.0, origins=here, facilities=there) is None


def test_nothing_to_reach() -> None:
    made, none, on = line(10.0), places(), places((0, 0.5, 0))
    assert np.isnan(made.nearest(on, none, speed_mps=1.0)).tolist() == [True]
    assert made.nearest(none, on, speed_mps=1.0).shape == (0,)
    assert made.count(on, none, speed_mps=1.0, limit_s=1).tolist() == [0]
    assert made.pairs(on, none, speed_mps=1.0, limit_s=1).shape == (0, 3)


NODES = pd.DataFrame({"x": [0.0, 1.0], "y": [0.0, 0.0]})
EDGES = pd.DataFrame({"u": [0], "v": [1], "length_m": [1.0]})


@pytest.mark.parametrize(
    ("nodes", "edges", "says"),
    [
        (NODES.drop(columns="y"), EDGES, "nodes lacks the column y"),
        (NODES.assign(x=math.nan), EDGES, "lacks its x or y"),
        (NODES.set_axis([0, 0]), EDGES, "node 0 is there twice"),
        (NODES, EDGES.drop(columns="v"), "lack the column v"),
        (NODES, EDGES.assign(v=7), "edge 0 ends at node 7"),
        (NODES, EDGES.assign(length_m=-1.0), "edge 0 has length_m -1"),
        (NODES, EDGES.assign(length_m="far"), "something not a number"),
        (NODES, EDGES.assign(seconds=-1.0), "must be 1 numbers from 0"),
    ],
)
def test_a_bad_network_is_refused(nodes: pd.DataFrame, edges: pd.DataFrame, says: str) -> None:
    with pytest.raises(InputError, match=says) as raised:
        Network.from_frames(nodes, edges)
    assert raised.value.zh.startswith("路网")


@pytest.mark.parametrize(
    ("frame", "says"),
    [
        (places((1, 0.5, 0)), "place 0 .* is not on the network"),
        (places((0, 0.5, 0), (0, 1.5, 0)), "place 1"),
        (places((0, 0.5, -2)), "place 0"),
        (places((0, math.nan, 0)), "place 0"),
        (places((0, 0.5, 0, -1)), "owner"),
        (places((0, 0.5, 0)).drop(columns="access_m"), "lacks the column access_m"),
    ],
)
def test_bad_places_are_refused(frame: pd.DataFrame, says: str) -> None:
    with pytest.raises(InputError, match=says):
        Network.from_frames(NODES, EDGES).nearest(frame, places((0, 0, 0)), speed_mps=1.0)


def test_bad_questions_are_refused() -> None:
    made, here = line(1.0), places((0, 0.5, 0))
    with pytest.raises(InputError, match="speed"):
        made.nearest(here, here, speed_mps=0.0)
    with pytest.raises(InputError, match="limit"):
        made.nearest(here, here, speed_mps=1.0, limit_s=-1)
    with pytest.raises(InputError, match="2 limits"):
        made.nearest_each(here, [here, here], speed_mps=1.0, limit_s=[1.0])
    with pytest.raises(InputError, match="another network"):
        made.nearest(line(1.0, 2.0).places(here), here, speed_mps=1.0)
    with pytest.raises(InputError, match="no place 1"):
        made.route(1, 0, speed_mps=1.0, origins=here, facilities=here)
    with pytest.raises(InputError, match="to close"):
        made.edited(closed=[3])
    with pytest.raises(InputError, match="off the network"):
        made.edited(
            links=pd.DataFrame({"edge_a": [0], "t_a": [0], "edge_b": [-1], "t_b": [0], "length_m": [1]})
        )


def test_kernels_compile_where_no_folder_can_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def njit(**options: Any) -> Callable[[Any], Any]:
        asked.append(options)
        if options.get("cache"):
            raise RuntimeError("cannot cache function: no locator available")
        return lambda function: function

    monkeypatch.setattr(_kernels.numba, "njit", njit)
    assert _kernels.kernel(abs) is abs
    assert asked == [{"cache": True, "nogil": True}, {"nogil": True}]


def test_warm_up_compiles_every_kernel() -> None:
    network.warm_up()
    sources = [Path(module.__file__).read_text("utf-8") for module in (network, places_module, route_module)]
    asked = set(re.findall(r"_kernels\.([a-z_]+)[(,]", "".join(sources)))
    assert {"sweep", "count_within", "pairs_within", "in_order", "way", "at_places", "legs"} <= asked
    assert sorted(name for name in asked if not getattr(_kernels, name).signatures) == []
