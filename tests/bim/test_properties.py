"""Properties, quantities, units, and what spaces are for."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from bim import spaces
from bim.properties import Property
from tests.bim import cases
from tests.bim.cases import needs_cases, read, step

WALL = "#90=IFCRELDEFINESBYPROPERTIES('0P00000000000000000020',$,$,$,(#70),#91);\n"


def _set(*lines: str, name: str = "Pset_WallCommon") -> str:
    """A property set of the wall, its properties from #100 on."""
    ids = ",".join(f"#{100 + index}" for index in range(len(lines)))
    written = "".join(f"#{100 + index}={line};\n" for index, line in enumerate(lines))
    return f"{WALL}#91=IFCPROPERTYSET('0P00000000000000000021',$,'{name}',$,({ids}));\n{written}"


def _rows(text: str) -> dict[str, tuple[str, float, str]]:
    rows = read(text).properties
    return {
        row.name: (row.text, row.number, row.unit)
        for row in rows.astype({"number": "float64"})
        .rename(columns={"name": "label"})
        .itertuples(index=False)
        for row in [Property(row.set, row.label, row.kind, row.text, row.number, row.unit)]
    }


def test_every_kind_of_property_is_told_as_text_and_in_si() -> None:
    found = _rows(
        step(
            _set(
                "IFCPROPERTYSINGLEVALUE('Length',$,IFCPOSITIVELENGTHMEASURE(3480.),$)",
                "IFCPROPERTYSINGLEVALUE('Area',$,IFCAREAMEASURE(2000000.),$)",
                "IFCPROPERTYSINGLEVALUE('OwnUnit',$,IFCLENGTHMEASURE(2.),#98)",
                "IFCPROPERTYSINGLEVALUE('Angle',$,IFCPLANEANGLEMEASURE(1.5),$)",
                "IFCPROPERTYSINGLEVALUE('Yes',$,IFCBOOLEAN(.T.),$)",
                "IFCPROPERTYSINGLEVALUE('Perhaps',$,IFCLOGICAL(.U.),$)",
                "IFCPROPERTYSINGLEVALUE('Count',$,IFCINTEGER(7),$)",
                "IFCPROPERTYSINGLEVALUE('Nothing',$,$,$)",
                "IFCPROPERTYENUMERATEDVALUE('Status',$,(IFCLABEL('NEW'),IFCLABEL('EXISTING')),$)",
                "IFCPROPERTYLISTVALUE('List',$,(IFCLENGTHMEASURE(1.),IFCLENGTHMEASURE(2.5)),$)",
                "IFCPROPERTYBOUNDEDVALUE('Range',$,IFCLENGTHMEASURE(30.),IFCLENGTHMEASURE(10.),$,"
                "IFCLENGTHMEASURE(20.))",
                "IFCPROPERTYTABLEVALUE('Table',$,(IFCLENGTHMEASURE(1.),IFCLENGTHMEASURE(2.)),"
                "(IFCLABEL('a'),IFCLABEL('b')),$,$,$,$)",
                "IFCPROPERTYREFERENCEVALUE('Reference',$,$,#97)",
                "IFCCOMPLEXPROPERTY('Complex',$,'x',(#100,#104))",
            )
            + "#97=IFCMATERIAL('oak',$,$);\n#98=IFCSIUNIT(*,.LENGTHUNIT.,.CENTI.,.METRE.);"
        )
    )
    nan = pytest.approx(math.nan, nan_ok=True)
    assert found == {
        "Length": ("3480", pytest.approx(3.48), "mm"),
        "Area": ("2000000", pytest.approx(2.0), "mm²"),  # no area unit: that of the length
        "OwnUnit": ("2", pytest.approx(0.02), "cm"),
        "Angle": ("1.5", 1.5, "rad"),
        "Yes": ("true", nan, ""),
        "Perhaps": ("unknown", nan, ""),
        "Count": ("7", 7.0, ""),
        "Nothing": ("", nan, ""),
        "Status": ("NEW, EXISTING", nan, ""),
        "List": ("1, 2.5", nan, "mm"),
        "Range": ("20 (10 … 30)", pytest.approx(0.02), "mm"),
        "Table": ("1 mm: a; 2 mm: b", nan, ""),
        "Reference": ("oak", nan, ""),
        "Complex": ("Length=3480 mm; Yes=true", nan, ""),
    }


def test_a_property_made_of_itself_ends() -> None:
    found = _rows(step(_set("IFCCOMPLEXPROPERTY('A',$,'x',(#101))", "IFCCOMPLEXPROPERTY('B',$,'x',(#100))")))
    assert found["A"][0] == "B=A=…"


def test_an_element_s_own_property_goes_before_its_type_s() -> None:
    lines = _set("IFCPROPERTYSINGLEVALUE('FireRating',$,IFCLABEL('2h'),$)") + (
        "#110=IFCWALLTYPE('0P00000000000000000030',$,'W',$,$,(#111),$,$,$,.STANDARD.);\n"
        "#111=IFCPROPERTYSET('0P00000000000000000031',$,'Pset_WallCommon',$,(#112,#113));\n"
        "#112=IFCPROPERTYSINGLEVALUE('FireRating',$,IFCLABEL('1h'),$);\n"
        "#113=IFCPROPERTYSINGLEVALUE('Combustible',$,IFCBOOLEAN(.F.),$);\n"
        "#114=IFCRELDEFINESBYTYPE('0P00000000000000000032',$,$,$,(#70),#110);\n"
    )
    rows = read(step(lines)).properties
    assert list(zip(rows["name"], rows["text"], rows["of_type"], strict=True)) == [
        ("FireRating", "2h", False),
        ("Combustible", "false", True),
    ]


def test_quantities_of_all_kinds() -> None:
    lines = (
        WALL
        + "#91=IFCELEMENTQUANTITY('0P00000000000000000021',$,'Qto',$,$,(#100,#101,#102,#103,#104,#105));\n"
        "#100=IFCQUANTITYLENGTH('Height',$,$,3480.,$);\n#101=IFCQUANTITYAREA('Area',$,$,3000000.,$);\n"
        "#102=IFCQUANTITYVOLUME('Volume',$,#107,4.,$);\n#103=IFCQUANTITYCOUNT('Count',$,$,3.,$);\n"
        "#104=IFCQUANTITYWEIGHT('Weight',$,#108,2.,$);\n"
        "#105=IFCPHYSICALCOMPLEXQUANTITY('Layer',$,(#106),'layer',$,$);\n"
        "#106=IFCQUANTITYLENGTH('Width',$,$,120.,$);\n#107=IFCSIUNIT(*,.VOLUMEUNIT.,$,.CUBIC_METRE.);\n"
        "#108=IFCSIUNIT(*,.MASSUNIT.,.KILO.,.GRAM.);"
    )
    found = _rows(step(lines))
    assert found == {
        "Height": ("3480", pytest.approx(3.48), "mm"),
        "Area": ("3000000", pytest.approx(3.0), "mm²"),
        "Volume": ("4", 4.0, "m³"),
        "Count": ("3", 3.0, ""),
        "Weight": ("2", pytest.approx(2.0), "kg"),
        "Layer/Width": ("120", pytest.approx(0.12), "mm"),
    }


def test_units_of_feet_degrees_fahrenheit_and_derived() -> None:
    units = """#120=IFCCONVERSIONBASEDUNIT(#121,.LENGTHUNIT.,'FOOT',#122);
#121=IFCDIMENSIONALEXPONENTS(1,0,0,0,0,0,0);
#122=IFCMEASUREWITHUNIT(IFCRATIOMEASURE(0.3048),#123);
#123=IFCSIUNIT(*,.LENGTHUNIT.,$,.METRE.);
#124=IFCCONVERSIONBASEDUNIT(#125,.PLANEANGLEUNIT.,'DEGREE',#126);
#125=IFCDIMENSIONALEXPONENTS(0,0,0,0,0,0,0);
#126=IFCMEASUREWITHUNIT(IFCPLANEANGLEMEASURE(0.0174532925199433),#22);
#127=IFCCONVERSIONBASEDUNITWITHOFFSET(#125,.THERMODYNAMICTEMPERATUREUNIT.,'fahrenheit',#128,255.372222222);
#128=IFCMEASUREWITHUNIT(IFCRATIOMEASURE(0.555555555555),#129);
#129=IFCSIUNIT(*,.THERMODYNAMICTEMPERATUREUNIT.,$,.KELVIN.);
#130=IFCDERIVEDUNIT((#131,#132,#133),.THERMALTRANSMITTANCEUNIT.,$);
#131=IFCDERIVEDUNITELEMENT(#134,1);
#132=IFCDERIVEDUNITELEMENT(#123,-2);
#133=IFCDERIVEDUNITELEMENT(#129,-1);
#134=IFCSIUNIT(*,.POWERUNIT.,$,.WATT.);
"""
    lines = units + _set(
        "IFCPROPERTYSINGLEVALUE('Length',$,IFCLENGTHMEASURE(10.),$)",
        "IFCPROPERTYSINGLEVALUE('Angle',$,IFCPLANEANGLEMEASURE(90.),$)",
        "IFCPROPERTYSINGLEVALUE('Temperature',$,IFCTHERMODYNAMICTEMPERATUREMEASURE(68.),$)",
        "IFCPROPERTYSINGLEVALUE('Transmittance',$,IFCTHERMALTRANSMITTANCEMEASURE(0.24),$)",
    )
    text = step(lines, changed={"((#21,#22))": "((#120,#124,#127,#130))"})
    data = read(text)
    assert (data.model.length_unit, data.model.to_metre) == ("ft", pytest.approx(0.3048))
    assert _rows(text) == {
        "Length": ("10", pytest.approx(3.048), "ft"),
        "Angle": ("90", pytest.approx(math.pi / 2), "°"),
        "Temperature": ("68", pytest.approx(293.15, abs=1e-3), "°F"),
        "Transmittance": ("0.24", pytest.approx(0.24), "W·m⁻²·K⁻¹"),
    }


def test_a_conversion_without_a_factor_is_told() -> None:
    units = """#120=IFCCONVERSIONBASEDUNIT(#121,.LENGTHUNIT.,'FOOT',$);
#121=IFCDIMENSIONALEXPONENTS(1,0,0,0,0,0,0);"""
    data = read(step(units, changed={"((#21,#22))": "((#120,#22))"}))
    assert [item.code for item in data.model.findings] == ["unit.conversion"]


@needs_cases
@pytest.mark.parametrize("name", ["duplex_a_ifc2x3.ifc", "ac20_fzk_haus_ifc4.ifc", "samplehouse_ifc4.ifc"])
def test_properties_are_those_of_the_library(name: str) -> None:
    from ifcopenshell.util.element import get_psets

    data, file = cases.extracted(name), cases.parsed(cases.PUBLIC / name)
    by_row = {int(row): part for row, part in data.properties.groupby("element")}
    compared = 0
    for row in range(0, len(data.elements), 5):
        told = get_psets(file.by_id(int(data.elements["step_id"].iloc[row])))
        expected = {(title, key) for title, values in told.items() for key in values if key != "id"}
        part = by_row.get(row, data.properties.iloc[:0])
        plain = part[~part["set"].str.contains("Lining|Panel")]
        found = set(zip(plain["set"], plain["name"], strict=True))
        assert found >= {pair for pair in expected if pair[0] in set(plain["set"])}
        numbers = dict(zip(zip(part["set"], part["name"], strict=True), part["text"], strict=True))
        for (title, key), text in numbers.items():
            value = told.get(title, {}).get(key)
            if isinstance(value, float):
                assert float(text) == pytest.approx(value, rel=1e-12)
                compared += 1
    assert compared > 20


# Spaces


@needs_cases
@pytest.mark.parametrize(
    ("name", "total_m2", "uses"),
    [
        ("duplex_a_ifc2x3.ifc", None, {"Kitchen": 2, "Bedroom": 4, "Bathroom": 4}),
        ("ac20_fzk_haus_ifc4.ifc", None, {"Küche": 1, "Bad": 1, "Wohnen": 1}),
        ("ac11_institute_ifc2x3.ifc", None, {"Office": 44, "Flur": 13}),
        ("jiading_tower33_cn_ifc4.ifc", 264 * 138.06, {"办公室": 165, "会议室": 99}),
        ("office_a_ifc2x3.ifc", None, {"Conference Room": 9, "Storage Room": 11}),
        ("janesville_revit2012.ifc", None, {"Kitchen": 1, "Pizza Bar": 1}),
    ],
)
def test_spaces_have_an_area_and_a_use(name: str, total_m2: float | None, uses: dict[str, int]) -> None:
    elements = cases.extracted(name).elements
    found = elements[elements["kind"] == "space"]
    assert (found["area_m2"] > 0).all()
    assert (found["use"] != "").all()
    if total_m2 is not None:
        assert found["area_m2"].sum() == pytest.approx(total_m2)
    counts = found["use"].value_counts()
    assert {use: int(counts[use]) for use in uses} == uses
    assert elements["area_m2"][elements["kind"] != "space"].isna().all()


@needs_cases
def test_feet_become_square_metres() -> None:
    elements = cases.extracted("janesville_revit2012.ifc").elements
    restroom = elements[elements["long_name"] == "Women's Restroom"].iloc[0]
    assert restroom["area_m2"] == pytest.approx(208.6444003376267 * 0.3048**2)


def _row(name: str, number: float, *, kind: str = "property", unit: str = "m²") -> Property:
    return Property("set", name, kind, str(number), number, unit)


def test_net_goes_before_gross_and_a_quantity_before_a_property() -> None:
    gross, net = _row("GrossFloorArea", 30.0), _row("NetFloorArea", 25.0)
    assert spaces.area_m2([gross, net], 1.0) == 25.0
    assert spaces.area_m2([_row("面积", 20.0), gross], 1.0) == 30.0
    assert spaces.area_m2([net, _row("Net Floor Area", 24.0, kind="quantity")], 1.0) == 24.0
    assert spaces.area_m2([_row("Area", 100.0, unit="")], 0.0929) == pytest.approx(9.29)
    assert math.isnan(spaces.area_m2([_row("NetFloorArea", 0.0), _row("Height", 3.0)], 1.0))


def test_use_is_taken_where_it_tells_spaces_apart() -> None:
    rooms = [[Property("Pset", "Category", "property", "Rooms", math.nan, "")] for _ in range(3)]
    names = ["1", "2", "3"]
    none = ["", "", ""]
    assert spaces.uses(rooms, none, none, ["Office 101", "Office 102", "Corridor"], names) == [
        "Office",
        "Office",
        "Corridor",
    ]
    kinds = [
        [Property("Pset_SpaceCommon", "OccupancyType", "property", text, math.nan, "")]
        for text in ("办公", "走廊", "")
    ]
    assert spaces.uses(kinds, none, none, ["a", "b", "卫生间"], names) == ["办公", "走廊", "卫生间"]
    assert spaces.uses([[]], [""], [""], [""], ["101"]) == [""]


def test_of_type_is_a_flag_of_the_table() -> None:
    assert str(read(step()).properties["of_type"].dtype) == "bool"
    assert isinstance(read(step()).properties, pd.DataFrame)
