"""Flat tables with a row per record (a site's sectors, an estate's gates) as objects with records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from twin.ingest.faults import Faults

_APART = 0.0005


def group_records(
    frame: gpd.GeoDataFrame,
    fields: Mapping[str, Mapping[str, pd.Series]],
    rows: npt.NDArray[np.int64],
    faults: Faults,
    owners: pd.Series | None = None,
) -> gpd.GeoDataFrame:
    """One row per object, its records collected in file order.

    Rows belong together by name, else by place; the first row gives the other
    columns. Rows of one name more than some 50 m apart are different objects
    of the same name. ``fields`` are aligned with the index of ``frame``, which
    counts the rows of the file; ``rows`` are the numbers users know them by.
    ``owners``, where given, say which rows belong together, and become the keys.
    """
    if not fields:
        return frame
    owner = _owners(frame) if owners is None else owners
    numbers, _ = pd.factorize(owner)
    starts = ~pd.Series(numbers).duplicated().to_numpy()
    result = frame[starts].copy()
    for name, members in fields.items():
        table = {member: values.loc[frame.index].to_list() for member, values in members.items()}
        collected: list[list[dict[str, Any]]] = [[] for _ in range(len(result))]
        for position, number in enumerate(numbers):
            record = {member: _plain(values[position]) for member, values in table.items()}
            if any(value is not None for value in record.values()):
                collected[number].append(record)
        column = np.empty(len(result), dtype=object)
        column[:] = [records or None for records in collected]
        result[name] = column
    if "source_key" in result and owners is None:
        again = result["source_key"].duplicated().to_numpy()
        if again.any():
            faults.add(
                "rejected",
                "编号与前面的对象重复",
                "its key is that of an earlier object",
                rows=rows[result.index[again]],
                keys=result["source_key"][again].to_list(),
                column="source_key",
            )
            result = result[~again]
    else:
        # A name is stable between two deliveries of the same table, a row number is not.
        result["source_key"] = owner[starts].astype(str).to_numpy()
    return result


def _owners(frame: gpd.GeoDataFrame) -> pd.Series:
    """What the rows of one object share: name, else place to a metre."""
    middle = shapely.get_coordinates(shapely.point_on_surface(frame.geometry.to_numpy()))
    cells = pd.Series([f"{x:.5f} {y:.5f}" for x, y in middle], index=frame.index)
    if "name" not in frame or not frame["name"].notna().any():
        return cells
    names = frame["name"]
    first = pd.DataFrame(middle, index=frame.index).groupby(names).transform("first")
    far = np.abs(middle - first.to_numpy()).max(axis=1) > _APART
    return names.where(names.notna() & ~far, names.fillna("").astype(str) + " " + cells)


def _plain(value: Any) -> Any:
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return None
    return value.item() if isinstance(value, np.generic) else value
