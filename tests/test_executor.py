"""Parts of a computation run alike in this process, in others and on a dask cluster."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator

import numpy as np
import pytest

from twin import executor
from twin.errors import Cancelled, InputError

PARTS = list(range(7))


@pytest.fixture(scope="module")
def dask_address() -> Iterator[str]:
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
    ) as cluster:
        yield cluster.scheduler_address.replace("tcp://", "dask://")


def check(running: executor.Executor) -> None:
    assert list(running.map(math.factorial, PARTS)) == [math.factorial(part) for part in PARTS]
    arrays = list(running.map(np.arange, [2, 3]))
    np.testing.assert_array_equal(arrays[1], [0, 1, 2])
    with pytest.raises(ValueError, match="not defined"):
        list(running.map(math.factorial, [3, -1]))
    with pytest.raises(Cancelled):
        list(running.map(math.factorial, PARTS, lambda: True))
    assert list(running.map(math.factorial, [])) == []


@pytest.mark.parametrize("name", ["inline", "processes:2"])
def test_results_come_in_order(name: str) -> None:
    check(executor.named(name))


@pytest.mark.slow
def test_dask_gives_the_same(dask_address: str) -> None:
    check(executor.named(dask_address))


def test_work_goes_on_until_it_is_stopped() -> None:
    seen: list[int] = []
    results = executor.Inline().map(math.factorial, PARTS, lambda: len(seen) == 3)
    with pytest.raises(Cancelled):
        seen.extend(results)
    assert seen == [1, 1, 2]


def test_no_scheduler_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr(executor, "_CONNECT_S", 0.5)
    with pytest.raises(InputError, match=r"no dask scheduler answers at tcp://127\.0\.0\.1:1"):
        list(executor.named("dask://127.0.0.1:1").map(math.factorial, PARTS))


def test_names() -> None:
    assert executor.named("").name == "inline"
    assert executor.named("processes:3").name == "processes:3"
    assert isinstance(executor.named("tcp://10.0.0.1:8786"), executor.Dask)
    for wrong in ("threads", "processes:0", "dask://", "http://a:1", "dask://a:b", "inline; rm"):
        with pytest.raises(InputError):
            executor.named(wrong)


def test_dask_is_loaded_only_when_asked_for() -> None:
    import subprocess

    code = "import sys, twin.executor; print('distributed' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
