from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely

from tests import city
from tests.analysis.coverage_5g.conftest import Radio
from tests.radio_city import EAST_TOWN, PEOPLE, WEST_TOWN
from twin.analysis import surface
from twin.analysis.coverage_5g import zones
from twin.analysis.coverage_5g.zones import ROAD_CLASSES
from twin.store import Store

DISTRICT, CENTRAL, WEST, EAST, PILOT = range(5)


def test_points_along_lines_stand_for_equal_pieces() -> None:
    lines = np.array(
        [
            shapely.LineString([(0, 0), (10, 0), (10, 15)]),
            shapely.LineString([(5, 5), (5, 5)]),
            shapely.MultiLineString([[(100, 0), (120, 0)], [(200, 0), (200, 0), (204, 0)]]),
        ]
    )
    owner, x, y, length = zones.along(lines, 10.0)
    assert owner.tolist() == [0, 0, 0, 2, 2, 2]
    assert length.tolist() == pytest.approx([25 / 3] * 3 + [10, 10, 4])
    assert x.tolist() == pytest.approx([25 / 6, 10, 10, 105, 115, 202])
    assert y.tolist() == pytest.approx([0, 2.5, 25 * 5 / 6 - 10, 0, 0, 0])
    assert len(zones.along(np.zeros(0, object), 10.0)[0]) == 0


def test_areas_come_in_order_and_overlap(radio: Radio) -> None:
    found = radio.found.zones
    assert [(area.kind, area.name_en) for area in found.areas] == [
        ("district", "Test District"),
        ("central", "Central urban area"),
        ("town", "West Town"),
        ("town", "East Town"),
        ("pilot_area", "Pilot"),
    ]
    assert [area.id for area in found.areas[1:4]] == ["central", str(WEST_TOWN), str(EAST_TOWN)]
    cells = found.sums(np.bincount(found.atom.ravel(), minlength=found.atoms))
    assert cells * 100 == pytest.approx([2_400_000, 1_200_000, 1_200_000, 1_200_000, 40_000], rel=0.01)
    assert cells[DISTRICT] == np.count_nonzero(found.inside)
    assert not found.cut_off
    assert cells[DISTRICT] - cells[WEST] - cells[EAST] in (0, 1)  # a middle may lie on the line between
    assert cells[CENTRAL] == cells[WEST]
    # Half of the pilot area lies in either town.
    pilot = found.member[PILOT]
    both = [found.outdoor[pilot & found.member[town]].sum() for town in (WEST, EAST)]
    assert both == pytest.approx([200, 200], abs=12)


def test_outdoor_cells_leave_buildings_out(radio: Radio) -> None:
    found, ground = radio.found.zones, radio.run.surface
    built = np.bincount(found.atom[~ground.outdoor], minlength=found.atoms)
    everything = np.bincount(found.atom.ravel(), minlength=found.atoms)
    assert (found.outdoor == everything - built).all()
    assert found.sums(built)[DISTRICT] == pytest.approx(9 * 3 + 16, abs=6)


def test_people_are_counted_at_their_building(radio: Radio) -> None:
    homes = radio.found.zones.homes
    assert sorted(homes.people.tolist()) == sorted(PEOPLE.values())
    assert homes.people_at.sum() == pytest.approx(703)
    shed = int(np.flatnonzero(homes.people == 3)[0])
    assert homes.own[homes.home == shed].tolist() == [False]
    assert homes.own[homes.home != shed].all()
    near = homes.home == int(np.flatnonzero(homes.people == 100)[0])
    assert np.unique(radio.run.surface.building.ravel()[homes.cell[near]]).tolist() == [
        homes.row[homes.home[near][0]]
    ]
    people = radio.found.zones.count(homes.cell, homes.people_at)
    assert people.tolist() == pytest.approx([703, 303, 303, 400, 0])


def test_roads_by_class_without_tunnels(radio: Radio) -> None:
    roads = radio.found.zones.roads
    length = np.bincount(roads.kind, roads.length_m, len(ROAD_CLASSES))
    assert length[ROAD_CLASSES.index("primary")] == pytest.approx(2400, rel=0.002)
    assert length[ROAD_CLASSES.index("footway")] == pytest.approx(1200, rel=0.002)
    assert set(roads.name[np.unique(roads.road)]) == {"主路", ""}
    assert roads.length_m.max() <= 10.0 + 1e-6


def test_sensors_in_buildings_are_told_apart(radio: Radio) -> None:
    sensors = radio.found.zones.sensors
    assert sensors.kinds == ("camera", "smoke")
    assert np.bincount(sensors.kind[sensors.indoor], minlength=2).tolist() == [0, 1]
    assert np.bincount(sensors.kind, minlength=2).tolist() == [2, 1]


def test_the_nearest_named_street(radio: Radio) -> None:
    roads = radio.found.zones.roads
    assert radio.found.zones.street(roads.x[:2], roads.y[:2] + 4) == ["主路", "主路"]


def test_read_again_gives_the_same_object(radio: Radio) -> None:
    assert zones.read(radio.store, radio.run.surface) is radio.found.zones


def test_a_home_with_buildings_only(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        city.put(store, {"building": city.buildings(40).drop(columns="people").assign(use="warehouse")})
        ground = surface.read(store, 10.0)
        found = zones.read(store, ground)
        assert [area.name for area in found.areas] == ["全区"]
        assert found.inside.all()
        assert not found.cut_off
        assert (len(found.homes), len(found.roads.cell), len(found.sensors.cell)) == (0, 0, 0)
        assert found.caveats == (zones.NO_RESIDENTS,)
        assert found.street(np.zeros(1), np.zeros(1)) == [""]
        assert found.town_of(np.zeros(1, np.int64)).tolist() == [-1]


def test_towns_without_a_district(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        city.put(store, {"town": city.towns(), "building": city.buildings(40)})
        bounds = (city.WEST, city.SOUTH, city.WEST + 0.01, city.SOUTH + 0.002)
        ground = surface.read(store, 10.0, bounds)
        found = zones.read(store, ground)
        assert [area.name for area in found.areas] == ["全区", "安亭镇", "外冈镇"]
        assert found.inside.all()
        assert found.cut_off
        people = found.count(found.homes.cell, found.homes.people_at)
        # 40 houses of two people each; the middle column of the grid parts the towns.
        assert people[0] == people[1] + people[2]
        assert found.homes.people.sum() == pytest.approx(people[0])
