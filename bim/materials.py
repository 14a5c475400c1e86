"""Names of the materials an element is made of.

Source: ISO 16739-1, IfcMaterialResource: single materials, lists, layers, profiles and constituents.
"""

from __future__ import annotations

from bim.instances import Attributes, Instance

INNER = {
    "IfcMaterialLayerSetUsage": "ForLayerSet",
    "IfcMaterialProfileSetUsage": "ForProfileSet",
    "IfcMaterialLayerSet": "MaterialLayers",
    "IfcMaterialProfileSet": "MaterialProfiles",
    "IfcMaterialConstituentSet": "MaterialConstituents",
    "IfcMaterialList": "Materials",
    "IfcMaterialLayer": "Material",
    "IfcMaterialLayerWithOffsets": "Material",
    "IfcMaterialProfile": "Material",
    "IfcMaterialProfileWithOffsets": "Material",
    "IfcMaterialConstituent": "Material",
    "IfcMaterialProfileSetUsageTapering": "ForProfileSet",
}
"""Where what a definition is made of is written."""


def by_element(read: Attributes) -> dict[int, str]:
    """Names of the materials of each object and type by step id, joined by ``; ``, each once."""
    found: dict[int, list[str]] = {}
    known: dict[int, list[str]] = {}
    for relation in read.all("IfcRelAssociatesMaterial"):
        material = read.one(relation, "RelatingMaterial")
        if material is None:
            continue
        number = material.id()
        if number not in known:
            known[number] = names(read, material)
        for item in read.many(relation, "RelatedObjects"):
            found.setdefault(item.id(), []).extend(known[number])
    return {number: "; ".join(dict.fromkeys(texts)) for number, texts in found.items()}


def names(read: Attributes, material: Instance) -> list[str]:
    """Names of the materials of one definition in its order."""
    result: list[str] = []
    stack, seen = [material], set()
    while stack:
        item = stack.pop()
        if item.id() in seen:
            continue
        inner = INNER.get(item.is_a())
        if inner is None:
            text = read.text(item, "Name")
            if text:
                result.append(text)
            continue
        seen.add(item.id())  # a material itself may stand in several layers
        stack.extend(reversed(read.many(item, inner)))
    return result
