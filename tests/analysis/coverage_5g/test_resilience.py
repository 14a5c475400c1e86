from __future__ import annotations

import json

import numpy as np
import pytest

from tests.analysis.coverage_5g.conftest import Radio
from tests.life_city import place
from tests.radio_city import sector
from twin.analysis.coverage_5g import resilience, sites, tables, what_if
from twin.analysis.coverage_5g.tables import Assessment
from twin.errors import Cancelled, InputError


def with_more(radio: Radio, *places: tuple[float, float]) -> Assessment:
    """The city with further sites like the first one, numbered from 901."""
    rows = []
    for number, (x, y) in enumerate(places, 901):
        lon, lat = place(x, y)
        three = [sector(angle) for angle in (0.0, 120.0, 240.0)]
        rows.append(
            {"fid": number, "lon": lon, "lat": lat, "name": f"S{number}", "mount": "mast", "sectors": three}
        )
    run = what_if.with_sites(radio.run, sites.of_rows(rows))
    return radio.found.after(run)


def test_the_only_site_takes_everything_with_it(radio: Radio) -> None:
    (only,) = resilience.outages(radio.found)
    assert (only.name, only.exact, only.rate_after) == ("A", True, 0.0)
    assert only.people_lost == pytest.approx(radio.found.covered_people[0])
    assert only.served == pytest.approx(only.people_lost)


def test_outages_are_those_of_a_network_without_the_site(radio: Radio) -> None:
    found = with_more(radio, (2000, 600), (450, 520), (1000, 500))
    listed = resilience.outages(found, exact=10)
    assert len(listed) == 4
    assert [row.rank for row in listed] == [1, 2, 3, 4]
    for row in listed:
        silent = what_if.silenced(found.run, np.flatnonzero(found.run.sites.fid == row.site))
        after = tables.assess(silent, found.zones, found.profile)
        lost = resilience._lost(found, after)
        assert row.people_lost == pytest.approx(lost)
        if row.exact:
            assert row.rate_after == pytest.approx(after.rates["people"][0])
    # Only the site in the east reaches the home of 400; the twin of the first site is not missed.
    assert listed[0].name == "S901"
    assert listed[0].people_lost >= 400
    rough = resilience.outages(found, exact=0)
    assert not any(row.exact for row in rough)
    assert rough[0].site == listed[0].site
    assert len(resilience.outages(found, exact=0, most=2)) == 2
    assert json.dumps([row.as_dict() for row in listed], allow_nan=False)


def test_sites_sleep_only_where_nobody_loses(radio: Radio) -> None:
    found = with_more(radio, (2000, 600), (450, 520))
    rest = resilience.sleepers(found, 3)
    names = {one.name for one in rest.sleepers}
    assert "S901" not in names
    assert len(names) == 1
    assert rest.rate_before == pytest.approx(found.rates["people"][0])
    rows = np.flatnonzero(np.isin(found.run.sites.fid, [one.site for one in rest.sleepers]))
    after = tables.assess(what_if.silenced(found.run, rows), found.zones, found.profile)
    assert rest.sleepers[-1].rate == pytest.approx(after.rates["people"][0])
    known = found.people > 0
    floors = np.array([np.nan if value is None else value for value in rest.floors.values()])
    assert (after.rates["people"][known] >= floors[known] - 1e-9).all()
    assert rest.floors["pilot_area:" + found.zones.areas[4].id.split(":")[1]] is None
    everything = resilience.sleepers(found, 3, keep=0.0)
    assert len(everything.sleepers) == 3
    assert everything.sleepers[-1].rate == 0.0
    assert json.dumps(everything.as_dict(), allow_nan=False)


def test_far_reaching_sectors(radio: Radio) -> None:
    found = with_more(radio, (450, 520), (420, 560), (380, 560))
    listed = resilience.reaches(found)
    coverage = found.run.rasters()
    here = found.zones.inside & coverage.outdoor & coverage.known
    assert sum(row.served_cells for row in listed) <= np.count_nonzero(here)
    # Four sites within 80 m of each other: nearly all they serve is far off.
    assert listed[0].spacing_m < 100
    assert listed[0].far_cells > 0.8 * listed[0].served_cells
    assert 800 < max(row.farthest_m for row in listed) < 915
    assert sum(row.overlapped_cells for row in listed) == np.count_nonzero(coverage.overlap[here] >= 4)
    assert {row.sector for row in listed} <= {1, 2, 3}
    assert json.dumps([row.as_dict() for row in listed], allow_nan=False)
    # A single site has no neighbours to be measured by.
    assert all(row.far_cells == 0 for row in resilience.reaches(radio.found))


def test_bad_questions_and_stopping(radio: Radio) -> None:
    with pytest.raises(InputError):
        resilience.outages(radio.found, exact=-1)
    with pytest.raises(InputError):
        resilience.sleepers(radio.found, keep=1.5)
    with pytest.raises(Cancelled):
        resilience.outages(radio.found, stop=lambda: True)
    with pytest.raises(Cancelled):
        resilience.sleepers(radio.found, stop=lambda: True)
