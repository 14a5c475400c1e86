"""The registry and the contract every layer file keeps."""

from __future__ import annotations

import dataclasses

import pytest

import layers
from layers import ColorBy, Column, LayerSpec, Style, Text
from layers._categories import CATEGORIES

EXPECTED = {
    "district", "town", "pilot_area", "land_use", "green", "water", "road", "metro_line", "metro_station",
    "bus_stop", "building", "estate", "facility", "centre", "parcel_locker", "site_5g", "sensor",
    "construction_site", "underpass",
}  # fmt: skip


def test_the_city_has_its_layers() -> None:
    assert set(layers.all_layers()) == EXPECTED


@pytest.mark.parametrize("spec", layers.all_layers().values(), ids=lambda spec: spec.id)
def test_layer_speaks_both_languages(spec: LayerSpec) -> None:
    texts = [spec.title, spec.description, spec.expects]
    for column in spec.columns:
        texts += [column.title, column.meaning, *(choice.title for choice in column.choices)]
    assert all(text.zh and text.en for text in texts)


@pytest.mark.parametrize("spec", layers.all_layers().values(), ids=lambda spec: spec.id)
def test_a_spelling_means_one_value(spec: LayerSpec) -> None:
    for column in spec.columns:
        meant: dict[str, str] = {}
        for choice in column.choices:
            for spelling in (choice.value, *choice.aliases):
                assert meant.setdefault(spelling, choice.value) == choice.value, f"{spec.id}.{column.name}"


@pytest.mark.parametrize("spec", layers.all_layers().values(), ids=lambda spec: spec.id)
def test_what_the_map_colours_by_is_in_its_tiles(spec: LayerSpec) -> None:
    for by in spec.style.color_by:
        assert spec.column(by.column).tile, f"{spec.id}.{by.column} is coloured by but not in tiles"


def test_registering_twice_is_refused() -> None:
    building = layers.get("building")
    assert layers.register(building) is building
    with pytest.raises(ValueError, match="registered already"):
        layers.register(dataclasses.replace(building, prefix="XYZ"))
    with pytest.raises(ValueError, match="belongs to the layer 'building'"):
        layers.register(dataclasses.replace(building, id="house"))


def test_unknown_layer_names_the_known_ones() -> None:
    with pytest.raises(KeyError, match="building"):
        layers.get("nothing")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"id": "Two Words"}, "lower_case"),
        ({"prefix": "AB"}, "three capital letters"),
        ({"columns": (Column("fid", "text", Text("a", "a"), Text("a", "a")),)}, "kept for the store"),
        ({"key_facts": ("nothing",)}, "unknown column"),
        (
            {"style": Style("point", "#123456", 1, color_by=(ColorBy("nothing", "category"),))},
            "unknown column",
        ),
    ],
)
def test_a_wrong_spec_is_refused(change: dict[str, object], message: str) -> None:
    name = Column("name", "text", Text("名", "Name"), Text("名", "Name"))
    good = {
        "id": "thing", "title": Text("物", "Thing"), "description": Text("物", "Thing"), "group": "services",
        "prefix": "THG", "geometry": "point", "columns": (name,), "style": Style("point", "#123456", 1),
    }  # fmt: skip
    with pytest.raises(ValueError, match=message):
        LayerSpec(**(good | change))  # type: ignore[arg-type]


def test_breaks_must_rise() -> None:
    with pytest.raises(ValueError, match="rise"):
        ColorBy("height_m", "sequential", (3, 2))


def test_categories_are_the_facility_vocabulary() -> None:
    choices = layers.get("facility").column("category").choices
    assert [choice.value for choice in choices] == [category.id for category in CATEGORIES]
    assert {category.tier for category in CATEGORIES} == {5, 10, 15}
