"""Costly values kept at hand: computed once by the first who asks, while others wait for that."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from typing import Any


class Kept:
    """The newest few values of several kinds; safe to ask from several threads.

    ``most`` says how many of each kind are kept. Kinds in ``one_at_a_time`` take
    all cores or much memory, so of them only one value is made at any moment.
    """

    def __init__(self, most: Mapping[str, int], one_at_a_time: frozenset[str] = frozenset()) -> None:
        self._most = dict(most)
        self._values: dict[str, OrderedDict[Hashable, Any]] = {kind: OrderedDict() for kind in most}
        self._alone = one_at_a_time
        self._work = threading.Lock()
        self._lock = threading.Lock()
        self._making: dict[Hashable, threading.Lock] = {}

    def known(self, kind: str, key: Hashable) -> Any:
        """The value if it was computed already and is still kept, else None."""
        with self._lock:
            return self._values[kind].get(key)

    def held(self, kind: str) -> frozenset[Hashable]:
        """The keys of the values of a kind that are kept now."""
        with self._lock:
            return frozenset(self._values[kind])

    def once(self, kind: str, key: Hashable, make: Callable[[], Any]) -> Any:
        """The value of ``key``, made with ``make`` when it is not kept; a failure is not kept."""
        values = self._values[kind]
        with self._lock:
            if key in values:
                values.move_to_end(key)
                return values[key]
            making = (
                self._work if kind in self._alone else self._making.setdefault((kind, key), threading.Lock())
            )
        with making:
            with self._lock:
                if key in values:
                    return values[key]
            value = make()
            with self._lock:
                values[key] = value
                while len(values) > self._most[kind]:
                    values.popitem(last=False)
                self._making.pop((kind, key), None)
        return value
