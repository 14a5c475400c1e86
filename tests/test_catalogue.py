"""The catalogue: what undo would take back."""

from __future__ import annotations

from pathlib import Path

from tests import city
from twin import catalogue
from twin.store import Store


def test_the_newest_step_is_what_undo_takes_back(tmp_path: Path) -> None:
    with Store.open(tmp_path / "home") as store:
        assert catalogue.newest_step(store) is None
        first = city.put(store, {"town": city.towns(), "building": city.buildings(4)}, name="survey")
        second = city.put(store, {"site_5g": city.sites(), "building": city.buildings(9)}, name="other")
        step = catalogue.newest_step(store)
        assert step is not None
        assert step["action"] == "import"
        assert step["layers"] == ["building", "site_5g"]
        assert step["datasets"] == second
        store.undo()
        step = catalogue.newest_step(store)
        assert step is not None
        assert step["layers"] == ["building", "town"]
        assert step["datasets"] == first
        store.undo()
        assert catalogue.newest_step(store) is None
