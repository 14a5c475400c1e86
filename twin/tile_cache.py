"""Ready tiles in memory: least recently used first out, each made once.

Keys are (layer, generation, z, x, y), so a new generation needs no clearing.
Concurrent requests for one missing tile wait for a single query, and no more
queries run at once than there are cores.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

Key = tuple[str, int, int, int, int]
_OVERHEAD = 200


class TileCache:
    """Bounded cache of compressed tiles over a bounded pool of makers."""

    def __init__(self, make: Callable[[Key], bytes], limit_bytes: int, workers: int | None = None) -> None:
        self._make = make
        self._limit = limit_bytes
        self._size = 0
        self._tiles: OrderedDict[Key, bytes] = OrderedDict()
        self._pending: dict[Key, Future[bytes]] = {}
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(workers or os.cpu_count() or 2, thread_name_prefix="tile")

    def peek(self, key: Key) -> bytes | None:
        """The tile if it is ready."""
        with self._lock:
            data = self._tiles.get(key)
            if data is not None:
                self._tiles.move_to_end(key)
            return data

    def request(self, key: Key) -> Future[bytes]:
        """A future of the tile; requests for the same tile share it."""
        with self._lock:
            data = self._tiles.get(key)
            if data is not None:
                done: Future[bytes] = Future()
                done.set_result(data)
                return done
            future = self._pending.get(key)
            if future is None:
                future = self._pending[key] = self._pool.submit(self._produce, key)
            return future

    def _produce(self, key: Key) -> bytes:
        try:
            data = self._make(key)
            with self._lock:
                self._tiles[key] = data
                self._size += len(data) + _OVERHEAD
                while self._size > self._limit and len(self._tiles) > 1:
                    _, old = self._tiles.popitem(last=False)
                    self._size -= len(old) + _OVERHEAD
            return data
        finally:
            with self._lock:
                self._pending.pop(key, None)

    def close(self) -> None:
        """Stop the makers; waiting requests are cancelled."""
        self._pool.shutdown(wait=True, cancel_futures=True)
