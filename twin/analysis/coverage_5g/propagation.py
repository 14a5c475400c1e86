"""Radio propagation: 3GPP TR 38.901 path loss, line of sight, walls, and ITU-R P.526 knife edges.

All of it is float64 numpy with broadcasting; distances and heights in metres,
frequencies in GHz, losses in dB. Formulas and tables are those of TR 38.901
V18 (Release 18); the tables used here read the same in Releases 15 to 18, and
Release 19 changed the walls only (:func:`wall_loss_db`). Path loss is the
median: shadow fading is left to :func:`shadow_sigma_db`.

Choices that the standard leaves open, so that a map can be made again:

* The speed of light is 3.0e8 m/s, as the standard says (Table 7.4.1-1 note 1).
* The height of the environment is 1 m. For UMi and for UMa receivers under 13 m
  that is the standard; for UMa receivers from 13 m it makes the height random,
  and its lowest value, 1 m, is taken.
* Ground distances under 1 m count as 1 m, heights (and heights above the
  environment) under 0.1 m as 0.1 m.

Outside the ranges of the tables everything is still computed; :func:`valid`
says where. Masts that are not 25 m high in UMa, for instance, are extrapolation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt
from numpy.typing import NDArray

from twin.errors import InputError

Numbers = npt.ArrayLike
F64 = NDArray[np.float64]
Mask = NDArray[np.bool_]

RELEASE: Final = 18
"""Release of TR 38.901 whose tables hold unless told otherwise."""

SPEED_OF_LIGHT: Final = 3.0e8
LEAST_DISTANCE_M: Final = 1.0
LEAST_HEIGHT_M: Final = 0.1
ENVIRONMENT_M: Final = 1.0

UMA: Final = 0
UMI: Final = 1
RMA: Final = 2

SCENARIOS: Mapping[str, int] = {"UMa": UMA, "UMi": UMI, "RMa": RMA}
"""Urban macro, urban micro (street canyon) and rural macro, with their codes in the kernels."""


def scenario_code(scenario: str) -> int:
    """Code of ``scenario`` in the kernels; :class:`twin.errors.InputError` for an unknown one."""
    try:
        return SCENARIOS[scenario]
    except (KeyError, TypeError):
        known = ", ".join(SCENARIOS)
        raise InputError(
            f"没有传播场景 {scenario!r}，请从 {known} 中选择。",
            f"there is no propagation scenario {scenario!r}; choose one of {known}.",
        ) from None


def path_loss_db(
    scenario: str,
    line_of_sight: npt.ArrayLike,
    d2d_m: Numbers,
    frequency_ghz: Numbers,
    h_bs_m: Numbers,
    h_ut_m: Numbers,
    *,
    building_height_m: Numbers = 5.0,
    street_width_m: Numbers = 20.0,
) -> F64:
    """Median path loss, dB (TR 38.901 Table 7.4.1-1).

    Parameters
    ----------
    scenario
        ``"UMa"``, ``"UMi"`` (street canyon) or ``"RMa"``.
    line_of_sight
        Whether the antenna is seen; a bool or an array of them.
    d2d_m
        Distance along the ground; under 1 m counts as 1 m.
    h_bs_m, h_ut_m
        Heights of the antenna and the receiver above ground.
    building_height_m, street_width_m
        Mean height of buildings and width of streets, RMa only.

    Raises
    ------
    twin.errors.InputError
        An unknown scenario, or a frequency, building height or street width that is not positive.
    """
    code = scenario_code(scenario)
    frequency = _positive(frequency_ghz, "frequency_ghz")
    visible = np.asarray(line_of_sight, dtype=bool)
    d2d = np.maximum(np.asarray(d2d_m, dtype=float), LEAST_DISTANCE_M)
    bs, ut = _height(h_bs_m), _height(h_ut_m)
    slant = np.hypot(d2d, bs - ut)
    near_range = d2d <= breakpoint_m(scenario, frequency, bs, ut)
    if code == RMA:
        house = _positive(building_height_m, "building_height_m")
        width = _positive(street_width_m, "street_width_m")
        bend = breakpoint_m(scenario, frequency, bs, ut)
        near = _rural_near(slant, frequency, house)
        far = _rural_near(bend, frequency, house) + 40 * np.log10(slant / bend)
        hidden = (
            161.04
            - 7.1 * np.log10(width)
            + 7.5 * np.log10(house)
            - (24.37 - 3.7 * (house / bs) ** 2) * np.log10(bs)
            + (43.42 - 3.1 * np.log10(bs)) * (np.log10(slant) - 3)
            + 20 * np.log10(frequency)
            - (3.2 * np.log10(11.75 * ut) ** 2 - 4.97)
        )
    else:
        tone, log_d = np.log10(frequency), np.log10(slant)
        bent = np.log10(breakpoint_m(scenario, frequency, bs, ut) ** 2 + (bs - ut) ** 2)
        if code == UMA:
            near = 28.0 + 22 * log_d + 20 * tone
            far = 28.0 + 40 * log_d + 20 * tone - 9 * bent
            hidden = 13.54 + 39.08 * log_d + 20 * tone - 0.6 * (np.asarray(h_ut_m) - 1.5)
        else:
            near = 32.4 + 21 * log_d + 20 * tone
            far = 32.4 + 40 * log_d + 20 * tone - 9.5 * bent
            hidden = 35.3 * log_d + 22.4 + 21.3 * tone - 0.3 * (np.asarray(h_ut_m) - 1.5)
    in_sight = np.where(near_range, near, far)
    return np.asarray(np.where(visible, in_sight, np.maximum(in_sight, hidden)), dtype=float)


def _rural_near(distance: F64, frequency: F64, house: F64) -> F64:
    """PL1 of RMa over a slant distance in metres."""
    grown = house**1.72
    return np.asarray(
        20 * np.log10(40 * np.pi * distance * frequency / 3)
        + np.minimum(0.03 * grown, 10) * np.log10(distance)
        - np.minimum(0.044 * grown, 14.77)
        + 0.002 * np.log10(house) * distance
    )


def breakpoint_m(scenario: str, frequency_ghz: Numbers, h_bs_m: Numbers, h_ut_m: Numbers) -> F64:
    """Ground distance from which the loss in sight grows faster, metres (Table 7.4.1-1 notes 1 and 5).

    4 h'BS h'UT f / c with heights above the environment (1 m) for UMa and UMi,
    2 pi hBS hUT f / c for RMa.
    """
    code = scenario_code(scenario)
    per_metre = _positive(frequency_ghz, "frequency_ghz") * 1e9 / SPEED_OF_LIGHT
    if code == RMA:
        return np.asarray(2 * np.pi * _height(h_bs_m) * _height(h_ut_m) * per_metre)
    high = _height(np.asarray(h_bs_m, dtype=float) - ENVIRONMENT_M)
    low = _height(np.asarray(h_ut_m, dtype=float) - ENVIRONMENT_M)
    return np.asarray(4 * high * low * per_metre)


def valid(
    scenario: str,
    line_of_sight: npt.ArrayLike,
    d2d_m: Numbers,
    frequency_ghz: Numbers,
    h_bs_m: Numbers,
    h_ut_m: Numbers,
) -> Mask:
    """Where Table 7.4.1-1 covers the path: its ranges of distance, frequency and heights.

    UMa: hBS = 25 m, hUT 1.5 to 22.5 m, 10 m to 5 km, 0.5 to 100 GHz. UMi: the same with
    hBS = 10 m. RMa: hBS 10 to 150 m, hUT 1 to 10 m, 0.5 to 30 GHz, 10 m to 10 km in sight
    and to 5 km out of sight.
    """
    code = scenario_code(scenario)
    visible = np.asarray(line_of_sight, dtype=bool)
    d2d, frequency = np.asarray(d2d_m, dtype=float), np.asarray(frequency_ghz, dtype=float)
    bs, ut = np.asarray(h_bs_m, dtype=float), np.asarray(h_ut_m, dtype=float)
    rural = code == RMA
    farthest = np.where(visible, 10_000 if rural else 5_000, 5_000)
    inside = (d2d >= 10) & (d2d <= farthest) & (frequency >= 0.5) & (frequency <= (30 if rural else 100))
    if rural:
        return np.asarray(inside & (bs >= 10) & (bs <= 150) & (ut >= 1) & (ut <= 10))
    return np.asarray(inside & (bs == (25 if code == UMA else 10)) & (ut >= 1.5) & (ut <= 22.5))


def los_probability(scenario: str, d2d_m: Numbers, h_ut_m: Numbers) -> F64:
    """Probability of line of sight outdoors (Table 7.4.2-1), for places without building data.

    UMa's formula passes 1 for high receivers near by; the result is never above 1.
    """
    code = scenario_code(scenario)
    d2d = np.maximum(np.asarray(d2d_m, dtype=float), LEAST_DISTANCE_M)
    ut = np.asarray(h_ut_m, dtype=float)
    if code == RMA:
        p = np.where(d2d <= 10, 1.0, np.exp(-(d2d - 10) / 1000)) + 0 * ut
    else:
        p = 18 / d2d + np.exp(-d2d / (63 if code == UMA else 36)) * (1 - 18 / d2d) + 0 * ut
        if code == UMA:
            raised = (np.maximum(ut - 13, 0) / 10) ** 1.5
            p = p * (1 + raised * 1.25 * (d2d / 100) ** 3 * np.exp(-d2d / 150))
        p = np.where(d2d <= 18, 1.0, p)
    return np.asarray(np.minimum(p, 1.0))


def shadow_sigma_db(
    scenario: str,
    line_of_sight: npt.ArrayLike,
    d2d_m: Numbers,
    frequency_ghz: Numbers,
    h_bs_m: Numbers,
    h_ut_m: Numbers,
) -> F64:
    """Standard deviation of the shadow fading, dB (Table 7.4.1-1).

    UMa 4 in sight, 6 out of sight; UMi 4 and 7.82; RMa 4 up to the breakpoint, 6 beyond, and 8.
    """
    code = scenario_code(scenario)
    visible = np.asarray(line_of_sight, dtype=bool)
    d2d = np.maximum(np.asarray(d2d_m, dtype=float), LEAST_DISTANCE_M)
    beyond = d2d > breakpoint_m(scenario, frequency_ghz, h_bs_m, h_ut_m)
    in_sight = np.where(beyond, 6.0 if code == RMA else 4.0, 4.0)
    return np.asarray(np.where(visible, in_sight, {UMA: 6.0, UMI: 7.82, RMA: 8.0}[code]))


def knife_edge_db(nu: Numbers) -> F64:
    """Loss over one knife edge, dB (ITU-R P.526-15, equation 31); 0 up to nu = -0.78.

    Within 0.13 dB of the exact Fresnel integral from nu = -0.7.
    """
    v = np.asarray(nu, dtype=float)
    above = np.maximum(v, -0.78) - 0.1
    return np.asarray(np.where(v > -0.78, 6.9 + 20 * np.log10(np.hypot(above, 1) + above), 0.0 * v))


def fresnel_nu(height_m: Numbers, d1_m: Numbers, d2_m: Numbers, frequency_ghz: Numbers) -> F64:
    """Fresnel-Kirchhoff parameter of an edge (P.526-15, equation 26).

    ``height_m`` is the edge's height above the straight line between the ends, negative
    below it; ``d1_m`` and ``d2_m`` its distances from them, at least 1 m each.
    """
    d1 = np.maximum(np.asarray(d1_m, dtype=float), LEAST_DISTANCE_M)
    d2 = np.maximum(np.asarray(d2_m, dtype=float), LEAST_DISTANCE_M)
    wave_m = SPEED_OF_LIGHT / (_positive(frequency_ghz, "frequency_ghz") * 1e9)
    return np.asarray(np.asarray(height_m, dtype=float) * np.sqrt(2 * (d1 + d2) / (wave_m * d1 * d2)))


def hybrid_db(in_sight_db: Numbers, out_of_sight_db: Numbers, nu: Numbers) -> F64:
    """Path loss behind an edge without a cliff at the shadow's border, dB.

    ``PL_LOS + min(J(nu), PL_NLOS - PL_LOS)``: knife-edge loss on top of the loss in sight,
    until the loss out of sight is reached. Not part of TR 38.901.
    """
    seen, hidden = np.asarray(in_sight_db, dtype=float), np.asarray(out_of_sight_db, dtype=float)
    return np.asarray(seen + np.minimum(knife_edge_db(nu), hidden - seen))


def wall_loss_db(kind: str, frequency_ghz: Numbers, release: int = RELEASE) -> F64:
    """Median loss through an outer wall, dB (Tables 7.4.3-1 and 7.4.3-2), without the way indoors.

    Parameters
    ----------
    kind
        ``"low"``: 30 % standard glass, 70 % concrete. ``"high"``: 70 % coated (IRR) glass, 30 %
        concrete. ``"low-A"`` (from Release 19): 30 % standard glass, 70 % plywood.
    release
        15 to 19. Release 19 revised the coated glass, by up to 1 dB below 6 GHz.

    Raises
    ------
    twin.errors.InputError
        A kind or release that is not there, or a frequency that is not positive.
    """
    _wall_kind(kind, release)
    f = _positive(frequency_ghz, "frequency_ghz")
    glass, concrete = 2 + 0.2 * f, 5 + 4 * f
    coated = 25.4 + 0.11 * f if release >= 19 else 23 + 0.3 * f
    if kind == "high":
        return _through(0.7, coated, concrete)
    return _through(0.3, glass, concrete if kind == "low" else 1.03 + 0.17 * f)


def wall_sigma_db(kind: str, release: int = RELEASE) -> float:
    """Standard deviation of the wall loss, dB: 4.4 for low loss, 6.5 for high (Table 7.4.3-2)."""
    _wall_kind(kind, release)
    return 6.5 if kind == "high" else 4.4


def _through(share: float, one: F64, other: F64) -> F64:
    """Loss of a wall of which ``share`` is of one material and the rest of another."""
    return np.asarray(5 - 10 * np.log10(share * 10 ** (-one / 10) + (1 - share) * 10 ** (-other / 10)))


def _wall_kind(kind: str, release: int) -> None:
    if release not in range(15, 20):
        raise InputError(
            f"没有 TR 38.901 第 {release!r} 版的穿墙损耗，请选择 15 到 19。",
            f"there is no wall loss of TR 38.901 Release {release!r}; choose 15 to 19.",
        )
    kinds = ("low", "high", "low-A") if release >= 19 else ("low", "high")
    if kind not in kinds:
        raise InputError(
            f"第 {release} 版没有墙体类型 {kind!r}，请从 {', '.join(kinds)} 中选择。",
            f"Release {release} has no kind of wall {kind!r}; choose one of {', '.join(kinds)}.",
        )


def _height(height_m: Numbers) -> F64:
    return np.asarray(np.maximum(np.asarray(height_m, dtype=float), LEAST_HEIGHT_M))


def _positive(value: Numbers, name: str) -> F64:
    array = np.asarray(value, dtype=float)
    if not np.all(array > 0):  # also when one is nan
        raise InputError(f"{name} 必须为正数。", f"{name} must be positive.")
    return array
