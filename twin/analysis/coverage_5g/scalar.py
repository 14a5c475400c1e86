"""The formulas of :mod:`propagation` and :mod:`antenna` for single numbers, to be inlined into compiled loops.

Each function is inlined where a kernel calls it, so it takes that kernel's
options (``fastmath``, ``error_model``) and vectorises with its loop. None checks
its input; the numpy functions of the two modules are the reference, and a test
holds these to 1e-9 dB of them.

Every path loss of TR 38.901 is linear in log10 of the distance on either side of
the breakpoint, so :func:`slopes` works out the coefficients once for a sector and
a height of receivers and :func:`path_loss_db` needs one logarithm a cell::

    s = slopes(UMA, 3.5, 25.0, 1.5, 5.0, 20.0)
    loss = path_loss_db(s, visible, d2d_m, math.sqrt(d2d_m**2 + 23.5**2))
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

from twin.analysis.coverage_5g.propagation import (
    LEAST_DISTANCE_M,
    LEAST_HEIGHT_M,
    RMA,
    SPEED_OF_LIGHT,
    UMA,
    UMI,
)

__all__ = [
    "RMA", "UMA", "UMI", "Slopes", "angles_deg", "cuts_gain_dbi", "element_gain_dbi", "floored",
    "hybrid_db", "knife_edge_db", "panel_gain_dbi", "path_loss_db", "slopes",
]  # fmt: skip

Formula = TypeVar("Formula", bound=Callable[..., Any])

DEGREES = 180.0 / math.pi


def inlined(function: Formula) -> Formula:
    """Compile ``function`` into each caller."""
    return cast("Formula", numba.njit(inline="always")(function))


class Slopes(NamedTuple):
    """Path loss over L = log10(d3D) of one scenario, frequency and pair of heights, dB.

    ``near_db + near * L + near_per_m * d3D`` in sight up to the breakpoint (measured
    along the ground), ``far_db + far * L`` in sight beyond it, and the greater of that
    and ``hidden_db + hidden * L`` out of sight.
    """

    near_db: float
    near: float
    near_per_m: float
    breakpoint_m: float
    far_db: float
    far: float
    hidden_db: float
    hidden: float


@inlined
def slopes(
    scenario: int,
    frequency_ghz: float,
    h_bs_m: float,
    h_ut_m: float,
    building_height_m: float,
    street_width_m: float,
) -> Slopes:
    """Coefficients for ``scenario`` (:data:`UMA`, :data:`UMI` or :data:`RMA`); see :class:`Slopes`."""
    bs = max(h_bs_m, LEAST_HEIGHT_M)
    ut = max(h_ut_m, LEAST_HEIGHT_M)
    tone = 20.0 * math.log10(frequency_ghz)
    per_metre = frequency_ghz * 1e9 / SPEED_OF_LIGHT
    near_per_m = 0.0
    if scenario == RMA:
        grown = building_height_m**1.72
        near = 20.0 + min(0.03 * grown, 10.0)
        near_per_m = 0.002 * math.log10(building_height_m)
        near_db = 20.0 * math.log10(40.0 * math.pi / 3.0) + tone - min(0.044 * grown, 14.77)
        bend = 2.0 * math.pi * bs * ut * per_metre
        far_db = near_db + near_per_m * bend + (near - 40.0) * math.log10(bend)
        hidden = 43.42 - 3.1 * math.log10(bs)
        hidden_db = (
            161.04
            - 7.1 * math.log10(street_width_m)
            + 7.5 * math.log10(building_height_m)
            - (24.37 - 3.7 * (building_height_m / bs) ** 2) * math.log10(bs)
            - 3.0 * hidden
            + tone
            - (3.2 * math.log10(11.75 * ut) ** 2 - 4.97)
        )
    else:
        high = max(h_bs_m - 1.0, LEAST_HEIGHT_M)
        low = max(h_ut_m - 1.0, LEAST_HEIGHT_M)
        bend = 4.0 * high * low * per_metre
        bent = math.log10(bend**2 + (bs - ut) ** 2)
        if scenario == UMA:
            near, hidden = 22.0, 39.08
            near_db, far_db = 28.0 + tone, 28.0 + tone - 9.0 * bent
            hidden_db = 13.54 + tone - 0.6 * (h_ut_m - 1.5)
        else:
            near, hidden = 21.0, 35.3
            near_db, far_db = 32.4 + tone, 32.4 + tone - 9.5 * bent
            hidden_db = 22.4 + 1.065 * tone - 0.3 * (h_ut_m - 1.5)  # 21.3 log10(f)
    return Slopes(near_db, near, near_per_m, bend, far_db, 40.0, hidden_db, hidden)


@inlined
def path_loss_db(s: Slopes, line_of_sight: bool, d2d_m: float, d3d_m: float) -> float:
    """Path loss over the ground distance ``d2d_m`` and the slant one ``d3d_m``, metres.

    Neither may be under ``LEAST_DISTANCE_M``; the caller floors ``d2d_m`` first.
    """
    log_d = math.log10(d3d_m)
    loss = s.near_db + s.near * log_d + s.near_per_m * d3d_m
    if d2d_m > s.breakpoint_m:
        loss = s.far_db + s.far * log_d
    if not line_of_sight:
        loss = max(loss, s.hidden_db + s.hidden * log_d)
    return loss


@inlined
def knife_edge_db(nu: float) -> float:
    """Loss over one knife edge, ITU-R P.526-15 (31); 0 up to nu = -0.78."""
    loss = 0.0
    if nu > -0.78:
        loss = 6.9 + 20.0 * math.log10(math.sqrt((nu - 0.1) ** 2 + 1.0) + nu - 0.1)
    return loss


@inlined
def hybrid_db(in_sight_db: float, out_of_sight_db: float, nu: float) -> float:
    """Path loss out of sight that grows from the loss in sight as the edge deepens."""
    return in_sight_db + min(knife_edge_db(nu), out_of_sight_db - in_sight_db)


@inlined
def element_gain_dbi(phi_deg: float, theta_deg: float) -> float:
    """One element of TR 38.901 Table 7.3-1; ``phi_deg`` within -180..180, theta from the zenith."""
    across = min(12.0 * (phi_deg / 65.0) ** 2, 30.0)
    down = min(12.0 * ((theta_deg - 90.0) / 65.0) ** 2, 30.0)
    return 8.0 - min(across + down, 30.0)


@inlined
def panel_gain_dbi(
    phi_deg: float,
    theta_deg: float,
    gain_dbi: float,
    hpbw_h_deg: float,
    hpbw_v_deg: float,
    front_back_db: float,
    sla_v_db: float,
) -> float:
    """A parametric panel (:class:`antenna.MacroPanel`); ``phi_deg`` within -180..180."""
    across = min(12.0 * (phi_deg / hpbw_h_deg) ** 2, front_back_db)
    down = min(12.0 * ((theta_deg - 90.0) / hpbw_v_deg) ** 2, sla_v_db)
    return gain_dbi - min(across + down, max(front_back_db, sla_v_db))


@inlined
def cuts_gain_dbi(
    phi_deg: float,
    theta_deg: float,
    gain_dbi: float,
    across_db: NDArray[np.float64],
    down_db: NDArray[np.float64],
) -> float:
    """A pattern file (:class:`patterns.CutPattern`): losses of both cuts, evenly spaced over 360 degrees."""
    n = across_db.shape[0]
    at = (phi_deg % 360.0) * (n / 360.0)
    i = int(at)
    t = at - i
    i %= n
    across = across_db[i] + t * (across_db[(i + 1) % n] - across_db[i])
    m = down_db.shape[0]
    at = (min(max(theta_deg, 0.0), 180.0) - 90.0) % 360.0 * (m / 360.0)
    i = int(at)
    t = at - i
    i %= m
    down = down_db[i] + t * (down_db[(i + 1) % m] - down_db[i])
    return float(gain_dbi - across - down)


@inlined
def angles_deg(
    east: float,
    north: float,
    up: float,
    sin_azimuth: float,
    cos_azimuth: float,
    sin_tilt: float,
    cos_tilt: float,
) -> tuple[float, float]:
    """Direction of the vector (east, north, up) in the frame of an antenna turned and tilted down.

    The tilt is the mechanical one; subtract the electrical tilt from the second result.
    (phi, theta): phi clockwise from boresight, -180..180; theta from the antenna's own zenith, 0..180.
    """
    ahead = east * sin_azimuth + north * cos_azimuth
    right = east * cos_azimuth - north * sin_azimuth
    forward = ahead * cos_tilt - up * sin_tilt
    top = ahead * sin_tilt + up * cos_tilt
    level = math.sqrt(forward * forward + right * right)
    return math.atan2(right, forward) * DEGREES, math.atan2(level, top) * DEGREES


@inlined
def floored(d2d_m: float) -> float:
    """``d2d_m``, and at least ``LEAST_DISTANCE_M``."""
    return max(d2d_m, LEAST_DISTANCE_M)
