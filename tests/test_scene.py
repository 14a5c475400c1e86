"""The scene is a small plain specification: what a browser is told to draw."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any, cast

import pytest

from layers import all_layers, get
from twin import scene
from twin.errors import InputError
from twin.scene import LayerView
from twin.store import Generation

SHOWN = {layer: cast(Generation, SimpleNamespace(number=7)) for layer in all_layers()}


def drawn(*views: LayerView, theme: scene.Theme = "dark") -> dict[str, dict[str, Any]]:
    spec = scene.as_dict(scene.deck(views, SHOWN, theme=theme))
    return {layer["id"]: layer for layer in spec["layers"]}


def test_a_view_is_read_as_links_write_it() -> None:
    assert scene.view_from_text("building:use:height_m,road,,town:people") == (
        LayerView("building", "use", "height_m"),
        LayerView("road"),
        LayerView("town", "people"),
    )


@pytest.mark.parametrize("text", ["nothing", "building:nothing", "building:use:nothing"])
def test_what_does_not_exist_is_named(text: str) -> None:
    with pytest.raises(InputError, match="nothing"):
        scene.view_from_text(text)


def test_layers_without_data_are_left_out_and_the_rest_is_in_drawing_order() -> None:
    views = [LayerView("building"), LayerView("road"), LayerView("town")]
    assert list(drawn(*views)) == ["town", "road", "building"]
    assert scene.as_dict(scene.deck(views, {}))["layers"] == []


def test_the_whole_city_is_a_few_kilobytes_and_names_generations() -> None:
    layers = drawn(*(LayerView(layer) for layer in all_layers()))
    assert len(json.dumps(list(layers.values()))) < 30_000
    assert layers["building"]["data"] == "/tiles/building/{z}/{x}/{y}.mvt?g=7"


def test_the_browser_asks_for_no_deeper_tiles_than_it_needs() -> None:
    layers = drawn(*(LayerView(layer) for layer in all_layers()))
    assert layers["town"]["maxZoom"] == 12
    assert layers["building"]["maxZoom"] == 14
    assert layers["sensor"]["maxZoom"] == get("sensor").tiling.max_zoom


def test_cells_are_tinted_by_what_they_hold_and_buildings_by_height() -> None:
    fill = drawn(LayerView("building"))["building"]["getFillColor"]
    assert fill.startswith("@@=properties.n ? (properties.n < 4 ?")
    assert "properties.height_m < 6" in fill


@pytest.mark.parametrize(
    ("column", "prop", "expression"),
    [
        ("height_m", "getFilterValue", "@@=properties.height_m == undefined ? -1e9 : properties.height_m"),
        (
            "use",
            "getFilterCategory",
            "@@=properties.n ? '*' : properties.use == undefined ? 'none' : properties.use",
        ),
    ],
)
def test_a_filter_names_its_column_and_leaves_the_range_to_the_browser(
    column: str, prop: str, expression: str
) -> None:
    layer = drawn(LayerView("building", filter_by=column))["building"]
    assert layer[prop] == expression
    assert layer["extensions"][0]["@@type"] == "DataFilterExtension"


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_every_way_to_colour_every_layer_has_a_legend(theme: scene.Theme) -> None:
    for spec in all_layers().values():
        for by in ("", *(item.column for item in spec.style.color_by)):
            entries = scene.legend(spec, by, theme)
            assert entries
            assert all(entry.color.startswith("#") and entry.zh and entry.en for entry in entries)
            assert drawn(LayerView(spec.id, by), theme=theme)[spec.id]


def test_a_sequential_legend_says_its_limits() -> None:
    texts = [entry.zh for entry in scene.legend(get("building"), "height_m", "dark")]
    assert texts == ["< 6", "6 – 12", "12 – 24", "24 – 36", "36 – 60", "60 – 100", "≥ 100"]
