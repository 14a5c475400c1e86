"""Where the parts of a large computation run: here, in processes, or on a dask cluster.

One seam for every analysis that can be cut into parts (tiles of radio coverage,
origins of routing). A part is plain data and the function a module's own, so
that both can be sent elsewhere; results come back in the order of the parts,
and are the same wherever they were computed.
"""

from __future__ import annotations

import multiprocessing
import os
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from typing import Any, Protocol, TypeVar

from twin.errors import Cancelled, InputError

Part = TypeVar("Part")
Result = TypeVar("Result")
Stop = Callable[[], bool]

_PROCESSES = re.compile(r"processes(?::([1-9][0-9]{0,2}))?")
_ADDRESS = re.compile(r"(?:dask|tcp|tls)://[^\s/]+:[0-9]{1,5}")
_CONNECT_S = 10.0


class Executor(Protocol):
    """Runs ``function`` on every part."""

    name: str

    def map(
        self, function: Callable[[Part], Result], parts: Sequence[Part], stop: Stop = lambda: False
    ) -> Iterator[Result]:
        """The results in the order of ``parts``, as they become known.

        :class:`twin.errors.Cancelled` when ``stop`` says so; what a part raises is raised here.
        """
        ...


class Inline:
    """One part after the other, in this process."""

    name = "inline"

    def map(
        self, function: Callable[[Part], Result], parts: Sequence[Part], stop: Stop = lambda: False
    ) -> Iterator[Result]:
        """See :class:`Executor`."""
        for part in parts:
            _check(stop)
            yield function(part)


class Processes:
    """Parts on processes of this machine, started afresh so that no lock or thread is inherited."""

    def __init__(self, workers: int | None = None) -> None:
        self.workers = workers or max(1, os.cpu_count() or 1)
        self.name = f"processes:{self.workers}"

    def map(
        self, function: Callable[[Part], Result], parts: Sequence[Part], stop: Stop = lambda: False
    ) -> Iterator[Result]:
        """See :class:`Executor`."""
        context = multiprocessing.get_context("spawn")
        pool = ProcessPoolExecutor(min(self.workers, max(1, len(parts))), mp_context=context)
        try:
            waiting = [pool.submit(function, part) for part in parts]
            for future in waiting:
                _check(stop)
                yield future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


class Dask:
    """Parts on the workers of a dask.distributed scheduler, which need this package installed."""

    def __init__(self, address: str) -> None:
        self.address = address.replace("dask://", "tcp://", 1)
        self.name = address

    def map(
        self, function: Callable[[Part], Result], parts: Sequence[Part], stop: Stop = lambda: False
    ) -> Iterator[Result]:
        """See :class:`Executor`; :class:`InputError` when no scheduler answers at the address."""
        from distributed import Client

        connect: Any = Client  # distributed has no types
        try:
            client = connect(self.address, timeout=_CONNECT_S, set_as_default=False)
        except OSError as error:
            raise InputError(
                f"连接不上 dask 调度器 {self.address}；请核对地址，或改用 inline 或 processes。",
                f"no dask scheduler answers at {self.address}; check the address, or use inline or processes.",
            ) from error
        with closing(client):
            waiting = [client.submit(function, part, pure=False) for part in parts]
            try:
                for future in waiting:
                    _check(stop)
                    yield future.result()
            finally:
                client.cancel(waiting)


def named(text: str) -> Executor:
    """The executor a setting names: ``inline``, ``processes``, ``processes:4`` or ``dask://host:8786``.

    :class:`InputError` for anything else.
    """
    wanted = text.strip()
    if wanted in ("", "inline"):
        return Inline()
    if match := _PROCESSES.fullmatch(wanted):
        return Processes(int(match[1]) if match[1] else None)
    if _ADDRESS.fullmatch(wanted):
        return Dask(wanted)
    raise InputError(
        f"执行方式 {wanted[:60]!r} 无效；可用 inline、processes、processes:N 或 dask://主机:端口。",
        f"{wanted[:60]!r} is no executor; use inline, processes, processes:N or dask://host:port.",
    )


def _check(stop: Stop) -> None:
    if stop():
        raise Cancelled("已取消。", "cancelled.")
