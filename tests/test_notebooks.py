"""The notebooks run from top to bottom and say what they promise."""

from __future__ import annotations

import os
from pathlib import Path

import geopandas as gpd
import nbformat
import pandas as pd
import pytest
from nbclient import NotebookClient

from tests import city, life_city
from twin.settings import ROOT
from twin.store import Store

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    with Store.open(folder) as store:
        city.put(store, {"town": city.towns(), "building": city.buildings()}, name="survey")
    return folder


def run(path: Path, monkeypatch: pytest.MonkeyPatch, home: Path | None) -> list[str]:
    """Execute a notebook; returns the plain text of every cell's result."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.setenv("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "1")  # the kernel is this Python, whatever others there are
    if home is None:
        monkeypatch.delenv("TWIN_HOME", raising=False)
    else:
        monkeypatch.setenv("TWIN_HOME", str(home))
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, timeout=300, kernel_name="python3")
    client.execute(cwd=str(ROOT))
    return [
        output["data"]["text/plain"]
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if output.output_type == "execute_result"
    ]


def test_there_are_notebooks_without_stored_results() -> None:
    assert NOTEBOOKS
    for path in NOTEBOOKS:
        for cell in nbformat.read(path, as_version=4).cells:
            assert not cell.get("outputs"), f"clear the results of {path.name}"


def test_explore_on_a_home_of_ones_own(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    results = run(ROOT / "notebooks" / "01_explore.ipynb", monkeypatch, home)
    heights = next(text for text in results if "mean_height_m" in text)
    assert "安亭镇" in heights
    assert "42.0" in heights
    assert any("'survey'" in text and "'real'" in text for text in results)
    assert any("/tiles/building/{z}/{x}/{y}.mvt?g=1" in text for text in results)


@pytest.fixture
def life_home(tmp_path: Path) -> Path:
    """The city worked out on paper, with three parcels where a centre could go."""
    layers = life_city.layers()
    parcels = gpd.GeoDataFrame(
        {"source_key": ["c0", "c1", "c2"], "use": ["public"] * 3},
        geometry=[
            life_city._box(x - 20, y - 20, x + 20, y + 20) for x, y in ((1700, 30), (1500, 430), (4100, 30))
        ],
        crs=4326,
    )
    layers["land_use"] = gpd.GeoDataFrame(
        pd.concat([layers["land_use"], parcels], ignore_index=True), crs=4326
    )
    folder = tmp_path / "life"
    with Store.open(folder) as store:
        city.put(store, layers, name="life", synthetic=True)
    return folder


@pytest.mark.slow
def test_life_circle_on_a_city_worked_out_on_paper(life_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    results = run(ROOT / "notebooks" / "02_life_circle.ipynb", monkeypatch, life_home)
    rates = next(text for text in results if "residential_floor_area" in text)
    assert "试验镇" in rates
    assert "0.167" in rates  # one home of six reaches a centre
    variants = next(text for text in results if "gates_closed" in text)
    assert "hardest" in variants
    assert any("contains_target" in text for text in results)
    lacking = next(text for text in results if "category" in text and "people" in text and "market" in text)
    assert "pharmacy" not in lacking  # the standard does not require it
    assert any("newly_complete" in text for text in results)
    assert any("gain_people" in text for text in results)
    methods = next(text for text in results if "people_gained" in text)
    assert "exact" in methods
    assert any("'synthetic'" in text and "'centre'" in text for text in results)


@pytest.mark.slow
def test_life_circle_builds_a_small_city(monkeypatch: pytest.MonkeyPatch) -> None:
    results = run(ROOT / "notebooks" / "02_life_circle.ipynb", monkeypatch, None)
    rates = next(text for text in results if "residential_floor_area" in text)
    assert "安亭镇" in rates
    assert any("people_gained" in text for text in results)


@pytest.mark.slow
def test_explore_builds_a_small_city(monkeypatch: pytest.MonkeyPatch) -> None:
    results = run(ROOT / "notebooks" / "01_explore.ipynb", monkeypatch, None)
    assert any("synthetic" in text and "building" in text for text in results)
    assert any("mean_height_m" in text and "安亭" in text for text in results)
