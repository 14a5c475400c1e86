"""The built-in tour: made of what is there, and of nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

import bim
from bim.georeference import Placement
from tests import city
from tests.bim.cases import step
from tests.models import office
from twin.briefing import standard
from twin.models import register
from twin.store import Store


def pilots() -> gpd.GeoDataFrame:
    """Two pilot areas: one of the plan's, one that nobody wrote a caption for."""
    return gpd.GeoDataFrame(
        {
            "source_key": ["a", "b"],
            "name": ["远香湖中央活动区", "某试点"],
            "name_en": ["Yuanxiang Lake", None],
            "kind": ["cim", "vehicle"],
        },
        geometry=[shapely.box(121.25, 31.33, 121.28, 31.35), shapely.box(121.2, 31.3, 121.21, 31.31)],
        crs=4326,
    )


def test_an_empty_home_has_one_view_of_the_place(tmp_path: Path) -> None:
    with Store.open(tmp_path / "home") as store:
        made = standard.tour(store)
    assert [item.title for item in made.viewpoints] == ["嘉定全区"]
    assert made.builtin
    assert made.viewpoints[0].zoom == 10.5


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with Store.open(tmp_path_factory.mktemp("standard") / "home") as opened:
        city.put(
            opened,
            {"town": city.towns(), "building": city.buildings(), "pilot_area": pilots()},
            name="survey",
        )
        city.put(opened, {"site_5g": city.sites()}, name="plan", synthetic=True)
        yield opened


def test_it_shows_what_the_home_holds(store: Store) -> None:
    made = {item.title: item for item in standard.tour(store).viewpoints}
    assert list(made) == ["嘉定全区", "远香湖中央活动区", "某试点", "5G 信号覆盖", "行动方案指标"]
    lake = made["远香湖中央活动区"]
    assert lake.select.startswith("pilot_area:")
    assert (lake.longitude, lake.latitude) == pytest.approx((121.265, 31.34), abs=1e-3)
    assert "新城核心" in lake.caption
    assert "双智" in made["某试点"].caption
    assert made["5G 信号覆盖"].show == "coverage"
    assert "site_5g" in made["5G 信号覆盖"].layers.split(",")
    assert "sensor" not in made["5G 信号覆盖"].layers.split(",")


def test_a_place_fills_the_frame(store: Store) -> None:
    [lake] = [item for item in standard.tour(store).viewpoints if item.title == "远香湖中央活动区"]
    metres_px = 40075016.686 * 0.854 / 512 / 2**lake.zoom
    assert 2850 / metres_px == pytest.approx(1100, rel=0.1)  # the area is 2.85 km wide


def test_captions_carry_no_figures_of_the_day(store: Store) -> None:
    allowed = {"15", "5", "95", "38.901", "3", "901", "38"}  # names, targets and standards
    for item in standard.tour(store).viewpoints:
        assert set(re.findall(r"\d+(?:\.\d+)?", item.caption + item.caption_en)) <= allowed, item.caption
        assert bool(item.caption) == bool(item.caption_en)


def test_ids_stay_while_the_data_change(store: Store) -> None:
    before = [item.id for item in standard.tour(store).viewpoints]
    city.put(store, {"building": city.buildings()}, name="again")
    assert [item.id for item in standard.tour(store).viewpoints] == before
    assert len(set(before)) == len(before)


def test_a_placed_model_is_visited(store: Store, tmp_path: Path) -> None:
    (tmp_path / "wall.ifc").write_text(step(), encoding="ascii")
    bim.convert(tmp_path / "wall.ifc", tmp_path / "model")
    entry = office.kept(store, tmp_path / "model")
    assert "IFC" not in "".join(item.caption for item in standard.tour(store).viewpoints)
    register.place(store, entry.id, Placement(121.2, 31.3))
    [found] = [item for item in standard.tour(store).viewpoints if "IFC" in item.caption]
    assert found.title == entry.name
    assert (found.longitude, found.latitude) == (121.2, 31.3)
    assert found.zoom > 17
