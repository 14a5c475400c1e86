"""buildingSMART's georeferencing rules, asked of the evidence.

Ported from the feature files GRF001 to GRF008 of the buildingSMART Validation Service
(ifc-gherkin-rules, MIT). The service asks most of them of IFC4X3 only; they are asked
here of IFC4 too, where the same entities mean the same. IFC2X3 has none of them but
the need for a reference system.
"""

from __future__ import annotations

from collections.abc import Iterator

from bim.finding import Finding, Sentence
from bim.georeference.evidence import Evidence, Operation, System
from bim.georeference.systems import crs, known, unit_to_metre
from bim.model import Model

_COMBINED = 0.01
"""By how much a Scale may differ from the quotient of the units: a combined scale factor of the grid."""


def check(evidence: Evidence, model: Model | None = None) -> list[Finding]:
    """What the file breaks of GRF001 to GRF008; ``georeference.grf005`` and so on, each a warning.

    Parameters
    ----------
    evidence
        Of the file.
    model
        Where given, its buildings are counted from it.
    """
    found: list[Finding] = []
    buildings = model.counts.get("IfcBuilding", evidence.buildings) if model else evidence.buildings
    alignments = model.counts.get("IfcAlignment", 0) if model else 0
    found += _presence(evidence, buildings + alignments)
    if evidence.schema.startswith("IFC2X3"):
        return found
    found += _identical(evidence)
    operations = [item for item in evidence.operations if item.kind != "property_set"]
    systems = [item.system for item in operations if item.system] + evidence.systems
    for system in systems:
        found += _code(system)
    for operation in operations:
        found += _scale(evidence, operation)
        found += _text(operation)
        found += _vertical(operation)
        found += _rigid(operation)
    unique = {(item.code, item.step_id, item.text.en): item for item in found}
    return list(unique.values())


def _rule(number: int, zh: str, en: str, step_id: int | None = None) -> Finding:
    text = Sentence(f"GRF{number:03d}：{zh}", f"GRF{number:03d}: {en}")
    return Finding(f"georeference.grf{number:03d}", "warning", text, step_id=step_id)


def _presence(evidence: Evidence, spatial: int) -> Iterator[Finding]:
    has_system = bool(evidence.systems) or any(item.system for item in evidence.operations)
    located = any(
        value is not None for site in evidence.sites
        for value in (site.latitude, site.longitude, site.elevation_m)
    )  # fmt: skip
    if not has_system and (spatial or located):
        yield _rule(
            3,
            "文件含有建筑或场地经纬度，却没有坐标系；请写明 IfcProjectedCRS（IFC2X3 为 ePSet_ProjectedCRS）。",
            "there is a building or a site's latitude and longitude, but no reference system; write an "
            "IfcProjectedCRS (ePSet_ProjectedCRS in IFC2X3).",
        )


def _identical(evidence: Evidence) -> Iterator[Finding]:
    contexts = {item.step_id for item in evidence.contexts}
    of = {item.context: item for item in evidence.operations if item.context in contexts}
    if len(contexts) < 2 or not of:
        return

    def content(item: Operation | None) -> tuple[object, ...] | None:
        if item is None:
            return None
        name = item.system.name if item.system else None
        numbers = (item.eastings, item.northings, item.height, item.x_axis_abscissa, item.x_axis_ordinate)
        return (item.kind, *numbers, item.scale, item.factors, name)

    if len({content(of.get(step_id)) for step_id in contexts}) > 1:
        yield _rule(
            1,
            "各几何表达上下文的坐标转换不一致；请让它们相同，或全部留空。",
            "the geometric representation contexts do not share one coordinate operation; give all of them the "
            "same, or none of them any.",
            next(iter(of.values())).step_id,
        )


def _code(system: System) -> Iterator[Finding]:
    name = system.name.strip()
    if name.upper().startswith("EPSG:"):
        if not known(name):
            yield _rule(
                4,
                f"坐标系 {name[:60]} 不是有效的 EPSG 编号；请改正。",
                f"{name[:60]} is no valid EPSG code; correct it.",
            )
    elif not system.wkt:
        yield _rule(
            2,
            f"坐标系名称“{name[:60]}”不是 EPSG 编号；请写成 EPSG:4549 这样的编号。",
            f"the name of the reference system, “{name[:60]}”, is no EPSG code; write a code such as EPSG:4549.",
        )


def _scale(evidence: Evidence, operation: Operation) -> Iterator[Finding]:
    if not operation.kind.startswith("map_conversion"):
        return
    unit = operation.system.unit_to_metre if operation.system else None
    name = operation.system.name if operation.system else ""
    if unit is None:
        unit = unit_to_metre(name) if name and known(name) and crs(name).is_projected else 1.0
    right = evidence.to_metre / unit
    written = 1.0 if operation.scale is None else operation.scale
    # without a map unit the project's is meant, or that of the system
    allowed = (right,) if operation.system and operation.system.unit_to_metre else (right, 1.0)
    if all(abs(written / value - 1) > _COMBINED for value in allowed):
        yield _rule(
            5,
            f"Scale 应为项目单位与地图单位之比 {right:g}，文件为 {written:g}"
            f"{'（未填写）' if operation.scale is None else ''}；请改正。",
            f"Scale must be the quotient of the project's unit and the map unit, {right:g}, and is {written:g}"
            f"{' (not given)' if operation.scale is None else ''}; correct it.",
            operation.step_id,
        )


def _text(operation: Operation) -> Iterator[Finding]:
    system = operation.system
    if system is not None and not system.name.upper().startswith("EPSG:") and not system.wkt:
        yield _rule(
            6,
            "坐标系没有 EPSG 编号，也没有 IfcWellKnownText；请补上其一。",
            "the reference system has neither an EPSG code nor an IfcWellKnownText; add one of them.",
            operation.step_id,
        )


def _vertical(operation: Operation) -> Iterator[Finding]:
    text = operation.system.vertical_datum if operation.system else ""
    if not text.upper().startswith("EPSG:") or not known(text):
        return
    import pyproj

    system = pyproj.CRS.from_user_input(text)
    if not (system.is_vertical or system.is_compound):
        yield _rule(
            7,
            f"高程基准 {text[:40]} 不是高程坐标系；请改为高程系统的编号，如 EPSG:5737。",
            f"the vertical datum {text[:40]} is no vertical reference system; give the code of one, such as "
            "EPSG:5737.",
            operation.step_id,
        )


def _rigid(operation: Operation) -> Iterator[Finding]:
    if operation.kind != "rigid_operation":
        return
    one, other = operation.measures
    allowed = {"IfcLengthMeasure", "IfcPlaneAngleMeasure"}
    if one not in allowed or other != one:
        yield _rule(
            8,
            f"刚性平移的两个坐标须同为长度或同为角度，文件为 {one or '?'} 和 {other or '?'}；请改正。",
            f"both coordinates of a rigid operation must be lengths or both angles, they are {one or '?'} and "
            f"{other or '?'}; correct them.",
            operation.step_id,
        )
