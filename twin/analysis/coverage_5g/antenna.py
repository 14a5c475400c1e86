"""Antennas: gain of a pattern, and of a pattern turned to an azimuth and tilted down.

Angles are degrees. A pattern knows its own frame: ``phi`` clockwise (seen from
above) from boresight, ``theta`` from its zenith, so 90 is its horizon and more is
below. In the world a direction is a ``bearing`` clockwise from north and an
``elevation`` above the horizon, negative below. Tilts count downwards.

The element of TR 38.901 is 65 degrees high and no macro antenna: :data:`PANELS`
holds parametric ones with the narrow vertical beams of real panels, and
:mod:`patterns` reads measured ones. Their numbers are assumptions, to be
replaced by pattern files where an operator gives them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

import numpy as np
import numpy.typing as npt
from numpy.typing import NDArray

from twin.errors import InputError, UnknownName

Numbers = npt.ArrayLike
F64 = NDArray[np.float64]


class Pattern(Protocol):
    """Gain of an antenna in its own frame."""

    @property
    def electrical_tilt_deg(self) -> float:
        """Tilt the pattern already contains, downwards; 0 for parametric ones."""
        ...

    def gain_dbi(self, phi_deg: Numbers, theta_deg: Numbers) -> F64:
        """Gain, dBi, broadcast over both angles; any ``phi_deg``, ``theta_deg`` about 0 to 180."""
        ...


def element_gain_dbi(phi_deg: Numbers, theta_deg: Numbers) -> F64:
    """Gain of one antenna element, dBi (TR 38.901 Table 7.3-1): 8 dBi, 65 degrees, 30 dB at most below."""
    return MacroPanel(8.0, 65.0, 65.0, 30.0, 30.0).gain_dbi(phi_deg, theta_deg)


@dataclass(frozen=True, slots=True)
class MacroPanel:
    """A parametric pattern of the form of TR 38.901 Table 7.3-1 with beam widths of its own.

    A_H = min(12 (phi / hpbw_h)², front_back), A_V = min(12 ((theta - 90) / hpbw_v)², sla_v),
    peak_gain - min(A_H + A_V, max(front_back, sla_v)).

    Parameters
    ----------
    peak_gain_dbi
        At boresight, losses of the antenna included.
    hpbw_h_deg, hpbw_v_deg
        Full widths between the half-power (-3 dB) points.
    front_back_db
        Greatest loss sideways and behind; 0 makes the antenna omnidirectional.
    sla_v_db
        Greatest loss above and below.

    Raises
    ------
    twin.errors.InputError
        Beam widths outside 0 to 360 degrees, a gain outside -20 to 40 dBi, or losses outside 0 to 60 dB.
    """

    peak_gain_dbi: float
    hpbw_h_deg: float
    hpbw_v_deg: float
    front_back_db: float
    sla_v_db: float

    def __post_init__(self) -> None:
        for name, least, most in (
            ("peak_gain_dbi", -20.0, 40.0),
            ("hpbw_h_deg", 0.1, 360.0),
            ("hpbw_v_deg", 0.1, 360.0),
            ("front_back_db", 0.0, 60.0),
            ("sla_v_db", 0.0, 60.0),
        ):
            value = getattr(self, name)
            if not least <= value <= most:  # also when it is nan
                raise InputError(
                    f"天线参数 {name}={value} 不合理，应为 {least:g} 到 {most:g}。",
                    f"the antenna's {name}={value} is not sensible; give {least:g} to {most:g}.",
                )

    @property
    def electrical_tilt_deg(self) -> float:
        """0: a parametric pattern looks at its horizon."""
        return 0.0

    def gain_dbi(self, phi_deg: Numbers, theta_deg: Numbers) -> F64:
        """Gain, dBi; see :class:`Pattern`."""
        phi = wrapped_deg(phi_deg)
        across = np.minimum(12 * (phi / self.hpbw_h_deg) ** 2, self.front_back_db)
        off = np.asarray(theta_deg, dtype=float) - 90
        down = np.minimum(12 * (off / self.hpbw_v_deg) ** 2, self.sla_v_db)
        return np.asarray(
            self.peak_gain_dbi - np.minimum(across + down, max(self.front_back_db, self.sla_v_db))
        )


PANELS: Mapping[str, MacroPanel] = MappingProxyType(
    {
        "64T64R-65deg": MacroPanel(17.5, 65.0, 7.0, 30.0, 20.0),
        "8T8R-65deg": MacroPanel(17.0, 65.0, 8.0, 28.0, 18.0),
        "4T4R-65deg": MacroPanel(17.0, 65.0, 8.0, 28.0, 18.0),
        "4T4R-65deg-low-band": MacroPanel(14.5, 65.0, 14.0, 25.0, 16.0),
        "omni-8T": MacroPanel(5.5, 360.0, 20.0, 0.0, 15.0),
        "omni-indoor": MacroPanel(0.8, 360.0, 60.0, 0.0, 12.0),
        "tr38901-element": MacroPanel(8.0, 65.0, 65.0, 30.0, 30.0),
    }
)
"""Patterns by the names of site tables: the envelope of the beams that carry the SSB. Widths are
typical ones; gains follow from them, 10 log10(32400 / (hpbw_h hpbw_v)) less 1 dB of losses. None
is a product's."""

LOW_BAND_GHZ = 1.0
"""Below it a passive panel of usual length has about twice the vertical beam width."""


def panel(name: str | None, frequency_ghz: float) -> MacroPanel:
    """The parametric pattern of a sector.

    Parameters
    ----------
    name
        A key of :data:`PANELS`; None takes the usual one of the band: the low-band panel under
        1 GHz, 4T4R under 2.5 GHz, 64T64R above. ``"4T4R-65deg"`` under 1 GHz is the low-band one.

    Raises
    ------
    twin.errors.UnknownName
        A name that is not there.
    """
    if name is None:
        name = "4T4R-65deg" if frequency_ghz < 2.5 else "64T64R-65deg"
    if name == "4T4R-65deg" and frequency_ghz < LOW_BAND_GHZ:
        name = "4T4R-65deg-low-band"
    try:
        return PANELS[name]
    except KeyError:
        known = ", ".join(PANELS)
        raise UnknownName(
            f"没有天线方向图 {name[:60]!r}；可用：{known}，或导入 .msi 文件。",
            f"there is no antenna pattern {name[:60]!r}; known are {known}, or import an .msi file.",
        ) from None


@dataclass(frozen=True, slots=True)
class Directed:
    """A pattern as it hangs on its mast; made by :func:`directed`."""

    pattern: Pattern
    azimuth_deg: float
    mechanical_tilt_deg: float
    electrical_tilt_deg: float

    def gain_dbi(self, bearing_deg: Numbers, elevation_deg: Numbers) -> F64:
        """Gain towards a direction of the world, dBi; the arguments broadcast."""
        phi, theta = self.angles_deg(bearing_deg, elevation_deg)
        return self.pattern.gain_dbi(phi, theta)

    def angles_deg(self, bearing_deg: Numbers, elevation_deg: Numbers) -> tuple[F64, F64]:
        """(phi, theta) of a direction of the world in the frame of the pattern, both tilts applied."""
        turn = np.radians(np.asarray(bearing_deg, dtype=float) - self.azimuth_deg)
        rise = np.radians(np.asarray(elevation_deg, dtype=float))
        tilt = np.radians(self.mechanical_tilt_deg)
        ahead, right, up = np.cos(rise) * np.cos(turn), np.cos(rise) * np.sin(turn), np.sin(rise)
        forward = ahead * np.cos(tilt) - up * np.sin(tilt)
        top = ahead * np.sin(tilt) + up * np.cos(tilt)
        phi = np.degrees(np.arctan2(right, forward))
        theta = np.degrees(np.arctan2(np.hypot(forward, right), top))
        shift = self.electrical_tilt_deg - self.pattern.electrical_tilt_deg
        return np.asarray(phi), np.asarray(theta - shift)


def directed(
    pattern: Pattern, azimuth_deg: float, mechanical_tilt_deg: float, electrical_tilt_deg: float
) -> Directed:
    """``pattern`` turned to ``azimuth_deg`` (clockwise from north) and tilted down.

    The mechanical tilt turns the whole pattern about its horizontal axis, so the back rises
    as the front sinks. The electrical tilt lowers the beam on every side alike: it shifts
    ``theta``. It is the sector's whole electrical tilt: what the pattern already contains
    (a file measured at 6 degrees) is not added again.
    """
    if not np.isfinite([azimuth_deg, mechanical_tilt_deg, electrical_tilt_deg]).all():
        raise InputError("天线的方位角和下倾角必须是数。", "the antenna's azimuth and tilts must be numbers.")
    return Directed(pattern, azimuth_deg, mechanical_tilt_deg, electrical_tilt_deg)


def wrapped_deg(angle_deg: Numbers) -> F64:
    """The same angle within -180 (inclusive) to 180."""
    return np.asarray((np.asarray(angle_deg, dtype=float) + 180) % 360 - 180)
