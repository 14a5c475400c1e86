"""Rows of a layer as the store wants them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas
import numpy as np
import pandas as pd

import layers
from twin.demo.geometry import Geometries, geometries_to_degrees


def frame(
    layer: str,
    geometry: Geometries,
    town: np.ndarray,
    columns: Mapping[str, Sequence[Any] | np.ndarray],
    key: Sequence[str] | None = None,
) -> geopandas.GeoDataFrame:
    """A frame of ``layer`` from geometries in metres; keys run ``demo/{layer}/1`` on unless given."""
    spec = layers.get(layer)
    data: dict[str, Any] = {}
    for name, values in columns.items():
        kind = spec.column(name).kind
        if kind == "integer":
            data[name] = pd.array(values, dtype="Int64")
        elif kind == "number":
            data[name] = np.asarray(values, dtype=np.float64)
        elif kind == "boolean":
            data[name] = pd.array(values, dtype="boolean")
        else:
            data[name] = pd.Series(list(values), dtype=object)
    keys = key if key is not None else [f"demo/{layer}/{number}" for number in range(1, len(geometry) + 1)]
    data["source_key"] = pd.Series(list(keys), dtype=object)
    data["town"] = np.asarray(town, dtype=np.int64)
    return geopandas.GeoDataFrame(data, geometry=geometries_to_degrees(geometry), crs="EPSG:4326")
