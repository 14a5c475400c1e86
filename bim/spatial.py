"""The spatial structure: what is part of what, which storey everything is on, and the tree to show.

Every walk is a loop with a set of what was seen: files come with sites aggregated under their own storeys. Source:
ISO 16739-1, IfcProductExtension and IfcKernel (IfcRelAggregates, IfcRelContainedInSpatialStructure, ...).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from bim.axes import Placements
from bim.finding import Finding, Sentence
from bim.identity import TOLD
from bim.instances import Attributes, Instance
from bim.model import NO_STOREY, Storey

DEEPEST = 60
"""Levels of the tree; what lies deeper hangs on the last, so that any JSON reader can take it."""

UNDERGROUND = ("地下", "basement", "keller", "untergeschoss", "kelder", "负")
"""Parts of the names of storeys below the ground."""


@dataclass(slots=True)
class Relations:
    """Who belongs to whom, by step id. Of several wholes or containers the first in the file counts."""

    whole: dict[int, int] = field(default_factory=dict)
    """Part to whole: aggregation, nesting, and projections to what they stand out of."""
    container: dict[int, int] = field(default_factory=dict)
    """Element to spatial structure."""
    host: dict[int, int] = field(default_factory=dict)
    """Door or window to the element whose opening it fills."""
    openings: dict[int, list[Instance]] = field(default_factory=dict)
    """Element to the openings cut from it."""
    near: dict[int, int] = field(default_factory=dict)
    """Element to one that it goes with where nothing better is known: covered, connected, referenced, bounded."""
    doubled: list[int] = field(default_factory=list)
    """Objects that the file puts into two wholes or two containers."""

    def above(self, number: int) -> int | None:
        """One step up from an object; None at the top."""
        for way in (self.container, self.whole, self.host, self.near):
            if number in way:
                return way[number]
        return None


def relations(read: Attributes) -> Relations:
    """All relations of a file that place one object by another."""
    found = Relations()
    for name in ("IfcRelAggregates", "IfcRelNests"):
        found.doubled += _pairs(read, name, "RelatedObjects", "RelatingObject", found.whole)
    _pairs(read, "IfcRelProjectsElement", "RelatedFeatureElement", "RelatingElement", found.whole)
    _pairs(read, "IfcRelAdheresToElement", "RelatedSurfaceFeatures", "RelatingElement", found.whole)
    structure = ("RelatedElements", "RelatingStructure")
    found.doubled += _pairs(read, "IfcRelContainedInSpatialStructure", *structure, found.container)
    voided: dict[int, int] = {}
    for item in read.all("IfcRelVoidsElement"):
        element = read.one(item, "RelatingBuildingElement")
        opening = read.one(item, "RelatedOpeningElement")
        if element is not None and opening is not None and opening.id() not in voided:
            voided[opening.id()] = element.id()
            found.openings.setdefault(element.id(), []).append(opening)
    filled: dict[int, int] = {}
    _pairs(read, "IfcRelFillsElement", "RelatedBuildingElement", "RelatingOpeningElement", filled)
    found.host = {filling: voided[opening] for filling, opening in filled.items() if opening in voided}
    found.near.update(voided)
    _pairs(read, "IfcRelCoversBldgElements", "RelatedCoverings", "RelatingBuildingElement", found.near)
    _pairs(read, "IfcRelCoversSpaces", "RelatedCoverings", "RelatingSpace", found.near)
    _pairs(read, "IfcRelCoversSpaces", "RelatedCoverings", "RelatedSpace", found.near)  # IFC2X3
    _pairs(read, "IfcRelConnectsPortToElement", "RelatingPort", "RelatedElement", found.near)
    _pairs(read, "IfcRelReferencedInSpatialStructure", *structure, found.near)
    _pairs(read, "IfcRelSpaceBoundary", "RelatedBuildingElement", "RelatingSpace", found.near)
    return found


def _pairs(read: Attributes, name: str, lower: str, upper: str, into: dict[int, int]) -> list[int]:
    doubled: list[int] = []
    for item in read.all(name):
        above = read.one(item, upper)
        if above is None:
            continue
        for below in read.many(item, lower):
            number, over = below.id(), above.id()
            if into.setdefault(number, over) != over or number == over:
                doubled.append(number)
            if into[number] == number:
                del into[number]
    return doubled


@dataclass(slots=True)
class Place:
    """Where an object is in the spatial structure, by step id; None where it is in none."""

    structure: int | None = None
    """The nearest site, building, storey or space."""
    space: int | None = None
    storey: int | None = None
    building: int | None = None


class Structure:
    """The spatial structure of one file.

    Attributes
    ----------
    storeys
        From the lowest.
    relations
        Of the file.
    findings
        Circles and storeys that do not say where they are.
    """

    def __init__(self, read: Attributes, project: Instance, placements: Placements, to_metre: float) -> None:
        self._read = read
        self._project = project
        self.relations = relations(read)
        self.findings: list[Finding] = []
        spatial = read.all("IfcSpatialElement") or read.all("IfcSpatialStructureElement")
        self.elements: dict[int, Instance] = {item.id(): item for item in spatial}
        self._storey_ids = {
            key for key, item in self.elements.items() if read.is_a(item, "IfcBuildingStorey")
        }
        self._space_ids = {key for key, item in self.elements.items() if read.is_a(item, "IfcSpace")}
        self._building_ids = {key for key, item in self.elements.items() if read.is_a(item, "IfcBuilding")}
        self._places: dict[int, Place] = {}
        self._circles: set[int] = set()
        self.storeys, self._index = self._ordered(placements, to_metre)
        self.ground_m = self._ground(placements)

    def of(self, number: int) -> Place:
        """Where the object of a step id is; for a structure, where it is itself."""
        chain: list[int] = []
        seen: set[int] = set()
        at: int | None = number
        place = Place()
        while at is not None:
            if at in self._places:
                place = self._places[at]
                break
            if at in seen:
                self._circles.add(at)
                break
            seen.add(at)
            chain.append(at)
            at = self.relations.above(at)
        for item in reversed(chain):
            place = self._within(item, place)
            self._places[item] = place
        return place

    def storey(self, number: int) -> int:
        """Index of the storey that the object of a step id is on."""
        storey = self.of(number).storey
        return NO_STOREY if storey is None else self._index[storey]

    def faults(self) -> list[Finding]:
        """Objects that are part of themselves, as far as they were met, or of two others."""
        doubled = [
            Finding(
                "structure.two_wholes",
                "warning",
                Sentence(
                    f"#{number} 同时属于两个上级，只取文件中的第一个；请在建模软件中修正层级。",
                    f"#{number} is in two wholes or containers at once; the first in the file counts. "
                    "Mend the hierarchy in the authoring tool.",
                ),
                step_id=number,
            )
            for number in sorted(set(self.relations.doubled))[:TOLD]
        ]
        return doubled + [
            Finding(
                "structure.circle",
                "warning",
                Sentence(
                    f"#{number} 经过聚合或包含关系成为自身的一部分，已在此处断开；请在建模软件中修正层级。",
                    f"#{number} is part of itself by way of aggregation or containment; the circle was cut there. "
                    "Mend the hierarchy in the authoring tool.",
                ),
                step_id=number,
            )
            for number in sorted(self._circles)[:TOLD]
        ]

    def tree(self, rows: dict[int, int], top: Iterable[tuple[int, int]]) -> tuple[dict[str, Any], list[int]]:
        """The tree to show and the order of its structures.

        Parameters
        ----------
        rows
            Row of each space by step id.
        top
            ``(step id, row)`` of every element that is no part of another, in the order to show.

        Returns
        -------
        tree, order
            Nested ``{"class", "guid", "name", "long_name", "storey"?, "row"?, "elements", "children"}``.
        """
        nodes = {key: self._node(item, rows) for key, item in self.elements.items()}
        root = self._node(self._project, rows)
        order = self.order()
        depth = {self._project.id(): 0}
        holder = {self._project.id(): root}
        for number in order:
            above = self._above(number)
            parent = above if above is not None and above in holder else self._project.id()
            if depth[parent] >= DEEPEST:
                depth[number], holder[number] = depth[parent], holder[parent]
                holder[parent]["children"].append(nodes[number])
                continue
            depth[number], holder[number] = depth[parent] + 1, nodes[number]
            holder[parent]["children"].append(nodes[number])
        for number, row in top:
            structure = self.of(number).structure
            node = root if structure is None else nodes[structure]
            node["elements"].append(row)
        return root, order

    def order(self) -> list[int]:
        """Step ids of the structures from the top, parents before parts, storeys from below."""
        children: dict[int, list[int]] = {}
        for number in self.elements:
            above = self._above(number)
            children.setdefault(self._project.id() if above is None else above, []).append(number)
        for numbers in children.values():
            numbers.sort(key=self._rank)
        found: list[int] = []
        seen: set[int] = set()
        # A circle is reached from none of its members: its least step id starts it after all the others.
        for start in (self._project.id(), *sorted(self.elements)):
            stack = [start]
            while stack:
                number = stack.pop()
                if number in seen:
                    continue
                seen.add(number)
                if number in self.elements:
                    found.append(number)
                stack.extend(reversed(children.get(number, [])))
        return found

    def _rank(self, number: int) -> tuple[int, str, int]:
        if number in self._index:
            return self._index[number], "", number
        return -1, self._read.text(self.elements[number], "Name"), number

    def _above(self, number: int) -> int | None:
        above = self.relations.whole.get(number, self.relations.container.get(number))
        return above if above in self.elements else None

    def _within(self, number: int, above: Place) -> Place:
        if number not in self.elements:
            return above
        return Place(
            structure=number,
            space=number if number in self._space_ids else above.space,
            storey=number if number in self._storey_ids else above.storey,
            building=number if number in self._building_ids else above.building,
        )

    def _node(self, item: Instance, rows: dict[int, int]) -> dict[str, Any]:
        node: dict[str, Any] = {
            "class": item.is_a(),
            "guid": self._read.text(item, "GlobalId"),
            "name": self._read.text(item, "Name"),
            "long_name": self._read.text(item, "LongName"),
            "elements": [],
            "children": [],
        }
        if item.id() in self._index:
            node["storey"] = self._index[item.id()]
        if item.id() in rows:
            node["row"] = rows[item.id()]
        return node

    def _ordered(self, placements: Placements, to_metre: float) -> tuple[list[Storey], dict[int, int]]:
        read = self._read
        found: list[tuple[float, int, Storey]] = []
        missing = 0
        for number in sorted(self._storey_ids):
            item = self.elements[number]
            elevation = read.number(item, "Elevation")
            z = placements.of(item)[11]
            if not math.isfinite(elevation * to_metre):
                missing += 1
                elevation = z / to_metre if math.isfinite(z / to_metre) else 0.0
            elevation_m = elevation * to_metre
            building = self.of(number).building
            storey = Storey(
                index=0,
                guid=read.text(item, "GlobalId"),
                name=read.text(item, "Name"),
                long_name=read.text(item, "LongName"),
                elevation_m=round(elevation_m, 6),
                elevation=elevation,
                height_m=None,
                building="" if building is None else read.text(self.elements[building], "Name"),
                elements=0,
                spaces=0,
            )
            found.append((elevation_m, number, storey))
        found.sort(key=lambda item: item[:2])
        storeys = [item[2] for item in found]
        for index, storey in enumerate(storeys):
            storey.index = index
            # Storeys of one height, of two towers, are passed over.
            higher = (
                other.elevation_m for other in storeys[index + 1 :] if other.building == storey.building
            )
            above = next((z for z in higher if z > storey.elevation_m + 0.05), None)
            storey.height_m = None if above is None else round(above - storey.elevation_m, 6)
        if missing:
            self.findings.append(
                Finding(
                    "storey.elevation_missing",
                    "info",
                    Sentence(
                        f"{missing} 个楼层没有写标高，已按其定位的高度取值。",
                        f"{missing} storeys name no elevation; the height of their placement is taken.",
                    ),
                )
            )
        return storeys, {number: index for index, (_, number, _) in enumerate(found)}

    def _ground(self, placements: Placements) -> float:
        if not self.storeys:
            return 0.0
        by_index = {index: number for number, index in self._index.items()}
        storey = ground(self.storeys)
        z = placements.of(self.elements[by_index[storey.index]])[11]
        return round(z, 6) if math.isfinite(z) else 0.0


def ground(storeys: list[Storey]) -> Storey:
    """The storey on the ground: at the elevation nearest to zero, or the lowest not named as underground."""
    level = [item for item in storeys if abs(item.elevation_m) <= 0.6]
    if level:
        return min(level, key=lambda item: abs(item.elevation_m))
    above = [item for item in storeys if item.elevation_m > 0 and not _underground(item)]
    if above and all(item.elevation_m > 0 for item in storeys):
        return above[0]
    return min(storeys, key=lambda item: abs(item.elevation_m))


def _underground(storey: Storey) -> bool:
    name = f"{storey.name} {storey.long_name}".lower()
    return any(word in name for word in UNDERGROUND)
