from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely

from twin.analysis import missing_links
from twin.analysis.missing_links import Circle, Parameters, Surroundings, best, candidates, kinds_of
from twin.analysis.network import Network
from twin.errors import Cancelled, InputError

SPEED = 1.2
HORIZON_S = 600.0


def places(*rows: tuple[int, float, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["edge", "t", "access_m"])


def canal(**changes: Any) -> tuple[Circle, np.ndarray]:
    """Two streets of 600 m either side of a canal, 60 m apart, joined 1 km to the east only.

    Forty homes on the south bank, ten people each; the one school lies on the north bank.
    """
    points = [(0, 0), (600, 0), (1000, 0), (1000, 60), (600, 60), (0, 60)]
    nodes = pd.DataFrame(points, columns=["x", "y"], dtype=float)
    edges = pd.DataFrame(
        {"u": [0, 1, 2, 3, 4], "v": [1, 2, 3, 4, 5], "length_m": [600.0, 400.0, 60.0, 400.0, 600.0]}
    )
    network = Network.from_frames(nodes, edges)
    lines = shapely.linestrings([[points[a], points[b]] for a, b in zip(edges["u"], edges["v"], strict=True)])
    homes = places(*[(0, (k + 0.5) / 40, 0.0) for k in range(40)])
    school = places((4, 0.9, 0.0))
    settings: dict[str, Any] = {"speed_mps": 1.0, "horizon_s": 1800.0} | changes
    return Circle.of(network, homes, [school], np.full(40, 10.0), np.array([[500.0]]), **settings), lines


def link(edge_a: int, t_a: float, edge_b: int, t_b: float, length_m: float, **more: float) -> pd.DataFrame:
    return pd.DataFrame(
        [{"edge_a": edge_a, "t_a": t_a, "edge_b": edge_b, "t_b": t_b, "length_m": length_m} | more]
    )


class Town:
    """A small network made by chance, with homes of several entrances, facilities and needs."""

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        side = 12
        x, y = (axis.ravel() * 80 + rng.normal(0, 15, side * side) for axis in np.mgrid[0:side, 0:side])
        number = np.arange(side * side).reshape(side, side)
        pairs = np.vstack(
            [
                np.column_stack([number[:, :-1].ravel(), number[:, 1:].ravel()]),
                np.column_stack([number[:-1].ravel(), number[1:].ravel()]),
            ]
        )
        pairs = pairs[rng.random(len(pairs)) < 0.75]
        pairs = np.vstack([pairs, pairs[:4], [[5, 5]]])  # parallel edges and a loop
        length_m = np.hypot(*(np.array([x, y])[:, pairs[:, 0]] - np.array([x, y])[:, pairs[:, 1]]))
        length_m = np.maximum(length_m * rng.uniform(1, 1.3, len(pairs)), 1.0)
        edges = pd.DataFrame(
            {
                "u": pairs[:, 0],
                "v": pairs[:, 1],
                "length_m": length_m,
                "oneway": rng.random(len(pairs)) < 0.08,
            }
        )
        self.network = Network.from_frames(pd.DataFrame({"x": x, "y": y}), edges)
        self.lines = shapely.linestrings(
            np.stack([np.column_stack([x, y])[pairs[:, 0]], np.column_stack([x, y])[pairs[:, 1]]], axis=1)
        )
        self.rng = rng
        self.homes = self.places(400).assign(owner=np.sort(rng.integers(0, 300, 400)))
        self.facilities = [self.places(count) for count in (3, 2, 4)]
        n = int(self.homes["owner"].max()) + 1
        self.people = rng.integers(1, 9, n).astype(float)
        self.kind = rng.integers(0, 2, n)
        self.limits_s = np.array([[300.0, 400.0, 250.0], [350.0, np.nan, 300.0]])

    def places(self, count: int) -> pd.DataFrame:
        return pd.DataFrame(
            {
                "edge": self.rng.integers(-1, self.network.n_edges, count),
                "t": self.rng.random(count),
                "access_m": self.rng.uniform(0, 30, count),
            }
        )

    def links(self, count: int) -> pd.DataFrame:
        return pd.DataFrame(
            {
                "edge_a": self.rng.integers(0, self.network.n_edges, count),
                "t_a": self.rng.choice([0.0, 0.25, 0.5, 0.7, 1.0], count),
                "edge_b": self.rng.integers(0, self.network.n_edges, count),
                "t_b": self.rng.random(count),
                "length_m": self.rng.uniform(5, 60, count),
            }
        )

    def circle(self) -> Circle:
        return Circle.of(
            self.network,
            self.homes,
            self.facilities,
            self.people,
            self.limits_s,
            self.kind,
            speed_mps=SPEED,
            horizon_s=HORIZON_S,
        )

    def anew(self, links: pd.DataFrame) -> tuple[np.ndarray, float]:
        """Who is complete and the person-seconds to everything needed, all computed from the edited network."""
        edited = self.network.edited(links=links)
        homes = edited.moved(self.homes)
        seconds = np.column_stack(
            [
                edited.network.nearest(homes, edited.moved(group), speed_mps=SPEED, limit_s=HORIZON_S)
                for group in self.facilities
            ]
        )
        seconds = np.where(np.isnan(seconds), np.inf, seconds)
        limit = self.limits_s[self.kind]
        needed = ~np.isnan(limit)
        complete = np.all((seconds <= limit) | ~needed, axis=1)
        return complete, float((np.minimum(seconds, HORIZON_S) * needed * self.people[:, None]).sum())


def test_a_bridge_completes_the_homes_it_brings_within_the_limit() -> None:
    circle, _ = canal()
    assert not circle.complete.any()
    # The school lies at x = 60; over a bridge of 60 m at x = 300, 200 m are left on the south bank.
    found = circle.gains(link(0, 0.5, 4, 0.5, 60))
    near = sum(abs((k + 0.5) * 15 - 300) <= 200 for k in range(40))
    assert found["gain_people"].tolist() == [near * 10.0]


def test_minutes_saved_are_counted_as_far_as_the_horizon() -> None:
    circle, _ = canal()
    found = circle.gains(link(0, 0.5, 4, 0.5, 60))
    saved = 0.0
    for k in range(40):
        x = (k + 0.5) * 15
        before = (1000 - x) + 60 + (1000 - 60)
        after = min(before, abs(x - 300) + 60 + (300 - 60))
        saved += 10 * (min(before, 1800) - min(after, 1800)) / 60
    assert found["person_minutes"].tolist() == pytest.approx([saved], abs=1e-6)


def test_a_limit_met_exactly_counts() -> None:
    network = Network.from_frames(
        pd.DataFrame({"x": [0.0, 100.0, 100.0, 0.0], "y": [0.0, 0.0, 50.0, 50.0]}),
        pd.DataFrame({"u": [0, 2], "v": [1, 3], "length_m": [1080.0, 100.0]}),
    )
    homes, school = places((0, 0.0, 0.0)), places((1, 0.5, 0.0))
    for limit, people in ((100.0, 7.0), (99.999, 0.0)):
        circle = Circle.of(network, homes, [school], np.array([7.0]), np.array([[limit]]), speed_mps=1.2)
        found = circle.gains(link(0, 0.0, 1, 0.5, 120.0))
        assert found["gain_people"].tolist() == [people]


def test_the_time_given_for_a_link_goes_before_its_length() -> None:
    circle, _ = canal()
    slow = circle.gains(link(0, 0.5, 4, 0.5, 60, seconds=260.0))
    plain = circle.gains(link(0, 0.5, 4, 0.5, 260.0))
    assert slow.equals(plain)
    one_way = circle.gains(link(0, 0.5, 4, 0.5, 60, seconds_back=np.inf))
    assert one_way.equals(circle.gains(link(0, 0.5, 4, 0.5, 60)))
    wrong_way = circle.gains(link(0, 0.5, 4, 0.5, 60, seconds=np.inf, seconds_back=60.0))
    assert wrong_way["gain_people"].tolist() == [0.0]


@pytest.mark.parametrize("seed", [0, 1, 2, 3])
def test_gains_equal_those_of_the_edited_network_computed_anew(seed: int) -> None:
    town = Town(seed)
    circle = town.circle()
    before, before_s = town.anew(town.links(0))
    assert np.array_equal(circle.complete, before)
    links = town.links(40)
    found = circle.gains(links)
    assert (found["gain_people"] > 0).sum() >= 10
    for number in range(len(links)):
        after, after_s = town.anew(links.iloc[[number]].reset_index(drop=True))
        assert not (before & ~after).any()
        assert found["gain_people"][number] == town.people[after & ~before].sum()
        assert found["person_minutes"][number] == pytest.approx((before_s - after_s) / 60, abs=1e-3)


def test_every_told_link_has_the_gain_of_the_edited_network() -> None:
    town = Town(7)
    told = best(
        town.circle(),
        town.lines,
        Surroundings(),
        Parameters(count=8, detour=2, more_m=100, apart_m=30, spacing_m=30, distinct_m=50),
    )
    assert len(told) == 8
    assert [item.rank for item in told] == list(range(1, 9))
    gains = [item.gain_people for item in told]
    assert gains == sorted(gains, reverse=True)
    assert gains[0] > 0
    before, _ = town.anew(town.links(0))
    for item in told:
        after, _ = town.anew(link(item.edge_a, item.t_a, item.edge_b, item.t_b, item.length_m))
        assert item.gain_people == town.people[after & ~before].sum()
        assert (
            item.detour is None
            or item.detour * item.length_m >= max(2 * item.length_m, item.length_m + 100) - 1e-6
        )


def test_the_finder_proposes_the_bridge() -> None:
    circle, lines = canal()
    water = np.array([shapely.box(-50, 20, 990, 40)])
    stages: list[tuple[float, str]] = []
    told = best(
        circle,
        lines,
        Surroundings(water=water),
        Parameters(count=3, apart_m=40),
        progress=lambda share, stage: stages.append((share, stage)),
    )
    assert told[0].kind == "bridge"
    assert told[0].length_m == pytest.approx(60, abs=1)
    # 440 m are left for the ways to the bridge and from it to the school; west of x = 60 + 220 it serves
    # all homes up to x = 500. A slanting one of 117 m would serve 36 homes.
    assert told[0].gain_people == 330.0
    assert told[0].detour is not None
    assert told[0].detour > 20
    assert abs(told[0].start[1] - told[0].end[1]) == pytest.approx(60)
    assert [share for share, _ in stages] == sorted(share for share, _ in stages)
    assert stages[-1] == (1.0, "done")


def test_links_told_lie_apart() -> None:
    circle, lines = canal()
    told = best(circle, lines, Surroundings(), Parameters(count=20, apart_m=20, distinct_m=150))
    middles = [np.mean([item.start, item.end], axis=0) for item in told]
    gaps = [np.hypot(*(a - b)) for i, a in enumerate(middles) for b in middles[:i]]
    assert len(told) > 2
    assert min(gaps) >= 150


def test_the_best_is_told_when_only_the_best_is_good_enough() -> None:
    circle, lines = canal()
    told = best(circle, lines, Surroundings(), Parameters(as_good=1.0))
    assert told[0].gain_people == 360.0
    assert told[0].length_m == pytest.approx(np.hypot(100, 60))


def test_pairs_whose_way_is_no_detour_are_no_candidates() -> None:
    circle, lines = canal()
    assert len(candidates(circle, lines, Parameters())) > 0
    assert len(candidates(circle, lines, Parameters(longest_m=59))) == 0
    assert len(candidates(circle, lines, Parameters(more_m=2001))) == 0
    found = candidates(circle, lines, Parameters(detour=20, longest_m=70))
    assert (found["length_m"] <= 70).all()
    # A pair at x is 2060 - 2 x apart on foot, at least 20 times 60 m.
    assert found["x_a"].max() <= (2060 - 1200) / 2


def test_links_end_only_where_they_may() -> None:
    circle, lines = canal()
    assert len(candidates(circle, lines, Parameters(), rows=np.array([0, 1, 2]))) == 0
    found = candidates(circle, lines, Parameters(), rows=np.array([0, 4]))
    assert set(found["edge_a"]) | set(found["edge_b"]) == {0, 4}


def test_nothing_is_told_where_no_link_helps() -> None:
    circle, lines = canal(horizon_s=500.0)
    blocked = Surroundings(obstacles=np.array([shapely.LineString([(-50, 30), (990, 30)])]))
    assert best(circle, lines, blocked, Parameters()) == []
    full = Circle.of(
        circle.network,
        places((4, 0.5, 0.0)),
        [places((4, 0.6, 0.0))],
        np.ones(1),
        np.array([[500.0]]),
        speed_mps=1.0,
    )
    assert full.complete.tolist() == [True]
    assert best(full, lines, Surroundings(), Parameters()) == []


def test_islands_are_joined_and_have_no_detour() -> None:
    circle, lines = canal()
    cut = circle.network.with_seconds(np.array([np.nan, np.inf, np.nan, np.nan, np.nan]))
    homes = places(*[(0, (k + 0.5) / 40, 0.0) for k in range(40)])
    island = Circle.of(
        cut, homes, [places((4, 0.9, 0.0))], np.full(40, 10.0), np.array([[500.0]]), speed_mps=1.0
    )
    told = best(island, lines, Surroundings(), Parameters())
    assert told[0].detour is None
    assert told[0].gain_people == 330.0


def test_what_lies_between_names_the_link() -> None:
    segments = shapely.linestrings(
        [[(0, 0), (0, 100)], [(50, 0), (50, 100)], [(100, 0), (100, 100)], [(150, 0), (150, 20)]]
    )
    around = Surroundings(
        water=np.array([shapely.box(-10, 40, 10, 60)]),
        estates=np.array([shapely.box(-20, 50, 70, 200), shapely.box(140, -50, 160, 200)]),
        main_roads=np.array([shapely.LineString([(-100, 30), (200, 30)])]),
    )
    assert kinds_of(segments, around) == ["bridge", "gate", "crossing", "path"]
    assert kinds_of(segments, Surroundings()) == ["path"] * 4


def test_the_canal_of_the_cases(shared: Path) -> None:
    cases = json.loads((shared / "cases/life_circle/handmade_semantics.json").read_text(encoding="utf-8"))
    case = next(item for item in cases["cases"] if item["id"] == "barrier_river")
    names = ["A", "B", "X", "Y", "C", "D"]
    edges = pd.DataFrame(case["graph"]["edges"], columns=["u", "v", "length_m"])
    network = Network.from_frames(
        pd.DataFrame({"x": [0.0, 300, 900, 900, 300, 0], "y": [0.0, 0, 0, 60, 60, 60]}, index=names), edges
    )
    home, service = places((0, 0.0, 0.0)), places((4, 1.0, 0.0))
    circle = Circle.of(
        network, home, [service], np.array([5.0]), np.array([[900.0]]), speed_mps=1.0, horizon_s=2000
    )
    assert circle.homes.seconds.tolist() == [[case["expect_s"]]]
    assert circle.complete.tolist() == [case["expect_covered_900"]]
    found = circle.gains(link(0, 0.0, 4, 1.0, case["euclid_m"]))
    assert found["gain_people"].tolist() == [5.0]
    assert found["person_minutes"].tolist() == pytest.approx([5 * (1850 - 60) / 60])


def test_work_stops_when_asked() -> None:
    circle, lines = canal()
    with pytest.raises(Cancelled):
        best(circle, lines, Surroundings(), Parameters(), cancelled=lambda: True)
    with pytest.raises(Cancelled):
        circle.gains(link(0, 0.5, 4, 0.5, 60), cancelled=lambda: True)


@pytest.mark.parametrize(
    ("people", "limits_s", "kind"),
    [
        (np.ones(39), [[500.0]], None),
        (np.ones(40), [[500.0, 300.0]], None),
        (np.ones(40), [[500.0]], np.ones(40, int)),
        (np.ones(40), [[5000.0]], None),
    ],
)
def test_inputs_must_fit(people: np.ndarray, limits_s: list[list[float]], kind: np.ndarray | None) -> None:
    circle, _ = canal()
    homes = places(*[(0, (k + 0.5) / 40, 0.0) for k in range(40)])
    with pytest.raises(InputError, match="do not fit"):
        Circle.of(
            circle.network, homes, [places((4, 0.9, 0.0))], people, np.array(limits_s), kind, speed_mps=1.0
        )


def test_the_method_is_stated_in_both_languages() -> None:
    assert "不可相加" in missing_links.METHOD.zh
    assert "do not add up" in missing_links.METHOD.en
    assert set(missing_links.TITLES) == {"bridge", "gate", "crossing", "path"}
