"""Siting against brute force: choices, proven bounds, and input that makes no sense."""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from twin.analysis import _cover, _fair, _milp, siting
from twin.errors import Cancelled, InputError

METHODS: tuple[siting.Method, ...] = ("greedy", "swap", "exact")
SLACK = 1e-6


def covered(cover: np.ndarray, weight: np.ndarray, chosen: Any) -> float:
    return float(weight[cover[:, list(chosen)].any(axis=1)].sum())


def subsets(cover: np.ndarray, p: int) -> list[tuple[int, ...]]:
    return list(itertools.combinations(range(cover.shape[1]), min(p, cover.shape[1])))


@st.composite
def problems(draw: st.DrawFn, most_rows: int = 14, most_sites: int = 7) -> tuple[np.ndarray, np.ndarray, int]:
    """A small cover matrix with repeated rows, weights that tie and differ, and a number of sites."""
    rows, sites = draw(st.integers(1, most_rows)), draw(st.integers(1, most_sites))
    kinds = draw(st.lists(st.lists(st.booleans(), min_size=sites, max_size=sites), min_size=1, max_size=rows))
    cover = np.array([kinds[draw(st.integers(0, len(kinds) - 1))] for _ in range(rows)], dtype=bool)
    weight = draw(st.lists(st.sampled_from([0.0, 1.0, 1.0, 2.5, 7.25, 100.0]), min_size=rows, max_size=rows))
    return cover, np.array(weight), draw(st.integers(1, sites + 1))


def clustered(rows: int, sites: int, seed: int, reach: float = 0.12) -> tuple[Any, np.ndarray]:
    """Points in a square, some towns denser; cover by distance."""
    rng = np.random.default_rng(seed)
    at, site = rng.random((rows, 2)) ** 1.5, rng.random((sites, 2)) ** 1.3
    near = np.hypot(*(at[:, None] - site[None]).transpose(2, 0, 1)) <= reach
    return sparse.csr_array(near), rng.gamma(1.2, 8.0, rows)


@pytest.fixture
def gap_case(shared: Path) -> dict[str, Any]:
    data = json.loads(
        (shared / "cases" / "life_circle" / "handmade_semantics.json").read_text(encoding="utf-8")
    )
    return next(case for case in data["cases"] if case["id"] == "mclp_greedy_gap")


def test_greedy_is_caught_where_it_is_not_optimal(gap_case: dict[str, Any]) -> None:
    names, rows = list(gap_case["candidates"]), list(gap_case["weights"])
    cover = np.array([[int(row) in gap_case["candidates"][name] for name in names] for row in rows])
    weight = list(gap_case["weights"].values())
    greedy = siting.maximal_cover(cover, weight, gap_case["p"], method="greedy")
    assert greedy.covered == pytest.approx(gap_case["greedy"]["value"])
    assert names[greedy.chosen[0]] == gap_case["greedy"]["sel_first"]
    assert greedy.bound >= gap_case["optimal"]["value"] - SLACK
    for method in ("swap", "exact"):
        best = siting.maximal_cover(cover, weight, gap_case["p"], method=method)
        assert best.covered == pytest.approx(gap_case["optimal"]["value"])
    assert sorted(names[j] for j in best.chosen) == gap_case["optimal"]["sel"]
    assert best.gap == 0


@settings(deadline=None, max_examples=60)
@given(problems())
def test_every_method_against_all_subsets(problem: tuple[np.ndarray, np.ndarray, int]) -> None:
    cover, weight, p = problem
    optimum = max(covered(cover, weight, chosen) for chosen in subsets(cover, p))
    found = {
        method: siting.maximal_cover(sparse.csr_array(cover), weight, p, method=method) for method in METHODS
    }
    for answer in found.values():
        assert len(answer.chosen) == len(set(answer.chosen)) <= p
        assert answer.covered == pytest.approx(covered(cover, weight, answer.chosen))
        assert answer.gains.sum() == pytest.approx(answer.covered)
        assert answer.covered - SLACK <= optimum <= answer.bound + SLACK
        assert answer.gap == pytest.approx(
            (answer.bound - answer.covered) / answer.bound if answer.bound else 0
        )
    assert found["exact"].covered == pytest.approx(optimum)
    assert found["exact"].gap == 0
    assert found["swap"].covered >= found["greedy"].covered - SLACK


@pytest.mark.parametrize("seed", range(3))
def test_the_program_closes_what_the_search_leaves_open(seed: int) -> None:
    cover, weight = clustered(400, 40, seed, reach=0.2)
    dense = cover.toarray()
    optimum = max(covered(dense, weight, chosen) for chosen in itertools.combinations(range(40), 3))
    exact = siting.maximal_cover(cover, weight, 3, method="exact")
    assert exact.covered == pytest.approx(optimum)
    assert exact.gap == 0


def test_methods_are_ordered_on_a_clustered_city() -> None:
    cover, weight = clustered(3000, 150, 4)
    greedy, swap, exact = (siting.maximal_cover(cover, weight, 8, method=method) for method in METHODS)
    assert greedy.covered <= swap.covered <= exact.covered + SLACK
    assert exact.covered <= exact.bound + SLACK
    assert exact.bound <= min(greedy.bound, swap.bound) + SLACK
    assert exact.gap == 0
    assert swap.gap < 0.05
    assert np.all(np.diff(exact.gains) <= SLACK)


def test_the_same_question_gets_the_same_answer() -> None:
    cover, weight = clustered(2000, 100, 9)
    for method in METHODS:
        first = siting.maximal_cover(cover, weight, 6, method=method)
        again = siting.maximal_cover(cover, weight, 6, method=method)
        assert first.chosen.tolist() == again.chosen.tolist()
        assert first.bound == again.bound


def test_of_equal_sites_the_first_is_chosen() -> None:
    cover = np.array([[0, 1, 1, 0], [0, 1, 1, 0], [1, 0, 0, 1]], dtype=bool)
    found = siting.maximal_cover(cover, [1.0, 1.0, 1.5], 2, method="greedy")
    assert found.chosen.tolist() == [1, 0]
    assert found.gains.tolist() == [2.0, 1.5]
    assert found.gap == 0


@given(problems())
@settings(deadline=None, max_examples=40)
def test_merging_equal_rows_changes_nothing(problem: tuple[np.ndarray, np.ndarray, int]) -> None:
    cover, weight, _ = problem
    compact = _cover.compact(sparse.csr_array(cover), weight)
    kept = cover[(weight > 0) & cover.any(axis=1)]
    assert compact.cover.rows == len(np.unique(kept, axis=0))
    for j, site in enumerate(compact.site):
        assert compact.cover.value(np.array([j])) == pytest.approx(covered(cover, weight, [site]))
    assert compact.cover.weight.sum() == pytest.approx(weight[cover.any(axis=1)].sum())


def test_rows_of_different_areas_are_not_merged() -> None:
    cover = sparse.csr_array(np.ones((4, 1), dtype=bool))
    compact = _cover.compact(cover, np.ones(4), np.array([0, 1, 0, 1]))
    assert compact.cover.weight.tolist() == [2.0, 2.0]
    assert compact.group.tolist() == [0, 1]


def test_warming_up_leaves_no_loop_to_compile() -> None:
    siting.warm_up()
    loops = (
        _cover.greedy,
        _cover.swap,
        _cover.shake,
        _cover.descend,
        _cover.average,
        _fair.greedy,
        _fair.swap,
    )
    before = [len(loop.signatures) for loop in loops]
    assert min(before) > 0
    cover, weight = clustered(300, 30, 1)
    siting.maximal_cover(cover, weight, 4, method="exact")
    siting.fair_cover(cover, weight, np.arange(300) % 3, 4)
    assert [len(loop.signatures) for loop in loops] == before


def test_sites_that_add_nothing_stay_out() -> None:
    cover = np.array([[1, 1, 0], [0, 1, 0]], dtype=bool)
    for method in METHODS:
        found = siting.maximal_cover(cover, [1.0, 2.0], 3, method=method)
        assert found.chosen.tolist() == [1]
        assert (found.covered, found.bound, found.gap) == (3.0, 3.0, 0.0)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("cover", "weight", "p"),
    [
        (np.ones((3, 2), dtype=bool), [1, 1, 1], 0),
        (np.zeros((3, 2), dtype=bool), [1, 1, 1], 2),
        (np.ones((3, 2), dtype=bool), [0, 0, 0], 2),
        (np.ones((0, 2), dtype=bool), [], 2),
        (np.ones((2, 0), dtype=bool), [1, 1], 2),
    ],
)
def test_nothing_to_cover_is_an_answer(
    method: siting.Method, cover: np.ndarray, weight: list[int], p: int
) -> None:
    found = siting.maximal_cover(cover, weight, p, method=method)
    assert found.chosen.tolist() == []
    assert (found.covered, found.bound, found.gap) == (0.0, 0.0, 0.0)


def test_zeros_and_repeats_in_the_matrix_count_once_and_the_caller_keeps_it() -> None:
    cover = sparse.csr_array(
        (np.array([True, True, False, True]), np.array([1, 1, 0, 0]), np.array([0, 3, 4])), shape=(2, 2)
    )
    found = siting.maximal_cover(cover, [5.0, 1.0], 1)
    assert found.chosen.tolist() == [1]
    assert found.covered == 5.0
    assert cover.nnz == 4


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"weight": [1.0]}, "the rows must match"),
        ({"weight": [1.0, math.nan]}, "empty, infinite or negative"),
        ({"weight": [1.0, -1.0]}, "empty, infinite or negative"),
        ({"p": -1}, "whole number from 0"),
        ({"p": 1.5}, "whole number from 0"),
        ({"p": True}, "whole number from 0"),
        ({"method": "magic"}, "there is no method 'magic'"),
        ({"time_limit_s": 0.0}, "time limit"),
    ],
)
def test_questions_that_make_no_sense(change: dict[str, Any], match: str) -> None:
    question: dict[str, Any] = {"cover": np.eye(2, dtype=bool), "weight": [1.0, 1.0], "p": 1} | change
    with pytest.raises(InputError, match=match):
        siting.maximal_cover(**question)


def test_cancelling_stops_the_work() -> None:
    cover, weight = clustered(500, 40, 2)
    for method in METHODS:
        with pytest.raises(Cancelled):
            siting.maximal_cover(cover, weight, 5, method=method, cancelled=lambda: True)


def knapsack(items: int) -> _milp.Program:
    """A program hard enough to outlast a moment: equal shares of correlated weights."""
    rng = np.random.default_rng(3)
    size = rng.integers(10_000, 20_000, (5, items)).astype(float)
    return _milp.Program(
        size.sum(axis=0) + rng.integers(0, 50, items),
        sparse.csr_array(size),
        np.full(5, -np.inf),
        np.floor(size.sum(axis=1) / 2),
        np.ones(items, dtype=bool),
    )


def test_the_solver_is_ended_when_the_work_is_cancelled() -> None:
    asked = iter([False, False, True])
    with pytest.raises(Cancelled):
        _milp.solve(knapsack(120), 300.0, lambda: next(asked))


def test_a_solver_out_of_time_still_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_milp, "GRACE_S", 60.0)  # a busy machine may take long to start the child
    program = knapsack(120)
    found = _milp.solve(program, 2.0)
    assert found.x is not None
    assert float(program.gain @ np.round(found.x)) <= found.bound < math.inf
    assert np.all(program.matrix @ np.round(found.x) <= program.high)


def test_a_failing_solver_gives_no_point_and_no_bound(caplog: pytest.LogCaptureFixture) -> None:
    broken = _milp.Program(
        np.ones(2), sparse.csr_array(np.ones((1, 2))), np.zeros(3), np.ones(3), np.ones(2, bool)
    )
    found = _milp.solve(broken, 5.0)
    assert found.x is None
    assert found.bound == math.inf
    assert "the solver failed" in caplog.text


@given(st.lists(st.sampled_from([0.0, 1.0, 1.0, 2.5, 9.0]), min_size=1, max_size=12), st.data())
@settings(deadline=None, max_examples=60)
def test_selection_of_the_largest(values: list[float], data: st.DataObject) -> None:
    count = data.draw(st.integers(1, len(values)))
    assert _cover._largest(np.array(values), count) == sorted(values, reverse=True)[count - 1]


def areas_of(draw: st.DrawFn, rows: int) -> tuple[np.ndarray, np.ndarray]:
    area = np.array(draw(st.lists(st.integers(-1, 2), min_size=rows, max_size=rows)))
    return area, np.array(draw(st.lists(st.booleans(), min_size=rows, max_size=rows)))


@settings(deadline=None, max_examples=50)
@given(st.data(), problems(12, 6), st.sampled_from([0.0, 0.3, 0.5, 0.8, 0.95, 1.0]))
def test_fewest_sites_against_all_subsets(
    data: st.DataObject, problem: tuple[np.ndarray, np.ndarray, int], target: float
) -> None:
    cover, weight, _ = problem
    area, already = data.draw(st.composite(lambda draw: areas_of(draw, len(weight)))())
    found = siting.fewest_sites(cover, weight, area, target, already=already, method="exact")
    assert [answer.area for answer in found] == sorted(set(area[area >= 0]))
    for answer in found:
        rows = area == answer.area
        total = weight[rows].sum()
        sizes = [
            len(chosen)
            for p in range(cover.shape[1] + 1)
            for chosen in itertools.combinations(range(cover.shape[1]), p)
            if weight[rows & (already | cover[:, list(chosen)].any(axis=1))].sum() >= target * total - SLACK
        ]
        assert answer.reached == bool(sizes)
        if total > 0:
            done = rows & (already | cover[:, answer.chosen].any(axis=1))
            assert answer.share == pytest.approx(weight[done].sum() / total)
            assert answer.before == pytest.approx(weight[rows & already].sum() / total)
        if sizes:
            assert len(answer.chosen) == min(sizes) == answer.at_least
            assert total == 0 or answer.share >= target - SLACK
        else:
            assert answer.at_least is None
            assert answer.share == pytest.approx(weight[rows & (already | cover.any(axis=1))].sum() / total)


def test_fewest_sites_of_a_clustered_city() -> None:
    cover, weight = clustered(2000, 120, 5, reach=0.2)
    area = np.arange(2000) % 3
    greedy = siting.fewest_sites(cover, weight, area, 0.9, method="greedy")
    swap = siting.fewest_sites(cover, weight, area, 0.9)
    exact = siting.fewest_sites(cover, weight, area, 0.9, method="exact")
    for g, s, e in zip(greedy, swap, exact, strict=True):
        assert g.reached and s.reached and e.reached
        assert min(g.share, s.share, e.share) >= 0.9
        assert e.at_least == len(e.chosen) <= len(s.chosen) <= len(g.chosen)
        assert s.at_least is not None and s.at_least <= len(e.chosen)
        assert g.at_least is not None and g.at_least <= len(e.chosen)


@settings(deadline=None, max_examples=50)
@given(st.data(), problems(12, 6))
def test_fair_cover_against_all_subsets(
    data: st.DataObject, problem: tuple[np.ndarray, np.ndarray, int]
) -> None:
    cover, weight, p = problem
    area, already = data.draw(st.composite(lambda draw: areas_of(draw, len(weight)))())
    kinds = [kind for kind in range(3) if weight[area == kind].sum() > 0]

    def shares(chosen: Any) -> list[float]:
        done = already | cover[:, list(chosen)].any(axis=1)
        return [float(weight[(area == kind) & done].sum() / weight[area == kind].sum()) for kind in kinds]

    optimum = max(min(shares(chosen), default=0.0) for chosen in subsets(cover, p))
    for method in METHODS:
        found = siting.fair_cover(cover, weight, area, p, already=already, method=method)
        assert found.areas.tolist() == kinds
        assert np.allclose(found.shares, shares(found.chosen))
        assert len(found.chosen) == len(set(found.chosen)) <= p
        assert found.least == pytest.approx(min(shares(found.chosen), default=0.0))
        assert found.least - SLACK <= optimum <= found.bound + SLACK
    assert found.least == pytest.approx(optimum)
    assert found.gap == pytest.approx(0, abs=SLACK)


def test_fairness_lifts_the_area_that_most_cover_forgets() -> None:
    cover = np.array([[1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 1]], dtype=bool)
    weight, area = [60.0, 50.0, 50.0, 1.0], np.array([0, 0, 0, 1])
    most = siting.maximal_cover(cover, weight, 2, method="exact")
    assert sorted(most.chosen) == [0, 1]
    fair = siting.fair_cover(cover, weight, area, 2, method="exact")
    assert sorted(fair.chosen) == [0, 2]
    assert fair.shares.tolist() == pytest.approx([110 / 160, 1.0])
    assert fair.gap == 0


def test_fair_cover_of_a_clustered_city_is_bounded() -> None:
    cover, weight = clustered(1500, 80, 6, reach=0.15)
    area = (np.arange(1500) * 4) // 1500
    greedy, swap, exact = (
        siting.fair_cover(cover, weight, area, 6, method=method, time_limit_s=20.0) for method in METHODS
    )
    assert greedy.least <= swap.least + SLACK
    assert swap.least <= exact.least + SLACK
    assert exact.least <= exact.bound + SLACK
    assert exact.bound <= swap.bound + SLACK
    assert exact.gap < 0.01


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"area": [0]}, "whole numbers, one per row"),
        ({"area": [0.0, 1.0]}, "whole numbers, one per row"),
        ({"already": [1, 0]}, "booleans, one per row"),
        ({"target_share": 1.5}, "from 0 to 1"),
        ({"target_share": math.nan}, "from 0 to 1"),
    ],
)
def test_areas_and_targets_that_make_no_sense(change: dict[str, Any], match: str) -> None:
    question: dict[str, Any] = {"cover": np.eye(2, dtype=bool), "weight": [1.0, 1.0], "area": [0, 1]} | change
    question.setdefault("target_share", 0.5)
    with pytest.raises(InputError, match=match):
        siting.fewest_sites(**question)
