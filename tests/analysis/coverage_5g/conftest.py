"""The hand-made city of :mod:`tests.radio_city`, computed and judged once for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests import radio_city
from twin.analysis import surface
from twin.analysis.coverage_5g import engine, report, sites
from twin.analysis.coverage_5g.engine import Run
from twin.analysis.coverage_5g.parameters import Parameters
from twin.analysis.coverage_5g.tables import Assessment
from twin.store import Store

RADIUS_M = 900.0


@dataclass(frozen=True)
class Radio:
    """A store with the city, its run with the one site on the air, and that judged by the default profile."""

    store: Store
    run: Run
    found: Assessment


@pytest.fixture(scope="session")
def radio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Radio]:
    with Store.open(tmp_path_factory.mktemp("radio") / "home") as store:
        radio_city.put(store)
        run = engine.run(surface.read(store, 10.0), sites.read(store), Parameters(radius_m=RADIUS_M))
        yield Radio(store, run, report.assessment(store, run))
