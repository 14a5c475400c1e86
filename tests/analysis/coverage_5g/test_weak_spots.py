from __future__ import annotations

import json

import numpy as np
import pytest
from scipy import ndimage

from tests.analysis.coverage_5g.conftest import Radio
from tests.life_city import place
from twin.analysis.coverage_5g import weak_spots
from twin.errors import InputError


def test_the_spot_of_most_people_comes_first(radio: Radio) -> None:
    spots = weak_spots.find(radio.found)
    first = spots[0]
    lon, lat = place(2100, 700)
    # The middle lies where the people are, not in the middle of the spot.
    assert (first.lon, first.lat) == pytest.approx((lon, lat), abs=3e-4)
    assert first.people >= 400
    assert first.name == "主路"
    assert 0 < first.unheard < first.cells
    assert first.km2 == pytest.approx(first.cells / 1e4)
    west, south, east, north = first.bounds
    assert west < first.lon < east
    assert south < first.lat < north
    people = [spot.people for spot in spots]
    assert people == sorted(people, reverse=True)
    assert sum(people) == pytest.approx(703 - radio.found.covered_people[0])


def test_spots_are_the_connected_cells(radio: Radio) -> None:
    spots = weak_spots.find(radio.found, weak_spots.MOST)
    weak = radio.found.zones.inside & ~radio.found.outside
    label, count = ndimage.label(weak)
    assert len(spots) == count
    assert sorted(spot.cells for spot in spots) == sorted(np.bincount(label.ravel())[1:].tolist())
    assert sum(spot.cells for spot in spots) == np.count_nonzero(weak)
    best = radio.run.rasters().rsrp_dbm
    for spot in spots[:5]:
        row, column = radio.found.zones.grid.cells(*radio.found.zones.grid.to_metres(spot.lon, spot.lat))
        mine = (label == label[row, column]) & radio.run.surface.outdoor
        assert label[row, column] > 0
        if spot.mean_rsrp_dbm is not None and mine.sum() == spot.cells:
            assert spot.mean_rsrp_dbm == pytest.approx(np.nanmean(best[mine]), abs=0.01)


def test_plain_data(radio: Radio) -> None:
    rows = [spot.as_dict() for spot in weak_spots.find(radio.found, 3)]
    assert json.loads(json.dumps(rows, allow_nan=False)) == rows
    assert [row["rank"] for row in rows] == list(range(1, len(rows) + 1))


def test_how_many_is_checked(radio: Radio) -> None:
    with pytest.raises(InputError):
        weak_spots.find(radio.found, 0)
