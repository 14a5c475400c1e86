"""A placement from points whose place in the model and in the world are both known.

Least squares of a turn and a shift (a Helmert transformation with its scale held at
one: a building has its size); the scale that the points themselves would give is
reported, since one far from 1 means a point that is not where it is said to be.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from bim.errors import BimError
from bim.georeference.placement import Placement, turned
from bim.model import Model

ControlPoint = tuple[float, float, float, float]
"""x and y in the model's axes (metres), longitude and latitude (degrees)."""
_APART_M = 0.5


@dataclass(frozen=True, slots=True)
class Fit:
    """A placement with how well it meets its points.

    Parameters
    ----------
    placement
        Source ``control points``.
    residuals_m
        Distance of each point from where the placement puts it, metres, in the order given.
    scale
        What the points would scale the model by; 1 when there are fewer than two.
    """

    placement: Placement
    residuals_m: list[float]
    scale: float

    @property
    def rms_m(self) -> float:
        """Root mean square of the residuals."""
        return math.sqrt(sum(value * value for value in self.residuals_m) / len(self.residuals_m))

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {**asdict(self), "rms_m": self.rms_m}


def fit(
    points: Sequence[ControlPoint],
    model: Model,
    *,
    height_m: float = 0.0,
    rotation_deg: float | None = None,
) -> Fit:
    """The placement that brings model points closest to their places.

    Parameters
    ----------
    points
        Two or more, or one with ``rotation_deg``.
    model
        Its origin is what the placement puts on the ground.
    height_m
        Height of the origin: control points have none.
    rotation_deg
        Turn of the model's +x axis from true east; with it only the shift is fitted.

    Raises
    ------
    BimError
        When the points do not determine a placement.
    """
    table = _checked(points, rotation_deg)
    lon, lat = float(table[:, 2].mean()), float(table[:, 3].mean())
    frame = Placement(lon, lat)
    drawn = table[:, :2] - np.asarray(model.origin_m[:2], dtype=float)
    world = frame.from_lonlat(table[:, 2:], (0.0, 0.0, 0.0))
    middle_model, middle_world = drawn.mean(axis=0), world.mean(axis=0)
    p, q = drawn - middle_model, world - middle_world
    dot, cross = float((p * q).sum()), float((p[:, 0] * q[:, 1] - p[:, 1] * q[:, 0]).sum())
    spread = float((p * p).sum())
    scale = math.hypot(dot, cross) / spread if spread > 0 else 1.0
    angle = math.atan2(cross, dot) if rotation_deg is None else math.radians(rotation_deg)
    cos, sin = math.cos(angle), math.sin(angle)
    shift = middle_world - np.array([[cos, -sin], [sin, cos]]) @ middle_model
    at_lon, at_lat = frame.to_lonlat([shift], (0.0, 0.0, 0.0))[0]
    # directions are counted from the meridian of the mean point; that of the origin differs by far less
    # than a control point is exact, yet it costs nothing to take the right one
    meridians = math.degrees(math.radians(at_lon - lon) * math.sin(math.radians(lat)))
    placement = Placement(
        float(at_lon),
        float(at_lat),
        height_m,
        turned(math.degrees(angle) - meridians if rotation_deg is None else rotation_deg),
        source="control points",
    )
    put = frame.from_lonlat(placement.to_lonlat(table[:, :2], model.origin_m), (0.0, 0.0, 0.0))
    residuals = np.hypot(*(put - world).T)
    return Fit(placement, [float(value) for value in residuals], scale)


def _checked(
    points: Sequence[ControlPoint], rotation_deg: float | None
) -> np.ndarray[Any, np.dtype[np.float64]]:
    try:
        table = np.asarray(points, dtype=float).reshape(len(points), -1)
    except (TypeError, ValueError):
        table = np.empty((0, 0))
    if table.ndim != 2 or table.shape[1] != 4 or not np.isfinite(table).all():
        raise BimError(
            "控制点须给出四个数字：模型 x、y（米），经度、纬度（度）。",
            "a control point is four numbers: x and y in the model (metres), longitude and latitude (degrees).",
            code="georeference.control_points",
        )
    for number, (_, _, lon, lat) in enumerate(table, start=1):
        if abs(lon) > 180 or abs(lat) >= 90:
            raise BimError(
                f"第 {number} 个控制点的经纬度 {lon:g}, {lat:g} 超出范围；请检查是否写反。",
                f"control point {number} has longitude {lon:g} and latitude {lat:g}, which is out of range; "
                "check whether they are exchanged.",
                code="georeference.control_points",
            )
    if len(table) < 2 and rotation_deg is None:
        raise BimError(
            "至少需要两个控制点；若已知朝向，一个即可。",
            "two control points are needed, or one and the turn of the model.",
            code="georeference.control_points",
        )
    if rotation_deg is not None and not math.isfinite(rotation_deg):
        raise BimError("转角须为数字。", "the turn must be a number.", code="georeference.control_points")
    if rotation_deg is None:
        for columns, zh, en in (((0, 1), "在模型中", "in the model"), ((2, 3), "在地图上", "on the map")):
            near = 1e-6 if columns[0] else _APART_M
            spread = np.ptp(table[:, columns], axis=0).max()
            if spread < near:
                raise BimError(
                    f"控制点{zh}几乎重合，无法确定朝向；请选相距较远的点。",
                    f"the control points are all but one point {en}, which leaves the turn open; choose points "
                    "further apart.",
                    code="georeference.control_points",
                )
    return table
