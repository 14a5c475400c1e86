"""A run is the same, bit for bit, wherever its parts are computed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from tests.analysis.coverage_5g import scenes
from twin import executor
from twin.analysis.coverage_5g import engine, result
from twin.analysis.coverage_5g.engine import Run
from twin.analysis.coverage_5g.parameters import Parameters
from twin.analysis.coverage_5g.sites import Sites
from twin.analysis.surface import Surface

PARAMETERS = Parameters(resolution_m=20.0, radius_m=600.0, model="hybrid")
RASTERS = (*result.METRICS, "server")


@pytest.fixture(scope="module")
def town() -> tuple[Surface, Sites]:
    """So many cells and masts that both stages have several parts."""
    city = scenes.town(11, cell_m=20.0, size_m=6000.0, count=900)
    return city, scenes.scattered(city, 11, 48)


@pytest.fixture(scope="module")
def inline(town: tuple[Surface, Sites]) -> Run:
    return engine.run(*town, PARAMETERS, executor=executor.Inline())


@pytest.fixture(scope="module")
def dask_address() -> Iterator[str]:
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
    ) as cluster:
        yield cluster.scheduler_address.replace("tcp://", "dask://")


def check(town: tuple[Surface, Sites], inline: Run, name: str) -> None:
    parts: dict[str, int] = {}

    def told(stage: str, share: float) -> None:
        parts[stage] = parts.get(stage, -1) + 1

    other = engine.run(*town, PARAMETERS, executor=executor.named(name), progress=told)
    assert all(count > 1 for count in parts.values()), parts  # or there was nothing to share out
    assert set(parts) == {"sight", "signals"}
    assert np.array_equal(other.sight.bits, inline.sight.bits)
    assert np.array_equal(other.sight.edge, inline.sight.edge)
    assert other.tiles.keys() == inline.tiles.keys()
    assert all(other.tiles[key].tobytes() == tile.tobytes() for key, tile in inline.tiles.items())
    mine, others = inline.rasters(), other.rasters()
    for raster in RASTERS:
        assert getattr(mine, raster).tobytes() == getattr(others, raster).tobytes(), raster
    assert mine.known.mean() > 0.5


@pytest.mark.slow
def test_two_processes_give_what_one_gives(town: tuple[Surface, Sites], inline: Run) -> None:
    check(town, inline, "processes:2")


@pytest.mark.slow
def test_a_dask_cluster_gives_what_one_process_gives(
    town: tuple[Surface, Sites], inline: Run, dask_address: str
) -> None:
    check(town, inline, dask_address)
