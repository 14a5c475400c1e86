"""Models converted once for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import bim
from tests.bim.cases import PUBLIC, needs_cases, step
from tests.models import office
from twin.models import placing
from twin.store import Store

__all__ = ["needs_cases"]


@pytest.fixture(scope="session")
def wall(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of one wall, 10 m by 0.2 m and 3 m high."""
    folder = tmp_path_factory.mktemp("wall")
    (folder / "wall.ifc").write_text(step(), encoding="ascii")
    bim.convert(folder / "wall.ifc", folder / "model")
    return folder / "model"


@pytest.fixture(scope="session")
def versions(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The two versions of the office."""
    if not PUBLIC.is_dir():
        pytest.skip(f"needs the IFC cases in {PUBLIC}")
    folder = tmp_path_factory.mktemp("office")
    for number in (1, 2):
        bim.convert(PUBLIC / f"jiading_office_cn_v{number}.ifc", folder / str(number))
    return folder / "1", folder / "2"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "home") as opened:
        yield opened


@pytest.fixture
def city_store(store: Store, versions: tuple[Path, Path]) -> Store:
    """A home whose building layer holds the office where its file says it stands."""
    first = placing.hypotheses(store, versions[0], office.document(versions[0]))[0]
    office.put(store, placing.footprint(office.document(versions[0]), first.placement()))
    return store
