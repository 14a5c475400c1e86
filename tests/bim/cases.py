"""Where the IFC cases lie, and models of a few lines for what they do not cover."""

from __future__ import annotations

import functools
import json
import zipfile
from pathlib import Path
from typing import Any

import ifcopenshell
import pytest

from bim.extract import Extracted, extract
from twin.settings import ROOT

CASES = ROOT.parent / "shared" / "cases" / "ifc"
PUBLIC, BAD = CASES / "public", CASES / "bad"
GEOREF = PUBLIC / "georef"

needs_cases = pytest.mark.skipif(not CASES.is_dir(), reason=f"needs the IFC cases in {CASES}")

HEAD = """ISO-10303-21;
HEADER;
FILE_DESCRIPTION(('ViewDefinition [CoordinationView]'),'2;1');
FILE_NAME('t.ifc','2026-01-01T00:00:00',('a'),('o'),'hand','hand','');
FILE_SCHEMA(('{schema}'));
ENDSEC;
DATA;
"""
PROJECT = """#1=IFCPROJECT('0P00000000000000000001',$,'P',$,$,$,$,(#10),#20);
#10=IFCGEOMETRICREPRESENTATIONCONTEXT($,'Model',3,1.E-5,#11,$);
#11=IFCAXIS2PLACEMENT3D(#12,$,$);
#12=IFCCARTESIANPOINT((0.,0.,0.));
#20=IFCUNITASSIGNMENT((#21,#22));
#21=IFCSIUNIT(*,.LENGTHUNIT.,.MILLI.,.METRE.);
#22=IFCSIUNIT(*,.PLANEANGLEUNIT.,$,.RADIAN.);
#30=IFCSITE('0P00000000000000000002',$,'S',$,$,#31,$,$,.ELEMENT.,$,$,$,$,$);
#31=IFCLOCALPLACEMENT($,#11);
#40=IFCBUILDING('0P00000000000000000003',$,'B',$,$,#41,$,$,.ELEMENT.,$,$,$);
#41=IFCLOCALPLACEMENT(#31,#11);
#50=IFCBUILDINGSTOREY('0P00000000000000000004',$,'L1',$,$,#51,$,$,.ELEMENT.,0.);
#51=IFCLOCALPLACEMENT(#41,#11);
#60=IFCRELAGGREGATES('0P00000000000000000005',$,$,$,#1,(#30));
#61=IFCRELAGGREGATES('0P00000000000000000006',$,$,$,#30,(#40));
#62=IFCRELAGGREGATES('0P00000000000000000007',$,$,$,#40,(#50));
#70=IFCWALL('0P00000000000000000008',$,'W1',$,$,#71,#72,'tag 1',$);
#71=IFCLOCALPLACEMENT(#51,#11);
#72=IFCPRODUCTDEFINITIONSHAPE($,$,(#73));
#73=IFCSHAPEREPRESENTATION(#10,'Body','SweptSolid',(#74));
#74=IFCEXTRUDEDAREASOLID(#75,#11,#77,3000.0);
#75=IFCRECTANGLEPROFILEDEF(.AREA.,$,#76,10000.0,200.0);
#76=IFCAXIS2PLACEMENT2D(#78,$);
#77=IFCDIRECTION((0.,0.,1.));
#78=IFCCARTESIANPOINT((0.,0.));
#80=IFCRELCONTAINEDINSPATIALSTRUCTURE('0P00000000000000000009',$,$,$,(#70),#50);
"""


def step(lines: str = "", *, changed: dict[str, str] | None = None, schema: str = "IFC4") -> str:
    """The text of a model of one wall in millimetres, with some lines more and some texts changed."""
    body = PROJECT
    for old, new in (changed or {}).items():
        assert old in body
        body = body.replace(old, new)
    return f"{HEAD.format(schema=schema)}{body}{lines}\nENDSEC;\nEND-ISO-10303-21;\n"


def read(text: str) -> Extracted:
    """The data of a model given as text."""
    return of(ifcopenshell.file.from_string(text))


def of(file: ifcopenshell.file) -> Extracted:
    """The data of a parsed file."""
    return extract(file, name="t.ifc", size=1, sha256="0")


def parsed(path: Path) -> ifcopenshell.file:
    """A case, out of its archive where it is in one; nothing is checked, for these are known."""
    if not zipfile.is_zipfile(path):
        return ifcopenshell.open(path)
    with zipfile.ZipFile(path) as archive:
        return ifcopenshell.file.from_string(archive.read(archive.namelist()[0]).decode("ascii"))


@functools.cache
def extracted(name: str) -> Extracted:
    """The data of a public case, read once however many tests look at it."""
    return of(parsed(PUBLIC / name))


def facts() -> dict[str, dict[str, Any]]:
    """What other programs counted in the public cases."""
    found: dict[str, dict[str, Any]] = json.loads((PUBLIC / "facts.json").read_text(encoding="utf-8"))
    return found


def keep(data: Extracted, folder: Path) -> Path:
    """A model's folder as far as its data go, without shapes."""
    folder.mkdir(parents=True)
    data.model.write(folder)
    (folder / "tree.json").write_text(json.dumps(data.tree, ensure_ascii=False), encoding="utf-8")
    data.elements.to_parquet(folder / "elements.parquet")
    data.properties.to_parquet(folder / "properties.parquet")
    return folder
