"""Antennas: the standard's element, panels, the signs of azimuth and both tilts, the compiled twins."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pytest

from twin.analysis.coverage_5g import antenna, scalar
from twin.analysis.coverage_5g.antenna import MacroPanel, directed
from twin.errors import InputError, UnknownName

PANEL = MacroPanel(17.5, 65.0, 7.0, 30.0, 20.0)


def test_element_equals_sionna(shared: Path) -> None:
    path = shared / "cases" / "coverage" / "sionna_tr38901_element_pattern.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = np.array([[float(value) for value in row.values()] for row in csv.DictReader(file)])
    assert len(rows) == 237
    assert np.abs(antenna.element_gain_dbi(rows[:, 0], rows[:, 1]) - rows[:, 2]).max() <= 1e-3


def test_half_power_points() -> None:
    assert PANEL.gain_dbi(0, 90) == 17.5
    assert PANEL.gain_dbi([-32.5, 32.5], 90) == pytest.approx([14.5, 14.5])
    assert PANEL.gain_dbi(0, [86.5, 93.5]) == pytest.approx([14.5, 14.5])
    assert PANEL.gain_dbi(180, 90) == pytest.approx(-12.5)
    assert PANEL.gain_dbi(0, 0) == pytest.approx(-2.5)
    assert PANEL.gain_dbi([350.0], 90) == pytest.approx(PANEL.gain_dbi([-10.0], 90))


def test_an_omnidirectional_antenna_is_round() -> None:
    gain = antenna.PANELS["omni-8T"].gain_dbi(np.arange(0, 360, 15.0), 90)
    assert np.ptp(gain) == 0


def test_gains_follow_from_the_beam_widths() -> None:
    for name, panel in antenna.PANELS.items():
        if name != "tr38901-element":  # whose 8 dBi are the standard's
            ideal = 10 * math.log10(32400 / (panel.hpbw_h_deg * panel.hpbw_v_deg))
            assert panel.peak_gain_dbi == pytest.approx(ideal - 1, abs=0.15), name


def test_azimuth_is_clockwise_from_north() -> None:
    east = directed(PANEL, 90, 0, 0)
    assert east.gain_dbi(90, 0) == pytest.approx(17.5)
    assert east.gain_dbi([0, 180], 0) == pytest.approx([17.5 - 12 * (90 / 65) ** 2] * 2)
    assert east.gain_dbi(270, 0) == pytest.approx(-12.5)
    assert directed(PANEL, 350, 0, 0).gain_dbi(10, 0) == pytest.approx(PANEL.gain_dbi(20, 90))


@pytest.mark.parametrize(("mechanical", "electrical"), [(6.0, 0.0), (0.0, 6.0), (4.0, 2.0)])
def test_tilting_down_helps_what_lies_below_in_front(mechanical: float, electrical: float) -> None:
    level, tilted = directed(PANEL, 30, 0, 0), directed(PANEL, 30, mechanical, electrical)
    assert tilted.gain_dbi(30, -6) == pytest.approx(17.5)
    assert tilted.gain_dbi(30, -6) > level.gain_dbi(30, -6)
    assert tilted.gain_dbi(30, 6) < level.gain_dbi(30, 6)


def test_the_back_rises_with_mechanical_and_sinks_with_electrical_tilt() -> None:
    round_panel = MacroPanel(10.0, 360.0, 7.0, 0.0, 20.0)
    mechanical, electrical = directed(round_panel, 0, 6, 0), directed(round_panel, 0, 0, 6)
    assert mechanical.gain_dbi(180, 6) == pytest.approx(10)
    assert electrical.gain_dbi(180, -6) == pytest.approx(10)
    assert electrical.gain_dbi(180, 6) < 0
    # To the side a mechanical tilt only turns the pattern about the line of sight.
    assert mechanical.gain_dbi(90, 0) == pytest.approx(10)
    assert electrical.gain_dbi(90, 0) == pytest.approx(10 - 12 * (6 / 7) ** 2)


def test_tilt_that_a_pattern_contains_is_not_added_again() -> None:
    class Tilted:
        electrical_tilt_deg = 6.0

        def gain_dbi(self, phi_deg, theta_deg):  # type: ignore[no-untyped-def]
            return PANEL.gain_dbi(phi_deg, np.asarray(theta_deg) - 6)

    assert directed(Tilted(), 0, 0, 6).gain_dbi(0, -6) == pytest.approx(17.5)
    assert directed(Tilted(), 0, 0, 2).gain_dbi(0, -2) == pytest.approx(17.5)


def test_directions_broadcast() -> None:
    assert directed(PANEL, 0, 3, 3).gain_dbi(np.zeros((3, 1)), np.zeros(4)).shape == (3, 4)


def test_panels_by_name_and_band() -> None:
    assert antenna.panel(None, 3.5) is antenna.PANELS["64T64R-65deg"]
    assert antenna.panel(None, 2.1) is antenna.PANELS["4T4R-65deg"]
    assert antenna.panel("4T4R-65deg", 0.7) is antenna.PANELS["4T4R-65deg-low-band"]
    assert antenna.panel("omni-8T", 3.5) is antenna.PANELS["omni-8T"]
    with pytest.raises(UnknownName, match="K742215"):
        antenna.panel("K742215", 3.5)


@pytest.mark.parametrize(
    "values",
    [
        (math.nan, 65, 7, 30, 20),
        (17, 0, 7, 30, 20),
        (17, 65, 400, 30, 20),
        (17, 65, 7, -1, 20),
        (50, 65, 7, 30, 20),
    ],
)
def test_impossible_panels_are_told(values: tuple[float, ...]) -> None:
    with pytest.raises(InputError):
        MacroPanel(*values)


def test_impossible_directions_are_told() -> None:
    with pytest.raises(InputError, match="numbers"):
        directed(PANEL, math.nan, 0, 0)


def test_compiled_gains_equal_the_arrays() -> None:
    rng = np.random.default_rng(4)
    for phi, theta in zip(rng.uniform(-180, 180, 200), rng.uniform(0, 180, 200), strict=True):
        assert scalar.element_gain_dbi(phi, theta) == pytest.approx(
            float(antenna.element_gain_dbi(phi, theta)), abs=1e-9
        )
        assert scalar.panel_gain_dbi(phi, theta, 17.5, 65.0, 7.0, 30.0, 20.0) == pytest.approx(
            float(PANEL.gain_dbi(phi, theta)), abs=1e-9
        )


def test_compiled_angles_equal_the_arrays() -> None:
    rng = np.random.default_rng(5)
    for _ in range(100):
        azimuth, tilt = rng.uniform(0, 360), rng.uniform(-10, 20)
        east, north, up = rng.normal(0, 300, 3)
        phi, theta = scalar.angles_deg(
            east,
            north,
            up,
            math.sin(math.radians(azimuth)),
            math.cos(math.radians(azimuth)),
            math.sin(math.radians(tilt)),
            math.cos(math.radians(tilt)),
        )
        bearing = math.degrees(math.atan2(east, north))
        elevation = math.degrees(math.atan2(up, math.hypot(east, north)))
        want = directed(PANEL, azimuth, tilt, 0).angles_deg(bearing, elevation)
        assert (phi, theta) == pytest.approx((float(want[0]), float(want[1])), abs=1e-9)
