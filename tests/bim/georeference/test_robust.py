"""Numbers and names of any kind: a list of hypotheses, never an exception, always plain JSON."""

from __future__ import annotations

import json
import math

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bim.georeference import Evidence, findings, hypotheses
from bim.georeference.evidence import Context, Frame, Operation, Site, System
from bim.georeference.rules import check
from tests.bim.georeference.models import TRUTH, city, drawn

NUMBER = st.one_of(
    st.sampled_from(
        [0.0, 1.0, -1.0, 0.001, 1000.0, 121.25, 31.38, 618932.0, 3474236.0, 40618932.0, 1e12, -1e15, 1e300]
    ),
    st.floats(-1e7, 1e7),
)
MAYBE = st.none() | NUMBER
NAME = st.sampled_from(
    [
        "EPSG:4549",
        "EPSG:4490",
        "EPSG:4978",
        "EPSG:5737",
        "EPSG:3857",
        "EPSG:2225",
        "EPSG:32661",
        "上海2000",
        "WKT",
        "",
    ]
) | st.text(max_size=3)
SYSTEM = st.none() | st.builds(
    System, kind=st.just("projected"), name=NAME, unit_to_metre=st.sampled_from([None, 1.0, 0.3048, 0.001]),
    wkt=st.none() | st.text(max_size=20), description=NAME,
)  # fmt: skip
KIND = st.sampled_from(["map_conversion", "map_conversion_scaled", "rigid_operation", "property_set"])
OPERATION = st.builds(
    Operation, kind=KIND, step_id=st.just(5), context=st.sampled_from([None, 1, 2]), where=st.just(""),
    eastings=NUMBER, northings=NUMBER, height=NUMBER, x_axis_abscissa=MAYBE, x_axis_ordinate=MAYBE, scale=MAYBE,
    degrees=st.booleans(), system=SYSTEM,
)  # fmt: skip
POINT = st.tuples(NUMBER, NUMBER, NUMBER)
FRAME = st.builds(
    Frame, of=st.sampled_from(["IfcSite", "IfcBuilding"]), guid=st.just("a"), step_id=st.just(3), name=st.just(""),
    location_m=POINT, rotation_deg=st.floats(-180, 180), own_location_m=POINT,
)  # fmt: skip
CONTEXT = st.builds(
    Context, step_id=st.sampled_from([1, 2]), kind=st.sampled_from(["Model", "Plan"]), location_m=POINT,
    rotation_deg=st.floats(-180, 180), true_north=st.none() | st.just((0.5, 0.8)),
)  # fmt: skip
SITE = st.builds(
    Site, guid=st.just("a"), step_id=st.just(4), name=st.just(""), latitude=MAYBE, longitude=MAYBE,
    latitude_parts=st.just((31, 23, 2)), longitude_parts=st.just((121, 15, 1)), mixed_signs=st.booleans(),
    elevation_m=MAYBE,
)  # fmt: skip


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.builds(
        Evidence, schema=st.sampled_from(["IFC2X3", "IFC4", "IFC4X3_ADD2"]), application=st.just(""),
        to_metre=st.sampled_from([1.0, 0.001, 0.3048, 1e-6]), operations=st.lists(OPERATION, max_size=2),
        frames=st.lists(FRAME, max_size=2), contexts=st.lists(CONTEXT, max_size=2),
        sites=st.lists(SITE, max_size=2), systems=st.lists(SYSTEM.filter(bool), max_size=1),
    ),
    st.sampled_from([0.0, 618932.0, 1e9]),
)  # fmt: skip
def test_any_evidence(found, at):
    model = drawn([(at, 0.0), (at + 40, 0.0), (at + 40, 20.0), (at, 20.0)], 0.0, found)
    ranked = hypotheses(found, model, footprints=city(TRUTH))
    json.dumps([item.as_dict() for item in ranked], allow_nan=False)
    assert all(0 <= item.score <= 1 and math.isfinite(item.longitude) for item in ranked)
    assert [item.score for item in ranked] == sorted((item.score for item in ranked), reverse=True)
    assert all(item.text.zh and item.text.en for item in [*findings(found, ranked), *check(found, model)])
