"""Nearest times on the demonstration city against an independent engine: networkx on a split multigraph."""

from __future__ import annotations

from itertools import pairwise

import networkx
import numpy as np
import pytest

from twin.analysis.city import City, Travel
from twin.analysis.life_circle import Parameters
from twin.analysis.places import Places
from twin.demo.install import install
from twin.settings import Settings
from twin.store import Store

SIZE = 200


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    home = tmp_path_factory.mktemp("against") / "home"
    with Store.open(home) as store:
        install(store, Settings(home=home), seed=310114, scale=0.05)
        return City.read(store)


def split_multigraph(travel: Travel, stops: Places) -> networkx.MultiDiGraph:
    """The street graph with a node for every home and facility, joined by its own ways, nothing shared with us."""
    streets = travel.streets
    forward, backward = streets.seconds(travel.traveller)
    graph = networkx.MultiDiGraph()
    on_edge: dict[int, list[tuple[float, object]]] = {}
    for kind, places in (("home", travel.origins), ("stop", stops)):
        for edge, t, access_m, owner in zip(
            places.edge, places.t, places.access_m, places.owner, strict=True
        ):
            if edge < 0 or (kind == "home" and owner >= SIZE):
                continue
            spot = (kind, int(owner), int(edge), float(t))
            on_edge.setdefault(int(edge), []).append((float(t), spot))
            ends = (((kind, int(owner)), spot), (spot, (kind, int(owner))))
            for start, end in ends:
                graph.add_edge(start, end, weight=float(access_m) / travel.speed_mps)
    for edge, (u, v) in enumerate(zip(streets.u.tolist(), streets.v.tolist(), strict=True)):
        stations = [
            (0.0, ("node", u)),
            *sorted(on_edge.get(edge, ()), key=lambda item: item[0]),
            (1.0, ("node", v)),
        ]
        for (first, a), (second, b) in pairwise(stations):
            if np.isfinite(forward[edge]):
                graph.add_edge(a, b, weight=float(forward[edge]) * (second - first))
            if np.isfinite(backward[edge]):
                graph.add_edge(b, a, weight=float(backward[edge]) * (second - first))
    return graph


@pytest.mark.slow
def test_every_pair_equals_networkx(city: City) -> None:
    [travel] = city.travels(Parameters(), cycle=False)
    services = city.supply(Parameters())
    rows = np.linspace(0, len(services) - 1, SIZE).astype(np.int64)
    stops = travel.stops(services, rows)
    graph = split_multigraph(travel, stops)
    pairs = travel.network.pairs(travel.origins, stops, speed_mps=travel.speed_mps, limit_s=3600.0)
    ours = np.full((SIZE, SIZE), np.nan)
    here = pairs["origin"].to_numpy() < SIZE
    ours[pairs["origin"].to_numpy()[here], pairs["facility"].to_numpy()[here]] = pairs["seconds"].to_numpy()[
        here
    ]
    theirs = np.full((SIZE, SIZE), np.nan)
    reversed_graph = graph.reverse(copy=False)
    for stop in range(SIZE):
        if ("stop", stop) not in graph:
            continue
        reached = networkx.single_source_dijkstra_path_length(reversed_graph, ("stop", stop), cutoff=3601.0)
        for home in range(SIZE):
            theirs[home, stop] = reached.get(("home", home), np.nan)
    known = np.isfinite(theirs) & (theirs <= 3600.0)
    assert known.sum() > SIZE * SIZE / 10
    np.testing.assert_array_equal(np.isfinite(ours), known)
    np.testing.assert_allclose(ours[known], theirs[known], atol=0.01)
    nearest = travel.network.nearest(travel.origins, stops, speed_mps=travel.speed_mps, limit_s=3600.0)[:SIZE]
    np.testing.assert_allclose(nearest, np.nanmin(np.where(known, theirs, np.inf), axis=1), atol=0.01)
