"""Path loss, line of sight, walls and edges: every published case, the edges of validity, the compiled twins."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numba
import numpy as np
import pytest
from numpy.typing import NDArray

from twin.analysis.coverage_5g import propagation as radio
from twin.analysis.coverage_5g import scalar
from twin.errors import InputError


def cases(shared: Path, name: str) -> list[dict[str, str]]:
    with (shared / "cases" / "coverage" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def column(rows: list[dict[str, str]], name: str) -> NDArray[np.float64]:
    return np.array([float(row[name]) for row in rows])


def by_scenario(rows: list[dict[str, str]]) -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        found.setdefault(row["scenario"].removesuffix("-StreetCanyon"), []).append(row)
    return found


def test_path_loss_equals_both_simulators(shared: Path) -> None:
    checked = 0
    for scenario, rows in by_scenario(cases(shared, "tr38901_pathloss_ns3.csv")).items():
        visible = np.array([row["condition"] == "LOS" for row in rows])
        path = [column(rows, name) for name in ("d2d_m", "fc_ghz", "h_bs_m", "h_ut_m")]
        loss = radio.path_loss_db(scenario, visible, *path, building_height_m=5, street_width_m=20)
        inside = column(rows, "in_validity_range") == 1
        tolerance = column(rows, "tolerance_db")
        for peer in ("pl_db_ns3", "pl_db_sionna_ref"):
            assert np.all(np.abs(loss - column(rows, peer))[inside] <= tolerance[inside])
        assert np.isfinite(loss).all()
        assert np.array_equal(radio.valid(scenario, visible, *path), inside)
        checked += len(rows)
    assert checked == 935


def test_path_loss_equals_the_published_vectors(shared: Path) -> None:
    for scenario, rows in by_scenario(cases(shared, "tr38901_ns3_published_vectors.csv")).items():
        visible = np.array([row["condition"] == "LOS" for row in rows])
        path = [column(rows, name) for name in ("d2d_m", "fc_ghz", "h_bs_m", "h_ut_m")]
        loss = radio.path_loss_db(scenario, visible, *path)
        assert np.all(np.abs(loss - column(rows, "pl_db")) <= column(rows, "tolerance_db"))


def test_los_probability_equals_the_reference(shared: Path) -> None:
    rows = cases(shared, "tr38901_los_probability.csv")
    for scenario, group in by_scenario(rows).items():
        p = radio.los_probability(scenario, column(group, "d2d_out_m"), column(group, "h_ut_m"))
        assert np.all(np.abs(p - np.minimum(column(group, "p_los"), 1)) <= column(group, "tolerance"))
    assert len(rows) == 84


def test_wall_loss_equals_the_reference(shared: Path) -> None:
    rows = cases(shared, "tr38901_o2i_wall_loss.csv")
    for row in rows:
        releases = (19,) if row["release"].startswith("Rel-19") else (15, 16, 17, 18)
        for release in releases:
            loss = radio.wall_loss_db(row["model"], float(row["fc_ghz"]), release)
            assert float(loss) == pytest.approx(float(row["pl_tw_db"]), abs=float(row["tolerance_db"]))
            assert radio.wall_sigma_db(row["model"], release) == float(row["sigma_p_db"])
    assert len(rows) == 25


def test_knife_edge_equals_p526(shared: Path) -> None:
    rows = cases(shared, "itur_p526_knife_edge.csv")
    nu, loss = column(rows, "nu"), radio.knife_edge_db(column(rows, "nu"))
    assert np.abs(loss - column(rows, "J_p526_approx_db")).max() <= 1e-4
    near = nu >= -0.7
    assert np.abs(loss - column(rows, "J_exact_fresnel_db"))[near].max() <= 0.13


def test_breakpoints() -> None:
    found = radio.breakpoint_m("UMa", [0.7, 2.1, 2.6, 3.5, 4.9], 25, 1.5)
    assert found == pytest.approx([112, 336, 416, 560, 784])
    assert radio.breakpoint_m("UMi", 3.5, 10, 1.5) == pytest.approx(210)
    assert radio.breakpoint_m("RMa", 0.7, 35, 1.5) == pytest.approx(769.69, abs=0.01)


@pytest.mark.parametrize("scenario", ["UMa", "UMi", "RMa"])
def test_loss_is_continuous_at_the_breakpoint(scenario: str) -> None:
    at = float(radio.breakpoint_m(scenario, 3.5, 25, 1.5))
    before, after = radio.path_loss_db(scenario, True, [at, np.nextafter(at, 1e9)], 3.5, 25, 1.5)
    assert before == pytest.approx(after, abs=0.01)  # RMa bends at the ground distance, by less than that


def test_uma_receivers_above_13_m_keep_an_environment_of_1_m() -> None:
    assert radio.breakpoint_m("UMa", 3.5, 25, 20) == pytest.approx(4 * 24 * 19 * 3.5e9 / 3.0e8)


def test_out_of_sight_is_never_better_and_grows() -> None:
    distance = np.geomspace(1, 5000, 200)
    for scenario in radio.SCENARIOS:
        seen = radio.path_loss_db(scenario, True, distance, 3.5, 25, 1.5)
        hidden = radio.path_loss_db(scenario, False, distance, 3.5, 25, 1.5)
        assert np.all(hidden >= seen)
        assert np.all(np.diff(seen) > 0)


def test_arguments_broadcast() -> None:
    loss = radio.path_loss_db("UMa", [[True], [False]], [100.0, 200.0, 400.0], 3.5, 25, 1.5)
    assert loss.shape == (2, 3)
    assert loss.dtype == np.float64
    assert radio.valid("UMa", True, np.zeros((4, 1)), [3.5, 0.7], 25, 1.5).shape == (4, 2)
    assert radio.los_probability("RMa", [5.0, 500.0], [[1.5], [3.0]]).shape == (2, 2)
    assert radio.path_loss_db("UMi", True, 100, 3.5, 10, 1.5).shape == ()


def test_near_and_low_places_are_floored() -> None:
    at_one = radio.path_loss_db("UMa", True, 1.0, 3.5, 25, 1.5)
    assert np.all(radio.path_loss_db("UMa", True, [-7.0, 0.0, 0.5], 3.5, 25, 1.5) == at_one)
    ground = radio.path_loss_db("RMa", [True, False], 300, 3.5, 0.0, 0.0)
    assert np.isfinite(ground).all()
    assert np.isnan(radio.path_loss_db("UMa", True, np.nan, 3.5, 25, 1.5))


@pytest.mark.parametrize(
    ("scenario", "visible", "path", "expected"),
    [
        ("UMa", True, (10, 3.5, 25, 1.5), True),
        ("UMa", True, (9.9, 3.5, 25, 1.5), False),
        ("UMa", True, (5001, 3.5, 25, 1.5), False),
        ("UMa", True, (100, 3.5, 30, 1.5), False),
        ("UMa", True, (100, 3.5, 25, 22.6), False),
        ("UMa", True, (100, 0.4, 25, 1.5), False),
        ("UMi", False, (100, 3.5, 10, 22.5), True),
        ("UMi", False, (100, 3.5, 25, 1.5), False),
        ("RMa", True, (10_000, 0.7, 35, 1.0), True),
        ("RMa", False, (5001, 0.7, 35, 1.5), False),
        ("RMa", True, (100, 31, 35, 1.5), False),
        ("RMa", True, (100, 0.7, 151, 1.5), False),
    ],
)
def test_validity(scenario: str, visible: bool, path: tuple[float, ...], expected: bool) -> None:
    assert bool(radio.valid(scenario, visible, *path)) is expected


def test_shadow_fading() -> None:
    assert radio.shadow_sigma_db("UMa", [True, False], 100, 3.5, 25, 1.5).tolist() == [4, 6]
    assert radio.shadow_sigma_db("UMi", [True, False], 100, 3.5, 10, 1.5).tolist() == [4, 7.82]
    assert radio.shadow_sigma_db("RMa", [True, True, False], [100, 5000, 100], 0.7, 35, 1.5).tolist() == [
        4,
        6,
        8,
    ]


def test_hybrid_joins_both_formulas() -> None:
    seen, hidden = 90.0, 115.0
    assert radio.hybrid_db(seen, hidden, -1.0) == seen
    assert radio.hybrid_db(seen, hidden, 0.0) == pytest.approx(seen + 6.0329, abs=1e-3)
    assert radio.hybrid_db(seen, hidden, 50.0) == hidden


def test_fresnel_parameter() -> None:
    # 10 m over the line, halfway along 1 km at 3.5 GHz: lambda = 0.0857 m
    assert radio.fresnel_nu(10, 500, 500, 3.5) == pytest.approx(3.0551, abs=1e-3)
    assert radio.fresnel_nu(-10, 500, 500, 3.5) == pytest.approx(-3.0551, abs=1e-3)
    assert np.isfinite(radio.fresnel_nu(1, 0, 500, 3.5))


@pytest.mark.parametrize(
    "call",
    [
        lambda: radio.path_loss_db("InF", True, 100, 3.5, 25, 1.5),
        lambda: radio.valid("uma", True, 100, 3.5, 25, 1.5),
        lambda: radio.los_probability("", 100, 1.5),
        lambda: radio.path_loss_db("UMa", True, 100, 0.0, 25, 1.5),
        lambda: radio.path_loss_db("RMa", True, 100, 0.7, 35, 1.5, street_width_m=0),
        lambda: radio.wall_loss_db("brick", 3.5),
        lambda: radio.wall_loss_db("low-A", 3.5, 18),
        lambda: radio.wall_loss_db("low", 3.5, 20),
        lambda: radio.wall_loss_db("low", math.nan),
        lambda: radio.wall_sigma_db("brick"),
    ],
)
def test_unknown_names_and_impossible_values_are_told(call: object) -> None:
    with pytest.raises(InputError) as caught:
        call()  # type: ignore[operator]
    assert caught.value.zh.endswith("。")
    assert caught.value.en.endswith(".")


@numba.njit(error_model="numpy")  # type: ignore[untyped-decorator]
def _losses(scenario, frequency, bs, ut, house, width, distance, visible, out):  # type: ignore[no-untyped-def]
    s = scalar.slopes(scenario, frequency, bs, ut, house, width)
    over = max(bs, 0.1) - max(ut, 0.1)
    for i in range(len(distance)):
        ground = scalar.floored(distance[i])
        out[i] = scalar.path_loss_db(s, visible, ground, math.sqrt(ground * ground + over * over))


def test_compiled_path_loss_equals_the_arrays() -> None:
    distance = np.concatenate([[-5.0, 0.0, 0.5], np.geomspace(1, 20_000, 300)])
    out = np.empty_like(distance)
    for name, code in radio.SCENARIOS.items():
        for frequency in (0.7, 3.5, 28.0):
            for bs, ut in ((25.0, 1.5), (10.0, 1.5), (60.0, 22.5), (35.0, 100.0), (0.5, 0.0)):
                for visible in (True, False):
                    _losses(code, frequency, bs, ut, 7.0, 15.0, distance, visible, out)
                    want = radio.path_loss_db(
                        name, visible, distance, frequency, bs, ut, building_height_m=7, street_width_m=15
                    )
                    assert np.abs(out - want).max() < 1e-9


def test_compiled_edges_equal_the_arrays() -> None:
    nu = np.linspace(-2, 5, 141)
    assert np.abs(np.array([scalar.knife_edge_db(v) for v in nu]) - radio.knife_edge_db(nu)).max() < 1e-9
    hybrid = np.array([scalar.hybrid_db(90.0, 110.0, v) for v in nu])
    assert np.abs(hybrid - radio.hybrid_db(90, 110, nu)).max() < 1e-9
