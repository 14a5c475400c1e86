"""Homes for the tests of indicators: the worked-out town, and a small demonstration city."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import city
from tests.indicators import town
from twin.analysis.coverage_5g.runs import Runs
from twin.analysis.study import Studies
from twin.indicators import Desk
from twin.store import Store


def desk_of(store: Store) -> Desk:
    return Desk(store, Studies(store), Runs(store))


@pytest.fixture(scope="package")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The worked-out town; tests must not change it."""
    with Store.open(tmp_path_factory.mktemp("indicators") / "home") as store:
        city.put(store, town.layers(), name="town")
        yield desk_of(store)


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Desk]:
    """A home without any data."""
    with Store.open(tmp_path / "home") as store:
        yield desk_of(store)
