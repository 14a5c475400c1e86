"""Where a model stands: the one transform between a model's metres and longitude and latitude.

The model's axes are turned and laid on the ground around an anchor. The ground is
the transverse Mercator plane centred on the anchor itself, true to scale there and
with its y axis along the meridian; being conformal, it differs from any
Gauss-Kruger or UTM plane by a turn (the convergence), a factor (the grid scale)
and, at 400 m, less than a centimetre.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from bim.errors import BimError
from bim.georeference.systems import convergence_deg, grid_scale, transformer

if TYPE_CHECKING:
    import pyproj

Array = npt.NDArray[np.float64]


@lru_cache(maxsize=256)
def _local(lon: float, lat: float) -> pyproj.Transformer:
    """From metres east and north of a point to longitude and latitude."""
    import pyproj

    plane = pyproj.CRS.from_proj4(
        f"+proj=tmerc +lat_0={lat!r} +lon_0={lon!r} +k=1 +x_0=0 +y_0=0 +ellps=GRS80 +units=m +type=crs"
    )
    geodetic = pyproj.CRS.from_proj4("+proj=longlat +ellps=GRS80 +type=crs")
    return pyproj.Transformer.from_crs(plane, geodetic, always_xy=True)


def turned(degrees: float) -> float:
    """An angle in degrees brought into -180 (excluded) to 180."""
    return 180.0 - (180.0 - degrees) % 360.0


@dataclass(frozen=True, slots=True)
class Grid:
    """A placement said in a projected system, as an IfcMapConversion says it.

    Map coordinates of a model point ``(x, y, z)`` in metres are
    ``E = eastings + scale (cos t x - sin t y)``, ``N = northings + scale (sin t x + cos t y)``,
    ``H = height_m + z`` with ``t = rotation_deg``.
    """

    epsg: int
    eastings: float
    northings: float
    height_m: float
    rotation_deg: float
    """Counter-clockwise from grid east."""
    scale: float
    """Map metres per model metre: the placement's own scale times that of the grid."""


@dataclass(frozen=True, slots=True)
class Placement:
    """Where :attr:`bim.model.Model.origin_m` stands and how the model is turned.

    Parameters
    ----------
    lon, lat
        Degrees, WGS84 (CGCS2000 is the same here).
    height_m
        Height of the origin, metres, in the height system of the city.
    rotation_deg
        Counter-clockwise turn of the model's +x axis from true east.
    source
        How it is known: the name of a hypothesis, ``by hand``, ``control points``.
    scale
        Ground metres per model metre; differs from 1 by the grid scale where the model was drawn on a grid.
    epsg
        The system it was given in, where it was.
    at
        When it was decided, ISO 8601.
    """

    lon: float
    lat: float
    height_m: float = 0.0
    rotation_deg: float = 0.0
    source: str = "by hand"
    scale: float = 1.0
    epsg: int | None = None
    at: str | None = None

    def __post_init__(self) -> None:
        numbers = (self.lon, self.lat, self.height_m, self.rotation_deg, self.scale)
        sound = all(isinstance(value, (int, float)) and math.isfinite(value) for value in numbers)
        if not sound or abs(self.lon) > 180 or abs(self.lat) >= 90 or not 0.5 < self.scale < 2:
            raise BimError(
                "位置不成立：经度须在 ±180°、纬度须在 ±90° 以内，高程、转角和比例须为数字；请重新给出。",
                "this is no position: longitude must lie within ±180°, latitude within ±90°, and height, turn "
                "and scale must be numbers; give it again.",
                code="georeference.placement",
            )

    def to_lonlat(self, points_m: npt.ArrayLike, model_origin: Sequence[float]) -> Array:
        """Longitude, latitude (degrees) of model points; shape ``(n, 2)``, or ``(n, 3)`` with heights.

        Parameters
        ----------
        points_m
            Shape ``(n, 2)`` or ``(n, 3)``, metres in the model's axes.
        model_origin
            :attr:`bim.model.Model.origin_m`, the point that the placement puts on the ground.
        """
        points = _points(points_m)
        angle = math.radians(self.rotation_deg)
        cos, sin = math.cos(angle) * self.scale, math.sin(angle) * self.scale
        x, y = points[:, 0] - model_origin[0], points[:, 1] - model_origin[1]
        lon, lat = _local(self.lon, self.lat).transform(cos * x - sin * y, sin * x + cos * y)
        columns = [np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)]
        if points.shape[1] == 3:
            columns.append(points[:, 2] - model_origin[2] + self.height_m)
        return np.column_stack(columns)

    def from_lonlat(self, lonlat: npt.ArrayLike, model_origin: Sequence[float]) -> Array:
        """Model points (metres) of longitudes, latitudes and, in a third column, heights: the inverse."""
        points = _points(lonlat)
        east, north = _local(self.lon, self.lat).transform(points[:, 0], points[:, 1], direction="INVERSE")
        angle = math.radians(self.rotation_deg)
        cos, sin = math.cos(angle) / self.scale, math.sin(angle) / self.scale
        columns = [
            cos * np.asarray(east) + sin * np.asarray(north) + model_origin[0],
            cos * np.asarray(north) - sin * np.asarray(east) + model_origin[1],
        ]
        if points.shape[1] == 3:
            columns.append(points[:, 2] - self.height_m + model_origin[2])
        return np.column_stack(columns)

    def grid(self, epsg: int, model_origin: Sequence[float]) -> Grid:
        """The placement in a projected system: what an IfcMapConversion of the model has to say.

        The turn and the scale are those at the origin, so they hold around the building
        however far from it the model's own zero lies.
        """
        system = transformer(f"EPSG:{epsg}")
        e, n = system.transform(self.lon, self.lat, direction="INVERSE")
        rotation = turned(self.rotation_deg + convergence_deg(f"EPSG:{epsg}", self.lon, self.lat))
        scale = self.scale * grid_scale(f"EPSG:{epsg}", self.lon, self.lat)
        angle = math.radians(rotation)
        x, y = model_origin[0], model_origin[1]
        return Grid(
            epsg=epsg,
            eastings=float(e) - scale * (math.cos(angle) * x - math.sin(angle) * y),
            northings=float(n) - scale * (math.sin(angle) * x + math.cos(angle) * y),
            height_m=self.height_m - model_origin[2],
            rotation_deg=rotation,
            scale=scale,
        )

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Placement:
        """The reverse of :meth:`as_dict`; unknown keys are ignored."""
        if "lon" not in data or "lat" not in data:
            raise BimError(
                "位置缺少经度 lon 或纬度 lat。",
                "the position lacks lon or lat.",
                code="georeference.placement",
            )
        known = {field: data[field] for field in cls.__dataclass_fields__ if field in data}
        return cls(**known)


def _points(values: npt.ArrayLike) -> Array:
    points = np.asarray(values, dtype=float)
    if points.ndim != 2 or points.shape[1] not in (2, 3):
        raise ValueError(f"points must have the shape (n, 2) or (n, 3), not {points.shape}")
    return points
