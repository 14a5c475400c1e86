"""Colours of elements whose file gives them none: calm, as of a cardboard model, glass clear."""

from __future__ import annotations

Rgba = tuple[int, int, int, int]

OTHER: Rgba = (190, 190, 186, 255)

COLOURS: dict[str, Rgba] = {
    "IfcWall": (226, 222, 212, 255),
    "IfcSlab": (200, 198, 192, 255),
    "IfcRoof": (168, 110, 92, 255),
    "IfcWindow": (140, 182, 206, 90),
    "IfcCurtainWall": (140, 182, 206, 90),
    "IfcPlate": (150, 186, 206, 120),
    "IfcDoor": (150, 112, 78, 255),
    "IfcColumn": (182, 180, 176, 255),
    "IfcBeam": (176, 172, 166, 255),
    "IfcMember": (150, 152, 154, 255),
    "IfcStair": (206, 196, 178, 255),
    "IfcStairFlight": (206, 196, 178, 255),
    "IfcRamp": (206, 196, 178, 255),
    "IfcRampFlight": (206, 196, 178, 255),
    "IfcRailing": (120, 124, 128, 255),
    "IfcCovering": (214, 206, 190, 255),
    "IfcFooting": (158, 156, 152, 255),
    "IfcPile": (158, 156, 152, 255),
    "IfcFurnishingElement": (186, 150, 112, 255),
    "IfcFurniture": (186, 150, 112, 255),
    "IfcFlowSegment": (122, 158, 150, 255),
    "IfcFlowTerminal": (222, 224, 226, 255),
    "IfcFlowFitting": (122, 158, 150, 255),
    "IfcSite": (150, 172, 122, 255),
    "IfcGeographicElement": (150, 172, 122, 255),
    "IfcSpace": (126, 176, 214, 70),
}


def colour_of(class_: str) -> Rgba:
    """The colour of a class of element, such as ``IfcWallStandardCase``."""
    for name in (class_, class_.removesuffix("StandardCase"), class_.removesuffix("ElementedCase")):
        if name in COLOURS:
            return COLOURS[name]
    return OTHER
