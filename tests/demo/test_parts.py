"""The parts from which the demonstration city is made."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from twin.demo import footprints, names, towns
from twin.demo.city import draw
from twin.demo.forms import FORMS
from twin.demo.geometry import bend, cut, place, repeat_range, to_degrees, to_metres, without
from twin.demo.network import Edges, node, without_stubs
from twin.demo.people import residents, spread


def test_projection_goes_back_to_the_millimetre() -> None:
    lonlat = np.array([[121.2465, 31.3836], [121.15, 31.29]])
    assert to_degrees(to_metres(lonlat)) == pytest.approx(lonlat, abs=1e-8)
    assert to_metres(lonlat)[0] == pytest.approx([618_519, 3_473_687], abs=2000)


def test_bending_moves_little_and_keeps_order() -> None:
    points = to_metres([(121.2, 31.3), (121.2001, 31.3)])
    moved = bend(points)
    assert np.hypot(*(moved - points).T).max() < 100
    assert np.hypot(*(moved[1] - moved[0])) == pytest.approx(np.hypot(*(points[1] - points[0])), rel=0.2)


def test_cut_halves_a_square() -> None:
    pieces, owner, lines, line_owner = cut(
        np.array([shapely.box(0, 0, 10, 10)], dtype=object), np.array([[5.0, 5.0]]), np.array([np.pi / 2])
    )
    assert shapely.area(pieces).tolist() == pytest.approx([50.0, 50.0])
    assert owner.tolist() == [0, 0]
    assert shapely.length(lines).tolist() == pytest.approx([10.0])
    assert line_owner.tolist() == [0]


def test_without_takes_out_every_hole() -> None:
    square = np.array([shapely.box(0, 0, 10, 10)], dtype=object)
    holes = np.array([shapely.box(0, 0, 2, 10), shapely.box(8, 0, 12, 10)], dtype=object)
    assert shapely.area(without(square, holes)).tolist() == pytest.approx([60.0])


def test_repeat_range() -> None:
    owner, number = repeat_range(np.array([3, 0, 2]))
    assert owner.tolist() == [0, 0, 0, 2, 2]
    assert number.tolist() == [0, 1, 2, 0, 1]


def test_nodes_join_crossing_streets_and_stubs_go() -> None:
    lines = shapely.linestrings([[[0, 0], [10, 0]], [[5, -5], [5, 5]], [[0, 0], [10, 0]]])
    drawn = Edges(lines, np.array([2, 4, 5]), np.array([0, 1, 2]))
    pieces = node(drawn)
    assert sorted(shapely.length(pieces.line).tolist()) == pytest.approx([5.0] * 4)
    assert sorted(pieces.rank.tolist()) == [4, 4, 5, 5]
    assert len(without_stubs(pieces).line) == 0


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_footprints_are_simple_and_stay_in_their_cell(form: object) -> None:
    width, depth = np.full(5, 30.0), np.full(5, 20.0)
    free = np.linspace(0, 1, 5)
    for shape, share in form.shapes:  # type: ignore[attr-defined]
        outline = shape(width, depth, free)
        polygons = place(outline, np.zeros((5, 2)), np.zeros(5))
        assert shapely.is_valid(polygons).all(), shape.__name__
        assert np.abs(outline[:, :, 0]).max() <= 15.0
        assert np.abs(outline[:, :, 1]).max() <= 10.0
        assert (shapely.area(polygons) > 0.3 * 600).all()
        assert 0 < share <= 1
    assert sum(share for _, share in form.shapes) == pytest.approx(1.0)  # type: ignore[attr-defined]


def test_footprint_names_are_different_shapes() -> None:
    one, two = footprints.waist, footprints.cross
    sizes = np.full(1, 10.0)
    assert one(sizes, sizes, sizes / 20).shape == two(sizes, sizes, sizes / 20).shape == (1, 12, 2)


def test_spread_is_exact_and_fair() -> None:
    assert spread(10, np.array([1.0, 1.0, 1.0])).tolist() == [4, 3, 3]
    assert spread(7, np.array([0.0, 2.0, 5.0])).tolist() == [0, 2, 5]
    assert spread(5, np.zeros(3)).tolist() == [0, 0, 0]


def test_a_town_without_homes_leaves_its_share() -> None:
    people = residents(
        100, np.array([10.0, 30.0, 0.0]), np.array([1, 1, 2]), np.array([1, 2]), np.array([0.5, 0.5])
    )
    assert people.tolist() == [25, 75, 0]


def test_draw_gives_different_rows_apart() -> None:
    rng = np.random.default_rng(3)
    spots = np.array([[0.0, 0.0], [1.0, 1.0], [500.0, 0.0], [900.0, 0.0]])
    chosen = draw(np.ones(4), 3, rng, spots, 100.0)
    assert len(set(chosen.tolist())) == 3
    assert {2, 3} <= set(chosen.tolist())


def test_names() -> None:
    assert names.english("塔城路") == "Tacheng Road"
    assert names.english("塔城新村") == "Tacheng Xincun"
    streets = names.streets(500, {"永盛路"}, np.random.default_rng(1))
    assert len(set(streets)) == 500
    assert "永盛路" not in streets
    estates = names.estates(["slab"] * 40, ["塔城路"] * 40, np.random.default_rng(1))
    assert len(set(estates)) == 40
    assert all(name.startswith("塔城") for name in estates)


def test_town_facts() -> None:
    rows = towns.read()
    assert len(rows) == 12
    assert sum(float(row["people_share"]) for row in rows) == pytest.approx(1.0)
    assert [row["name"] for row in rows if row["code_verified"] == "no"] == ["娄塘镇"]
    assert all(len(row["code"]) == 9 for row in rows)


def test_towns_grow_to_their_areas() -> None:
    centre = bend(to_metres([(float(row["lon"]), float(row["lat"])) for row in towns.read()]))
    low, high = centre.min(axis=0) - 3000, centre.max(axis=0) + 3000
    x, y = (
        grid.ravel() for grid in np.meshgrid(np.arange(low[0], high[0], 250), np.arange(low[1], high[1], 250))
    )
    grown, town = towns.grow(shapely.box(x, y, x + 250, y + 250))
    share = np.bincount(town, minlength=12) / len(town)
    assert share == pytest.approx(grown.area_km2 / grown.area_km2.sum(), abs=0.004)
    inside = towns.town_at(grown, centre[[5]])
    assert inside.tolist() == [int(grown.code[5])]
