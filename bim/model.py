"""A building model as it is kept: a folder of plain files, read without IfcOpenShell.

::

    model.json          what it is: file, schema, units, storeys, extent, footprint, findings
    tree.json           the spatial tree: project, sites, buildings, storeys, spaces; elements by row
    elements.parquet    a row per space and element; its row number is the element's id in every other file
    properties.parquet  a row per property and quantity of an element
    georeference.json   the evidence of where it stands
    storey-NN.glb       the shapes of one storey (also storey-none.glb); see :mod:`bim.glb`
    shapes.glb          shapes that stand in more than one place
    instances.json      where each of them stands
    source.ifc          the text that was read

Lengths are metres in the model's own axes (x, y to the sides, z up) unless a name says otherwise.
Shapes are drawn relative to :attr:`Model.origin_m`, which is what a placement puts on the ground.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bim.finding import Finding

FORMAT = "jiading-city-twin/bim-model/1"
NO_STOREY = -1

Point = tuple[float, float, float]

ELEMENT_COLUMNS: dict[str, str] = {
    "guid": "string",  # GlobalId as it is in the file; may be invalid or repeated
    "key": "string",  # unique: the GlobalId, or it with a number where it is repeated or invalid
    "step_id": "int64",
    "class": "string",  # IfcWallStandardCase
    "kind": "string",  # element | space | opening
    "predefined_type": "string",
    "name": "string",
    "long_name": "string",
    "tag": "string",
    "type_name": "string",
    "type_guid": "string",
    "materials": "string",  # names joined by "; "
    "storey": "int32",  # index into Model.storeys, NO_STOREY for none
    "space": "int32",  # row of the space that contains it, -1 for none
    "parent": "int32",  # row of the element or space it is part of, -1 for none
    "host": "int32",  # row of the wall a door or window sits in, -1 for none
    "area_m2": "float64",  # spaces: net floor area where given, else gross, else from the shape
    "use": "string",  # spaces: what it is used for
    "x": "float64", "y": "float64", "z": "float64",  # placement, metres
    "placement": "string",  # 16 numbers of the placement matrix in metres, rounded, row by row; for comparing
    "content_hash": "string",  # of representation and openings, free of # numbers; for comparing
    "xmin": "float64", "ymin": "float64", "zmin": "float64",  # of the meshed shape; nan without one
    "xmax": "float64", "ymax": "float64", "zmax": "float64",
    "triangles": "int64",
    "method": "string",  # how it was meshed: "kernel", "max-voids", "no-openings", "ifclite", "box", "none"
}  # fmt: skip
"""Columns of ``elements.parquet`` and their pandas types. The shape's columns are filled by :mod:`bim.geometry`."""

PROPERTY_COLUMNS: dict[str, str] = {
    "element": "int32",
    "set": "string",
    "name": "string",
    "kind": "string",  # property | quantity
    "of_type": "bool",  # inherited from the element's type
    "text": "string",  # the value as text, units original
    "number": "float64",  # the value in SI (metres, square metres, ...) where it is a number, else nan
    "unit": "string",  # original unit, such as "mm"
}
"""Columns of ``properties.parquet``."""


@dataclass(slots=True)
class Storey:
    """One storey; ``index`` counts from the lowest."""

    index: int
    guid: str
    name: str
    long_name: str
    elevation_m: float
    elevation: float
    """As written, in the file's own length unit."""
    height_m: float | None
    """To the next storey above; None for the highest."""
    building: str
    elements: int
    spaces: int


@dataclass(slots=True)
class Model:
    """What is known of a model without opening its tables."""

    name: str
    bytes: int
    sha256: str
    schema: str
    application: str
    project: str
    site: str
    building: str
    length_unit: str
    to_metre: float
    encoding: str
    """``ascii``, or what raw text was transcoded from: ``utf-8``, ``gb18030``."""
    counts: dict[str, int]
    """Instances by class, subtypes included, of every product class and IfcPropertySet, IfcElementQuantity."""
    storeys: list[Storey] = field(default_factory=list)
    bbox_m: tuple[Point, Point] | None = None
    """Of everything drawn but openings, in the model's axes."""
    origin_m: Point = (0.0, 0.0, 0.0)
    footprint_m: list[list[tuple[float, float]]] = field(default_factory=list)
    """Outer rings of what stands on the ground, in the model's axes."""
    height_m: float | None = None
    """From the ground storey's floor to the top."""
    ground_m: float = 0.0
    """z of the ground storey's floor."""
    drawn: int = 0
    triangles: int = 0
    methods: dict[str, int] = field(default_factory=dict)
    """Elements by how they were meshed."""
    files: dict[str, int] = field(default_factory=dict)
    """Files of the shapes and their bytes."""
    seconds: dict[str, float] = field(default_factory=dict)
    """Wall time by stage."""
    findings: list[Finding] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "format": FORMAT,
            **{key: value for key, value in asdict(self).items() if key != "findings"},
            "findings": [item.as_dict() for item in self.findings],
        }

    def write(self, folder: Path) -> None:
        """Write ``model.json`` into ``folder``."""
        text = json.dumps(self.as_dict(), ensure_ascii=False, indent=1, allow_nan=False)
        (folder / "model.json").write_text(text, encoding="utf-8")


def read(folder: Path) -> Model:
    """The model kept in ``folder``.

    Raises
    ------
    ValueError
        When the folder was written in another format.
    """
    data = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    if data.pop("format", None) != FORMAT:
        raise ValueError(f"{folder} holds no building model of the format {FORMAT}")
    data["storeys"] = [Storey(**item) for item in data["storeys"]]
    data["findings"] = [Finding.from_dict(item) for item in data["findings"]]
    box = data["bbox_m"]
    data["bbox_m"] = None if box is None else (tuple(box[0]), tuple(box[1]))
    data["origin_m"] = tuple(data["origin_m"])
    data["footprint_m"] = [[(x, y) for x, y in ring] for ring in data["footprint_m"]]
    return Model(**data)
