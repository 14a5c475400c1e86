"""The notebooks run from top to bottom and say what they promise."""

from __future__ import annotations

import os
from pathlib import Path

import geopandas as gpd
import nbformat
import pandas as pd
import pytest
from nbclient import NotebookClient

from tests import city, life_city, radio_city
from tests.indicators import town
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


@pytest.fixture
def radio_home(tmp_path: Path) -> Path:
    """The city with one site in the west; nobody in the east hears it."""
    folder = tmp_path / "radio"
    with Store.open(folder) as store:
        radio_city.put(store)
    return folder


@pytest.mark.slow
def test_coverage_of_a_city_worked_out_on_paper(radio_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    results = run(ROOT / "notebooks" / "03_coverage.ipynb", monkeypatch, radio_home)
    rates = next(text for text in results if "residential_buildings" in text)
    assert "0.431" in rates  # 303 of 703 people live in the west
    assert any("'sectors': 3," in text for text in results)
    assert any("footway" in text and "1.000" in text for text in results)
    assert any("transport_line" in text for text in results)
    assert any("unheard" in text and "400" in text for text in results)
    place = next(text for text in results if "'hidden_by': None" in text)
    assert "'site': 'A'" in place
    level = place.split("'rsrp_dbm': ")[1].split(",")[0]
    budget = next(text for text in results if "Outer wall" in text)
    assert budget.splitlines()[-1].split()[-2] == level
    moved = next(text for text in results if "newly_covered" in text)
    assert "-303.0" in moved  # the only site is taken from the west
    assert "400.0" in moved  # to the east
    chosen = next(text for text in results if "gain_people" in text)
    assert "upper" in chosen  # the only roof of a public building
    file = next(text for text in results if "largest_difference_db" in text)
    assert "'layout': 'COG'" in file
    assert f"'place_dbm': {level}," in file
    assert "'largest_difference_db': 0.005}" in file  # half of the file's step
    assert any("'synthetic'" in text and "'site_5g'" in text for text in results)


@pytest.mark.slow
def test_coverage_builds_a_small_city(monkeypatch: pytest.MonkeyPatch) -> None:
    results = run(ROOT / "notebooks" / "03_coverage.ipynb", monkeypatch, None)
    rates = next(text for text in results if "residential_buildings" in text)
    assert "安亭镇" in rates
    chosen = next(text for text in results if "gain_people" in text)
    assert len(chosen.splitlines()) == 6  # the heads and five sites
    assert any("'layout': 'COG'" in text for text in results)


@pytest.mark.slow
def test_briefing_of_a_city_worked_out_on_paper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Store.open(tmp_path / "home") as store:
        city.put(store, town.layers(), name="town", synthetic=True)
    results = run(ROOT / "notebooks" / "05_briefing.ipynb", monkeypatch, tmp_path / "home")
    assert any("我嘉·邻里中心" in text and "公交实时到站" in text for text in results)
    card = next(text for text in results if "'layers'" in text)
    assert "'value': 1.0" in card  # of three centres one is open
    assert "'origin': 'synthetic'" in card
    assert any("('view', '全区', '合成演示数据，不反映真实情况')" in text for text in results)
    read_back = next(text for text in results if "without_evidence" in text)
    assert "'without_evidence': []" in read_back
    assert "'printed': 0" not in read_back


@pytest.mark.slow
def test_explore_builds_a_small_city(monkeypatch: pytest.MonkeyPatch) -> None:
    results = run(ROOT / "notebooks" / "01_explore.ipynb", monkeypatch, None)
    assert any("synthetic" in text and "building" in text for text in results)
    assert any("mean_height_m" in text and "安亭" in text for text in results)
