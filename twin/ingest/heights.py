"""Heights of buildings where the source gives only storeys, or nothing."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

FLOOR_M = 3.2
"""Height of a storey where only their number is known."""
DEFAULT_FLOORS = {
    "residential": 5, "village_house": 2, "office": 6, "retail": 2, "hotel": 8, "industrial": 2,
    "warehouse": 2, "education": 4, "health": 5, "public": 3, "utility": 1, "other": 3,
}  # fmt: skip
"""Storeys assumed by use where a building states neither height nor storeys."""


def complete_heights(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Buildings with ``height_m`` filled and ``height_source`` telling where it comes from.

    Measured heights stay; else storeys x 3.2 m (``floors``), else the assumed
    storeys of the use (``default``). A height of 0 counts as missing.
    """
    size = len(frame)

    def numbers(name: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        if name not in frame:
            return np.full(size, np.nan)
        return np.array(frame[name].astype("Float64").to_numpy(dtype=float, na_value=np.nan))

    height, floors = numbers("height_m"), numbers("floors")
    use = frame["use"] if "use" in frame else pd.Series([None] * size, index=frame.index, dtype=object)
    assumed = (
        use.map(lambda value: DEFAULT_FLOORS.get(value, DEFAULT_FLOORS["other"])).to_numpy(dtype=float)
        * FLOOR_M
    )
    stated, counted = height > 0, floors > 0
    source = np.where(stated, "measured", np.where(counted, "floors", "default")).astype(object)
    if "height_source" in frame:
        own = frame["height_source"].notna().to_numpy() & stated
        source[own] = frame["height_source"].to_numpy()[own]
    with np.errstate(invalid="ignore"):
        filled = np.where(stated, height, np.where(counted, floors * FLOOR_M, assumed))
    return frame.assign(height_m=np.round(filled, 2), height_source=source)
