"""Measures of accessibility against published values, and the traps each of them has."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.analysis import accessibility as access
from twin.errors import InputError


@pytest.fixture(scope="module")
def cases(shared: Path) -> Path:
    return shared / "cases" / "life_circle"


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class BeloHorizonte:
    """Five H3 cells with their land use, and the costs between them or from them to all cells."""

    def __init__(self, cases: Path, *, everywhere: bool) -> None:
        self.expected = json.loads((cases / "ipea_expected.json").read_text(encoding="utf-8"))
        self.ids: list[str] = self.expected["ids_order"]
        land_use = {row["id"]: row for row in rows(cases / "ipea_landuse_all.csv")}
        self.ends = list(land_use) if everywhere else self.ids
        table = rows(cases / ("ipea_od_from5_full.csv" if everywhere else "ipea_od5.csv"))
        self.pairs = access.Pairs.of(
            [self.ids.index(row["from_id"]) for row in table],
            [self.ends.index(row["to_id"]) for row in table],
            [float(row["travel_time"]) for row in table],
            origins=len(self.ids),
            facilities=len(self.ends),
        )
        self.land_use = land_use

    def of(self, column: str, ids: list[str] | None = None) -> np.ndarray:
        return np.array([float(self.land_use[i][column] or "nan") for i in ids or self.ends])

    def values(self, name: str) -> list[float]:
        return [self.expected[name][i] for i in self.ids]


def test_nearest_active_and_passive_equal_the_r_package(cases: Path) -> None:
    city = BeloHorizonte(cases, everywhere=False)
    assert access.nearest_cost(city.pairs, city.of("schools")).tolist() == city.values(
        "cost_to_closest_schools_minutes"
    )
    assert access.nearest_cost(city.pairs.reversed(), city.of("population")).tolist() == city.values(
        "passive_cost_to_closest_population"
    )


def test_cumulative_active_and_passive_equal_the_r_package(cases: Path) -> None:
    city = BeloHorizonte(cases, everywhere=False)
    assert access.cumulative(city.pairs, city.of("jobs"), 30).tolist() == city.values(
        "cumulative_jobs_cutoff30"
    )
    assert access.cumulative(city.pairs.reversed(), city.of("population"), 45).tolist() == city.values(
        "passive_cumulative_population_cutoff45"
    )


def test_floating_catchments_equal_the_r_package(cases: Path) -> None:
    city = BeloHorizonte(cases, everywhere=False)
    people, jobs = city.of("population"), city.of("jobs")
    found = access.two_step_fca(city.pairs, people, jobs, access.step(45))
    assert found.round(4).tolist() == city.values("2sfca_binary45_jobs_per_pop_round4")
    assert math.isclose(found @ people, jobs.sum())
    balanced = access.balanced_fca(city.pairs, people, jobs, access.step(45))
    assert balanced.round(4).tolist() == city.values("bfca_binary45_round4")
    everywhere = access.two_step_fca(city.pairs, people, jobs, np.ones_like)
    assert set(everywhere.round(4)) == {city.expected["2sfca_weight1_everywhere_round4"]}


def test_inequality_equals_the_r_package(cases: Path) -> None:
    city = BeloHorizonte(cases, everywhere=True)
    expected = city.expected
    jobs = access.cumulative(city.pairs, np.nan_to_num(city.of("jobs")), 30)
    people, income = city.of("population", city.ids), city.of("income_per_capita", city.ids)
    rest = np.array([i != "89a88cdb5cfffff" for i in city.ids])
    assert round(access.gini(jobs, people), 4) == next(
        value for name, value in expected.items() if name.startswith("gini_jobs")
    )
    assert round(access.gini(jobs[rest], people[rest]), 4) == expected["gini_without_89a88cdb5cfffff"]
    assert round(access.palma(jobs, people, income), 4) == expected["palma_ratio_jobs_cutoff30_round4"]
    assert (
        round(access.palma(jobs[rest], people[rest], income[rest]), 4)
        == expected["palma_without_89a88cdb5cfffff"]
    )


def hospital(cases: Path) -> dict[str, Any]:
    return json.loads((cases / "pysal_access_hospital_2sfca.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("scenario", range(4))
def test_asymmetric_travel_equals_pysal_and_keeps_supply(cases: Path, scenario: int) -> None:
    data = hospital(cases)
    case = data["cases"][scenario]
    origin, facility, cost = np.array(case["od"]).T
    pairs = access.Pairs.of(origin - 1, facility - 1, cost, origins=3, facilities=3)
    people, doctors = list(data["pop"].values()), list(data["doc"].values())
    weight = access.within(access.power(-1), np.nextafter(61.0, 0.0))  # PySAL's limit excludes 61 itself
    found = access.two_step_fca(pairs, people, doctors, weight)
    expected = list(case["expected_2sfca_inverse_distance"].values())
    assert np.allclose(found, expected, rtol=1e-14, atol=0)
    assert math.isclose(found @ np.array(people), case["check_sum"])


def test_swapping_the_direction_of_asymmetric_travel_is_seen(cases: Path) -> None:
    data = hospital(cases)
    case = data["cases"][1]
    origin, facility, cost = np.array(case["od"]).T
    wrong = access.Pairs.of(facility - 1, origin - 1, cost, origins=3, facilities=3)
    weight = access.within(access.power(-1), 60.0)
    found = access.two_step_fca(wrong, list(data["pop"].values()), list(data["doc"].values()), weight)
    assert not np.allclose(found, list(case["expected_2sfca_inverse_distance"].values()), rtol=1e-3)


def test_gravity_on_a_grid_equals_pysal(cases: Path) -> None:
    case = json.loads((cases / "pysal_access_gravity_grid.json").read_text(encoding="utf-8"))
    at = np.array([(i % 5, i // 5) for i in range(25)], dtype=float)
    cost = np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1))
    origin, facility = np.divmod(np.arange(625), 25)
    pairs = access.Pairs.of(origin, facility, cost.ravel(), origins=25, facilities=25)
    found = access.gravity(pairs, np.ones(25), access.power(1, scale=60))
    for place, value in case["expected"].items():
        assert abs(found[int(place) - 1] - value) < 1e-8


def handmade(cases: Path, name: str) -> dict[str, Any]:
    data = json.loads((cases / "handmade_semantics.json").read_text(encoding="utf-8"))
    return next(case for case in data["cases"] if case["id"] == name)


def test_coverage_depends_on_what_is_weighed(cases: Path) -> None:
    case = handmade(cases, "coverage_weighting")
    buildings = case["buildings"]
    people = np.array([b["pop"] for b in buildings], dtype=float)
    floor = np.array([b["floor_m2"] for b in buildings], dtype=float)
    home = np.array([b.get("use") != "factory" for b in buildings], dtype=float)
    rates = access.coverage_rates(
        [b["covered"] for b in buildings],
        {
            "building_rate_all": np.ones(3),
            "building_rate_residential": home,
            "population_rate": people,
            "residential_floor_area_rate": floor * home,
        },
    )
    assert rates == case["expect"]


def test_coverage_by_area_leaves_out_what_lies_in_none() -> None:
    rates = access.coverage_rates_by_area(
        [True, False, True, True], {"people": [1.0, 3.0, 5.0, 7.0]}, np.array([0, 0, -1, 2]), areas=4
    )
    assert np.array_equal(rates["people"], [0.25, np.nan, 1.0, np.nan], equal_nan=True)


def test_a_circle_needs_every_category(cases: Path) -> None:
    case = handmade(cases, "all_categories_AND")
    times = case["building_times_min"]
    found = access.life_circles([[60.0 * t for t in times.values()]], [60.0 * case["limit"]] * len(times))
    assert found.complete.tolist() == [case["expect_complete"]]
    assert found.reached.tolist() == [case["expect_count"]]
    assert list(times)[found.bottleneck[0]] == case["expect_bottleneck"]
    assert found.short_s.tolist() == [60.0]


def test_circles_at_the_limit_unreachable_and_tied() -> None:
    nan = math.nan
    found = access.life_circles([[300, 900], [300.001, 900], [nan, 2000], [310, 910], [nan, nan]], [300, 900])
    assert found.complete.tolist() == [True, False, False, False, False]
    assert found.reached.tolist() == [2, 1, 0, 0, 0]
    assert found.bottleneck.tolist() == [-1, 0, 0, 0, 0]
    assert found.short_s.round(3).tolist() == [0, 0.001, math.inf, 10, math.inf]
    nothing = access.life_circles(np.empty((2, 0)), [])
    assert nothing.complete.all() and nothing.bottleneck.tolist() == [-1, -1]


def test_limits_are_inclusive_and_the_unreachable_is_nowhere() -> None:
    pairs = access.Pairs.of(
        [0, 0, 1, 2], [0, 1, 1, 0], [900.0, 900.001, np.nan, np.inf], origins=4, facilities=2
    )
    assert len(pairs.cost) == 2
    assert access.cumulative(pairs, [1, 1], 900).tolist() == [1, 0, 0, 0]
    assert np.array_equal(access.nearest_cost(pairs), [900, np.nan, np.nan, np.nan], equal_nan=True)
    assert np.array_equal(
        access.nearest_cost(pairs, [0, 1]), [900.001, np.nan, np.nan, np.nan], equal_nan=True
    )
    mean = access.mean_cost(access.nearest_cost(pairs), [30, 10, 0, 0])
    assert (mean.value, mean.unreached) == (900.0, 0.25)
    assert math.isnan(access.mean_cost([np.nan], [5.0]).value)


def test_weights_at_their_marked_points() -> None:
    cost = np.array([0.0, 50.0, 100.0, 100.001, 1e6])
    assert access.step(100)(cost).tolist() == [1, 1, 1, 0, 0]
    assert access.linear(100)(cost).tolist() == [1, 0.5, 0, 0, 0]
    assert np.allclose(access.exponential(0.01)(cost[:3]), [1, math.exp(-0.5), math.exp(-1)])
    bell = access.gaussian(100)(cost)
    assert np.allclose(bell, [1, (math.exp(-0.125) - math.exp(-0.5)) / (1 - math.exp(-0.5)), 0, 0, 0])
    curve = access.logistic(50, 10)(cost)
    assert curve[0] == 1
    assert abs(curve[1] - 0.5) < 1e-4
    assert np.all(np.diff(curve) <= 0) and curve[-1] < 1e-300
    assert access.within(access.linear(100), 50)(cost).tolist() == [1, 0.5, 0, 0, 0]
    assert access.power(2, scale=100)(cost).tolist()[:3] == [0, 0.25, 1]


def test_weights_that_cannot_be() -> None:
    for build in (
        access.linear,
        access.gaussian,
        lambda x: access.logistic(1, x),
        lambda x: access.power(1, x),
    ):
        with pytest.raises(InputError, match="must be greater than 0"):
            build(0.0)
    with pytest.raises(InputError, match="infinite at a cost of 0"):
        access.power(-1)(np.array([0.0]))


@pytest.mark.parametrize(
    ("origin", "facility", "cost", "match"),
    [
        ([0], [0, 1], [1.0], "differ in length"),
        ([2], [0], [1.0], "every origin .* from 0 to 1"),
        ([0], [-1], [1.0], "every facility .* from 0 to 1"),
        ([0.5], [0], [1.0], "every origin"),
        ([0], [0], [-1.0], "negative"),
    ],
)
def test_od_tables_that_cannot_be(
    origin: list[float], facility: list[int], cost: list[float], match: str
) -> None:
    with pytest.raises(InputError, match=match):
        access.Pairs.of(origin, facility, cost, origins=2, facilities=2)


def test_an_empty_od_table_reaches_nothing() -> None:
    pairs = access.Pairs.of([], [], [], origins=2, facilities=1)
    assert access.two_step_fca(pairs, [1, 1], [5], access.step(1)).tolist() == [0, 0]
    assert np.isnan(access.nearest_cost(pairs)).all()


def test_amounts_must_fit_and_be_finite() -> None:
    pairs = access.Pairs.of([0], [0], [1.0], origins=1, facilities=1)
    with pytest.raises(InputError, match="supply must hold 1 numbers, not 2"):
        access.gravity(pairs, [1, 2], access.step(1))
    for bad in (math.nan, math.inf, -1.0):
        with pytest.raises(InputError, match="demand holds an empty, infinite or negative"):
            access.two_step_fca(pairs, [bad], [1], access.step(1))


od_tables = st.integers(1, 8).flatmap(
    lambda n: st.tuples(
        st.just(n),
        st.dictionaries(
            st.tuples(st.integers(0, n - 1), st.integers(0, 4)), st.floats(0.5, 100), min_size=1, max_size=25
        ),
        st.lists(st.integers(0, 500), min_size=n, max_size=n),
        st.lists(st.integers(0, 90), min_size=5, max_size=5),
    )
)


@settings(deadline=None)
@given(
    od_tables, st.sampled_from([access.step(60), access.gaussian(60), access.power(-1), access.linear(80)])
)
def test_supply_is_conserved(
    table: tuple[int, dict[tuple[int, int], float], list[int], list[int]], weight: Any
) -> None:
    origins, costs, people, places = table
    keys = np.array(list(costs))
    pairs = access.Pairs.of(keys[:, 0], keys[:, 1], list(costs.values()), origins=origins, facilities=5)
    found = access.two_step_fca(pairs, people, places, weight)
    asked = pairs.sum_by_facility(np.array(people, float)[pairs.origin] * weight(pairs.cost))
    assert math.isclose(
        found @ np.array(people), np.array(places)[asked > 0].sum(), rel_tol=1e-9, abs_tol=1e-9
    )


def test_balanced_levels_of_service_add_up() -> None:
    pairs = access.Pairs.of([0, 0, 1, 2], [0, 1, 1, 1], [1.0, 2.0, 3.0, 4.0], origins=3, facilities=2)
    found = access.balanced_fca(pairs, [10, 20, 30], [6, 11], access.step(5))
    # Half of the first ten people ask each facility: levels 6/5 and 11/55.
    assert np.allclose(found, [6 / 5 + 0.2 / 3, 0.2 / 3, 0.2 / 3])
    assert math.isclose(found.sum(), 6 / 5 + 11 / 55)


def test_inequality_of_known_distributions() -> None:
    assert access.gini([7, 7, 7], [1, 5, 2]) == pytest.approx(0, abs=1e-15)
    assert access.theil([7, 7, 7], [1, 5, 2]) == pytest.approx(0, abs=1e-15)
    assert access.gini([0, 1], [99, 1]) == pytest.approx(0.99)
    assert access.theil([0, 1], [99, 1]) == pytest.approx(math.log(100))
    assert access.gini([1, 3], [1, 1]) == pytest.approx(0.25)
    assert access.concentration([1, 3], [1, 1], [5, 9]) == pytest.approx(0.25)
    assert access.concentration([1, 3], [1, 1], [9, 5]) == pytest.approx(-0.25)
    assert access.concentration([1, 3], [1, 1], [5, 5]) == pytest.approx(0)
    assert access.palma(np.arange(1.0, 101), np.ones(100)) == pytest.approx(95 / 20.5)


def test_a_row_of_ten_people_equals_ten_rows_of_one() -> None:
    value, people = np.array([1.0, 4.0, 9.0]), np.array([10, 5, 1])
    for measure in (access.gini, access.theil):
        assert measure(value, people) == pytest.approx(measure(np.repeat(value, people), np.ones(16)))


def test_inequality_leaves_out_the_unreachable_and_the_uninhabited() -> None:
    for measure in (access.gini, access.theil, access.palma):
        whole = measure([1.0, 3.0, 8.0], [5.0, 4.0, 1.0])
        assert measure([1.0, 3.0, 8.0, np.nan, 99.0], [5.0, 4.0, 1.0, 50.0, 0.0]) == pytest.approx(whole)
        assert math.isnan(measure([1.0], [0.0]))
        assert math.isnan(measure([0.0, 0.0], [1.0, 1.0]))
        with pytest.raises(InputError, match="not defined for negative"):
            measure([-1.0], [1.0])
    with pytest.raises(InputError, match="ranks and values differ"):
        access.concentration([1.0], [1.0], [1.0, 2.0])
