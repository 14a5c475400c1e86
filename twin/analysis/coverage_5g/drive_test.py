"""A drive test beside a run: where the prediction is off, by how much, and what would correct it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from twin.analysis.coverage_5g import _kernels, calibration, measurements, residuals
from twin.analysis.coverage_5g.choices import plain
from twin.analysis.coverage_5g.engine import Run
from twin.errors import InputError

MOST_POINTS = 5000
"""At most so many samples are sent to a map, evenly over the file; statistics take all."""


def compare(run: Run, path: Path, name: str, crs: str = "auto") -> dict[str, Any]:
    """Samples of a CSV or XLSX file against ``run``, as plain data.

    Samples are thinned to one in ten metres, so that a red light counts once.
    ``calibration`` is None with ``calibration_refused`` when there are too few.

    Raises
    ------
    twin.errors.UndecidedCrs
        The coordinates can be read in several ways.
    twin.errors.InputError
        No table, no levels, or no sample within the run.
    """
    found = measurements.read_measurements(path, crs=crs, original_name=name)
    kept = measurements.thinned(found)
    predicted, classes, distance_m = predictions(run, kept.lon, kept.lat)
    compared = residuals.compare(
        kept.lon, kept.lat, kept.ss_rsrp_dbm, predicted, distance_m=distance_m, classes=classes
    )
    fitted, refused = None, None
    try:
        fitted = calibration.calibrate(compared).as_dict()
        fitted["method"] = plain(fitted["method"])
    except InputError as error:
        refused = {"zh": error.zh, "en": error.en}
    step = max(1, -(-len(compared) // MOST_POINTS))
    shown = slice(None, None, step)
    return {
        "name": name,
        "samples": len(found),
        "rejected": found.rejected,
        "faults": found.faults.head(200).to_dict("records"),
        "crs": found.crs.found,
        "notes": [plain(note) for note in found.notes],
        "thinned": len(kept),
        "compared": len(compared),
        "without_prediction": compared.without_prediction,
        "summaries": {key: plain(items) for key, items in compared.summaries().items()},
        "points": np.round(
            np.column_stack([compared.lon, compared.lat, compared.measured, compared.predicted])[shown], 6
        ).tolist(),
        "calibration": fitted,
        "calibration_refused": refused,
    }


def predictions(
    run: Run, lon: npt.ArrayLike, lat: npt.ArrayLike
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.object_], npt.NDArray[np.float64]]:
    """SS-RSRP outdoors at places (NaN where there is none), clutter class, metres to the serving site, each (n,)."""
    grid = run.surface.grid
    x, y = grid.to_metres(lon, lat)
    row, column = grid.cells(x, y)
    held = np.flatnonzero(grid.holds(row, column))
    level = np.full(len(x), np.nan)
    seen = np.zeros(len(x), bool)
    distance_m = np.full(len(x), np.nan)
    if len(held):
        window = (
            int(row[held].min()), int(row[held].max()) + 1, int(column[held].min()), int(column[held].max()) + 1,
        )  # fmt: skip
        rasters = run.rasters(window)
        at = row[held] - window[0], column[held] - window[2]
        server = rasters.server[at]
        heard = server >= 0
        reached = held[heard]
        # On the road a receiver is outdoors, also where the raster shows a building's edge.
        level[reached] = run.channel(_kernels.BEST, window)[at][heard]
        seen[reached] = np.asarray(rasters.line_of_sight)[at][heard]
        site = run.sites.site[server[heard]]
        site_x, site_y = grid.to_metres(run.sites.lon[site], run.sites.lat[site])
        distance_m[reached] = np.hypot(site_x - x[reached], site_y - y[reached])
    return level, residuals.clutter_classes(seen), distance_m
