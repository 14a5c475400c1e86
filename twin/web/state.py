"""What one server process shares between its routes and its pages."""

from __future__ import annotations

import json
import os
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from layers import all_layers
from twin import describe, features, tiles
from twin.analysis.coverage_5g.runs import Runs
from twin.analysis.study import Studies
from twin.briefing.board import Board
from twin.errors import TwinError
from twin.indicators import Desk
from twin.indicators.ledger import Ledger
from twin.jobs import Jobs
from twin.models.intake import Intake
from twin.report.pictures import Darkroom
from twin.settings import Settings
from twin.store import Store
from twin.tile_cache import Key, TileCache
from twin.web.tasks import Tasks

_WARM_ZOOMS = (9, 10, 11)
_WARM_TILES = 64


@dataclass(slots=True)
class State:
    """The open store with the tile cache, imports, building models, studies and long work that use it."""

    settings: Settings
    store: Store
    tiles: TileCache
    jobs: Jobs
    intake: Intake
    studies: Studies
    runs: Runs
    tasks: Tasks
    ledger: Ledger
    board: Board
    darkroom: Darkroom = field(default_factory=Darkroom)
    _memo: dict[tuple[Any, ...], Any] = field(default_factory=dict)
    _memo_lock: threading.Lock = field(default_factory=threading.Lock)

    def memo(self, name: str, make: Any, *arguments: Any) -> Any:
        """``make(store, *arguments)``, kept until another generation is shown."""
        version = tuple((layer, item.number) for layer, item in sorted(self.store.shown.items()))
        key = (name, *arguments, version)
        with self._memo_lock:
            if key in self._memo:
                return self._memo[key]
        value = make(self.store, *arguments)
        with self._memo_lock:
            if len(self._memo) > 500:
                self._memo.clear()
            self._memo[key] = value
        return value

    def warm(self) -> None:
        """Make what the first viewer asks for, so that nobody waits for DuckDB's first query."""
        self.memo("twin", describe.twin)
        self.memo("labels", features.labels)
        box = describe.bounds(self.store)
        if box is None:
            return
        for z in _WARM_ZOOMS:
            west, north = tiles.tile_of(box[0], box[3], z)
            east, south = tiles.tile_of(box[2], box[1], z)
            if (east - west + 1) * (south - north + 1) > _WARM_TILES:
                return  # the data lie far apart: nobody looks at all of it first
            for layer, generation in self.store.shown.items():
                for x in range(west, east + 1):
                    for y in range(north, south + 1):
                        self.tiles.request((layer, generation.number, z, x, y))
        self._warm_study()

    def _warm_study(self) -> None:
        """Compute the life circle everyone asks for first; what keeps it from being computed is told then."""
        if {"road", "building"} <= set(self.store.shown):
            from bim import loops
            from twin.analysis import network, siting
            from twin.analysis.life_circle import Parameters
            from twin.indicators import report

            # The home may be closed meanwhile, or hold nothing to compute from.
            with suppress(TwinError, duckdb.Error):
                self.studies.study(Parameters())
                report.rows(self.ledger.reading())
            network.warm_up()
            siting.warm_up()
            loops.warm_up()


_state: State | None = None


def start(settings: Settings) -> State:
    """Open the home and make the state of this process."""
    global _state  # noqa: PLW0603 - one home, one writer, one server process
    store = Store.open(settings.home, keep_generations=settings.keep_generations)

    def make(key: Key) -> bytes:
        layer, number, z, x, y = key
        data = tiles.tile(store.cursor(), all_layers()[layer], store.kept(layer, number), z, x, y)
        return tiles.compressed(data) if data else b""

    studies, runs = Studies(store), Runs(store, settings.executor)
    desk = Desk(store, studies, runs)
    ledger = Ledger(desk)
    cache = TileCache(make, settings.tile_cache_mb * 1_000_000)
    _state = State(
        settings,
        store,
        cache,
        Jobs(store, settings),
        Intake(store, settings),
        studies,
        runs,
        Tasks(),
        ledger,
        Board(desk, ledger),
    )
    _announce(_state)
    threading.Thread(target=_state.warm, name="warm-up", daemon=True).start()
    return _state


def stop() -> None:
    """Finish running work and close the home."""
    global _state  # noqa: PLW0603
    if _state is None:
        return
    _server_file(_state.settings.home).unlink(missing_ok=True)
    _state.tasks.close()
    _state.board.close()
    _state.ledger.close()
    _state.jobs.close()
    _state.intake.close()
    _state.tiles.close()
    _state.store.close()
    _state = None


def current() -> State:
    """The state of the running server."""
    if _state is None:
        raise RuntimeError("the server is not running")
    return _state


def _server_file(home: Path) -> Path:
    return home / "server.json"


def _announce(state: State) -> None:
    """Tell commands on this home where the server is."""
    path = _server_file(state.settings.home)
    part = path.with_suffix(".part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(
            {
                "address": state.settings.address,
                "port": state.settings.port,
                "pid": os.getpid(),
            },
            file,
        )
    part.replace(path)
