"""Where models come to stand: hypotheses accepted, control points, places by hand, links by outline."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bim.georeference import Placement
from tests.models import office
from twin.errors import InputError, UnknownName
from twin.models import placing, register
from twin.store import Store


def test_the_best_hypothesis_is_proposed_and_applied_only_when_accepted(
    city_store: Store, versions: tuple[Path, Path]
) -> None:
    entry = office.kept(city_store, versions[0])
    told = placing.told(city_store, entry.id, 1)
    best = told["hypotheses"][0]
    assert register.get(city_store, entry.id).placed is None
    assert best["crs"] == "EPSG:4549"
    assert best["overlap"] > 0.95
    assert best["fid"] == office.fid(city_store, "示范楼旧记录")
    placed = placing.accept(city_store, entry, 1, best["name"])
    place = register.placement(city_store, placed)
    assert place is not None
    assert (place.lon, place.lat, place.source) == (best["longitude"], best["latitude"], best["name"])
    # It covers the building's outline, so that is what it is linked to.
    assert placed.building == best["fid"]
    with pytest.raises(UnknownName):
        placing.accept(city_store, entry, 1, "nonsense")


def test_links_are_offered_by_overlap_and_edited(city_store: Store, versions: tuple[Path, Path]) -> None:
    entry = office.kept(city_store, versions[0])
    best = placing.hypotheses(city_store, versions[0], office.document(versions[0]))[0].placement()
    offers = placing.links(city_store, office.document(versions[0]), best)
    assert [offer["name"] for offer in offers] == ["示范楼旧记录"]
    assert offers[0]["overlap"] > 0.95
    beside = office.fid(city_store, "邻楼")
    assert register.link(city_store, entry.id, beside).building == beside
    # What the user linked stays when the model is placed.
    assert placing.put(city_store, entry, 1, best).building == beside
    assert register.link(city_store, entry.id, None).building is None
    far = Placement(121.4, 31.2)
    assert placing.links(city_store, office.document(versions[0]), far) == []


def test_the_places_of_models_of_one_name_are_told_apart(
    city_store: Store, versions: tuple[Path, Path]
) -> None:
    first, second, third = (office.kept(city_store, versions[0]) for _ in range(3))
    for entry in (first, second):
        placing.put(city_store, entry, 1, Placement(office.LON, office.LAT))
    found = [
        item
        for item in placing.told(city_store, third.id, 1)["hypotheses"]
        if item["name"].startswith(placing.AS)
    ]
    assert {item["name"] for item in found} == {f"{placing.AS}{entry.id}" for entry in (first, second)}
    for language in ("zh", "en"):
        titles = [item["title"][language] for item in found]
        assert len(set(titles)) == 2
        assert all(first.name in title and first.current.file_name in title for title in titles)


def test_control_points_give_back_the_place(store: Store, wall: Path) -> None:
    model = office.document(wall)
    truth = Placement(121.25, 31.38, 0.0, 25.0)
    inside = [[0.0, 0.0], [10.0, 0.0], [10.0, 8.0]]
    points = [
        {"x_m": x, "y_m": y, "lon": lon, "lat": lat}
        for (x, y), (lon, lat) in zip(inside, truth.to_lonlat(inside, model.origin_m).tolist(), strict=True)
    ]
    told = placing.fitted(points, model)
    found = Placement.from_dict(told["placement"])
    np.testing.assert_allclose(
        found.to_lonlat(inside, model.origin_m), truth.to_lonlat(inside, model.origin_m), atol=1e-8
    )
    assert found.rotation_deg == pytest.approx(25.0, abs=1e-3)
    assert max(told["residuals_m"]) < 0.01
    for wrong in (
        None,
        [],
        points[:1],
        [points[0], {"x_m": "1"}],
        [points[0], points[0] | {"lon": True}],
        [[1, 2], [3, 4]],
    ):
        with pytest.raises(InputError):
            placing.fitted(wrong, model)


@pytest.mark.parametrize(
    "wrong",
    [7, {}, {"lon": 121}, {"lon": "x", "lat": 31}, {"lon": 500, "lat": 31}, {"lon": 121, "lat": 31, "scale": 9},
     {"lon": 121, "lat": 31, "rotation_deg": True}, {"lon": 121, "lat": 31, "epsg": "x"},
     {"lon": float("nan"), "lat": 31}, {"lon": 121, "lat": 31, "at": 5}],
)  # fmt: skip
def test_wrong_places_are_refused(wrong: object) -> None:
    with pytest.raises(InputError):
        placing.read(wrong)


def test_other_models_of_the_project_are_offered_as_places(store: Store, versions: tuple[Path, Path]) -> None:
    one = office.kept(store, versions[0])
    other = office.kept(store, versions[1])
    placing.put(store, one, 1, Placement(121.25, 31.38, 4.0, 30.0))
    name = f"{placing.AS}{one.id}"
    assert [item["name"] for item in placing.told(store, other.id, 1)["hypotheses"]][-1] == name
    placed = placing.accept(store, other, 1, name)
    here, there = register.placement(store, placed), register.placement(store, register.get(store, one.id))
    assert here is not None
    assert there is not None
    a = here.to_lonlat([[5.0, 5.0]], office.document(versions[1]).origin_m)
    b = there.to_lonlat([[5.0, 5.0]], office.document(versions[0]).origin_m)
    np.testing.assert_allclose(a, b, atol=1e-9)


def test_a_version_whose_axes_moved_is_doubted(store: Store, wall: Path, tmp_path: Path) -> None:
    import shutil

    entry = office.kept(store, wall)
    placing.put(store, entry, 1, Placement(121.25, 31.38))
    assert placing.doubt(store, office.kept(store, wall, model=entry.id), 2) is None
    moved = tmp_path / "moved"
    shutil.copytree(wall, moved)
    model = office.document(wall)
    away = [[(x + 500.0, y) for x, y in ring] for ring in model.footprint_m]
    x, y, z = model.origin_m
    replace(model, footprint_m=away, origin_m=(x + 500.0, y, z)).write(moved)
    entry = office.kept(store, moved, model=entry.id)
    told = placing.doubt(store, entry, 3)
    assert told is not None
    assert "Confirm its place" in told["en"]
