"""A new layer is one new file: found in import, tiles, legend, export, API and documentation."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import layers
from tests.serving import serving
from twin import cli, scene, tiles

FILE = '''
"""Charging piles."""

from layers import Choice, ColorBy, Column, LayerSpec, Style, Text

LAYER = LayerSpec(
    id="charging_pile",
    title=Text("充电桩", "Charging piles"),
    description=Text("公共充电桩", "Public charging piles"),
    group="transport",
    prefix="CHG",
    geometry="point",
    columns=(
        Column("name", "text", Text("名称", "Name"), Text("名称", "Name"), aliases=("名称",), tile=True),
        Column("power_kw", "number", Text("功率", "Power"), Text("额定功率", "Rated power"), unit="kW",
               aliases=("功率",), minimum=0, tile=True),
        Column("plug", "text", Text("接口", "Plug"), Text("接口类型", "Kind of plug"), aliases=("接口",),
               choices=(Choice("dc", Text("直流", "DC"), "#FF8800", ("快充",)),
                        Choice("ac", Text("交流", "AC"), "#0088FF", ("慢充",))), tile=True),
    ),
    style=Style("point", "#22CC88", 118, color_by=(ColorBy("plug", "category"),)),
    name_column="name",
    expects=Text("点位表", "Table of points"),
)
'''


@pytest.fixture
def new_layer(tmp_path: Path) -> Iterator[str]:
    folder = tmp_path / "more_layers"
    folder.mkdir()
    (folder / "charging_pile.py").write_text(FILE, encoding="utf-8")
    layers.__path__.append(str(folder))
    layers.discover([str(folder)], "layers")
    yield "charging_pile"
    layers.unregister("charging_pile")
    layers.__path__.remove(str(folder))
    sys.modules.pop("layers.charging_pile", None)


def test_one_file_is_enough(
    new_layer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"
    table = tmp_path / "充电桩.csv"
    table.write_text(
        "名称,经度,纬度,功率(kW),接口\n一号桩,121.25,31.38,60,快充\n二号桩,121.26,31.38,7,慢充\n",
        encoding="utf-8",
    )
    arguments = ["--home", str(home), "--json"]
    assert cli.main(["import", str(table), "--crs", "EPSG:4326", *arguments]) == 0
    imported = json.loads(capsys.readouterr().out)
    assert [(item["layer"], item["accepted"]) for item in imported["datasets"]] == [(new_layer, 2)]

    with serving(home, monkeypatch) as client:
        described = {layer["id"]: layer for layer in client.get("/api/twin").json["layers"]}[new_layer]
        assert (described["title"]["zh"], described["rows"]) == ("充电桩", 2)
        x, y = tiles.tile_of(121.25, 31.38, 14)
        tile = client.get(f"/tiles/{new_layer}/14/{x}/{y}.mvt")
        assert tile.status == 200
        composed = client.get(f"/api/scene?view={new_layer}:plug").json
        assert [entry["zh"] for entry in composed["legends"][new_layer]] == ["直流", "交流"]
        assert composed["deck"]["layers"][0]["id"] == new_layer
        found = client.get("/api/search?q=yihaozhuang").json["results"][0]
        assert found["identifier"].startswith("CHG-")
        card = client.get(f"/id/{found['identifier']}").json
        assert {item["column"]: item["value"] for item in card["attributes"]} == {
            "power_kw": 60.0,
            "plug": "dc",
        }
    assert cli.main(["export", new_layer, str(tmp_path / "out.geojson"), *arguments]) == 0
    assert len(json.loads((tmp_path / "out.geojson").read_text(encoding="utf-8"))["features"]) == 2
    legend = scene.legend(layers.get(new_layer), "plug", "dark")
    assert [entry.color for entry in legend] == ["#FF8800", "#0088FF"]


def test_the_documentation_is_generated_from_it(new_layer: str) -> None:
    from docs import generate

    for language, title in (("zh", "充电桩"), ("en", "Charging piles")):
        text = generate.layers_page(language)
        assert title in text
        assert "power_kw" in text
