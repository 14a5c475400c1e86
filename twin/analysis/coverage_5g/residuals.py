"""Predicted against measured levels at measured places: residuals and their statistics.

Residuals are predicted less measured: positive where the map is too optimistic.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from twin.errors import InputError

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Labels = npt.NDArray[np.object_]
Predictor = Callable[[Floats, Floats], npt.ArrayLike]
"""Predicted levels (n,) in dB(m) at longitudes and latitudes (n,) in degrees; NaN where there is none."""

DISTANCE_LIMITS_M = (100.0, 250.0, 500.0, 1000.0)


@dataclass(frozen=True, slots=True)
class Summary:
    """Residuals of one class of samples, dB: ``mean`` is the bias, ``sigma`` the spread about it."""

    name: str
    points: int
    mean_db: float
    sigma_db: float
    rmse_db: float
    median_abs_db: float
    p90_abs_db: float


@dataclass(frozen=True)
class Residuals:
    """Predicted less measured levels at the samples that have both (n,).

    ``row`` are rows of the samples compared, ``distance_m`` and ``classes`` None where not given.
    """

    row: Ints
    lon: Floats
    lat: Floats
    predicted: Floats
    measured: Floats
    distance_m: Floats | None
    classes: Labels | None
    without_prediction: int

    def __len__(self) -> int:
        return len(self.row)

    @property
    def residual_db(self) -> Floats:
        """Predicted less measured (n,)."""
        return self.predicted - self.measured

    def summaries(self, limits_m: Sequence[float] = DISTANCE_LIMITS_M) -> dict[str, tuple[Summary, ...]]:
        """Statistics of ``all`` samples, by ``distance`` class and by clutter ``class``."""
        errors = self.residual_db
        found: dict[str, tuple[Summary, ...]] = {"all": (summary("all", errors),)}
        if self.distance_m is not None:
            edges = [0.0, *limits_m, math.inf]
            number = np.searchsorted(np.asarray(limits_m), self.distance_m, side="right")
            names = [
                f"{low:g}-{high:g} m" if high < math.inf else f">= {low:g} m"
                for low, high in itertools.pairwise(edges)
            ]
            found["distance"] = tuple(
                summary(name, errors[number == place])
                for place, name in enumerate(names)
                if (number == place).any()
            )
        if self.classes is not None:
            found["class"] = tuple(
                summary(str(name), errors[self.classes == name]) for name in sorted(set(self.classes))
            )
        return found


def summary(name: str, residual_db: npt.ArrayLike) -> Summary:
    """Statistics of residuals (n,), dB; NaN where there are none, ``sigma`` also of a single one."""
    errors = np.asarray(residual_db, dtype=float)
    if not len(errors):
        return Summary(name, 0, *(math.nan,) * 5)
    size = np.abs(errors)
    return Summary(
        name,
        len(errors),
        float(errors.mean()),
        float(errors.std(ddof=1)) if len(errors) > 1 else math.nan,
        float(np.sqrt((errors**2).mean())),
        float(np.median(size)),
        float(np.quantile(size, 0.9)),
    )


def compare(
    lon: npt.ArrayLike,
    lat: npt.ArrayLike,
    measured: npt.ArrayLike,
    predictor: Predictor | npt.ArrayLike,
    *,
    distance_m: npt.ArrayLike | None = None,
    classes: npt.ArrayLike | None = None,
) -> Residuals:
    """Residuals at measured places.

    Parameters
    ----------
    lon, lat
        WGS84 degrees (n,).
    measured
        Levels (n,), NaN where not measured.
    predictor
        Predicted levels at the places (n,), or a function that gives them (:func:`raster_sampler`).
    distance_m, classes
        Distance to the serving site and clutter class of every sample (n,), where known.

    Raises
    ------
    twin.errors.InputError
        Arrays differ in length, or nothing was predicted where it was measured.
    """
    x, y, level = (np.asarray(values, dtype=float) for values in (lon, lat, measured))
    _alike(len(x), y, level, distance_m, classes)
    predicted = np.asarray(predictor(x, y) if callable(predictor) else predictor, dtype=float)
    _alike(len(x), predicted)
    given = np.isfinite(level) & np.isfinite(x) & np.isfinite(y)
    keep = given & np.isfinite(predicted)
    if not keep.any():
        raise InputError(
            f"{int(given.sum())} 个测量点都不在预测范围内，无法比较。",
            f"none of the {int(given.sum())} measured places has a prediction, so nothing can be compared.",
        )
    return Residuals(
        np.flatnonzero(keep), x[keep], y[keep], predicted[keep], level[keep],
        None if distance_m is None else np.asarray(distance_m, dtype=float)[keep],
        None if classes is None else np.asarray(classes, dtype=object)[keep],
        int((given & ~keep).sum()),
    )  # fmt: skip


def clutter_classes(line_of_sight: npt.ArrayLike, land_use: npt.ArrayLike | None = None) -> Labels:
    """Labels (n,) ``LOS``, ``NLOS`` and, where the land use is known, ``NLOS residential`` and the like.

    What covers the ground matters behind obstacles; with line of sight it does not part the samples.
    """
    seen = np.asarray(line_of_sight, dtype=bool)
    labels = np.where(seen, "LOS", "NLOS").astype(object)
    if land_use is not None:
        for row, use in enumerate(np.asarray(land_use, dtype=object)):
            if not seen[row] and isinstance(use, str) and use:
                labels[row] = f"NLOS {use}"
    return labels


def raster_sampler(path: Path, band: int = 1) -> Predictor:
    """A predictor that reads one band of a raster: the cell in which a place lies, NaN outside and without data.

    Scale and offset of the band are applied. :class:`twin.errors.InputError` when the file is no raster, has no such
    band or no reference system.
    """
    import pyproj
    import rasterio
    from rasterio.errors import RasterioIOError

    try:
        with rasterio.open(path) as raster:
            if not 1 <= band <= raster.count or raster.crs is None:
                raise InputError(
                    f"栅格 {path.name} 没有第 {band} 波段或没有坐标系。",
                    f"the raster {path.name} has no band {band} or no reference system.",
                )
            grid, crs = ~raster.transform, raster.crs.to_wkt()
            cells = raster.read(band, masked=True).astype(np.float64).filled(np.nan)
            cells = cells * raster.scales[band - 1] + raster.offsets[band - 1]
    except RasterioIOError:
        raise InputError(f"无法读取栅格 {path.name}。", f"the raster {path.name} cannot be read.") from None
    project = pyproj.Transformer.from_crs(4326, crs, always_xy=True)

    def sample(lon: Floats, lat: Floats) -> Floats:
        x, y = (np.asarray(values, dtype=float) for values in project.transform(lon, lat))
        column, row = grid.a * x + grid.b * y + grid.c, grid.d * x + grid.e * y + grid.f
        with np.errstate(invalid="ignore"):
            inside = (row >= 0) & (row < cells.shape[0]) & (column >= 0) & (column < cells.shape[1])
        result = np.full(len(row), np.nan)
        result[inside] = cells[row[inside].astype(np.int64), column[inside].astype(np.int64)]
        return result

    return sample


def _alike(size: int, *arrays: npt.ArrayLike | None) -> None:
    if any(values is not None and len(np.atleast_1d(np.asarray(values))) != size for values in arrays):
        raise InputError(
            "测量点与预测值（或距离、类别）的个数不一致。",
            "samples, predictions, distances and classes differ in number.",
        )
