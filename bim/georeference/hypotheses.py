"""The places where a model may stand, the likeliest first.

Every reading of the evidence (:mod:`bim.georeference.readings`) is located and scored:
by the level it comes from, by the slips it assumes, by whether it lies in the region
and in the area its system is meant for, by its agreement with the other levels, and
by how it lies on the outlines of known buildings. A score is a rank between 0 and 1,
no probability; from :data:`SURE` on a placement can be taken without a look.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bim.errors import BimError
from bim.finding import Finding, Sentence
from bim.georeference import faults
from bim.georeference.defaults import distance_m
from bim.georeference.evidence import Evidence
from bim.georeference.located import Located, agree, as_written, centre, distinct, locate, weigh
from bim.georeference.outlines import compare
from bim.georeference.placement import Placement
from bim.georeference.readings import readings
from bim.georeference.scoring import Footprints, footprint
from bim.georeference.systems import SHANGHAI, LocalSystem, Region
from bim.georeference.words import title, why_read
from bim.model import Model

SURE = 0.7
LONGEST = 8
"""Hypotheses kept; the ones as written are kept besides."""


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One place where the model may stand.

    Parameters
    ----------
    name
        Stable: the source and the slips undone, ``map_conversion+scale``.
    title
        For people.
    crs
        The system it was read in.
    longitude, latitude
        Of :attr:`bim.model.Model.origin_m`, degrees, WGS84 (CGCS2000 is the same here).
    height_m
        Of the origin.
    rotation_deg
        Counter-clockwise turn of the model's +x axis from true east.
    scale
        Ground metres per model metre; far from 1 only where a file is taken at its wrong word.
    score
        0 to 1.
    overlap
        Intersection over union with the outline it fits best, as placed; None without outlines near.
    fid
        Of that outline.
    why
        What speaks for it and against it.
    faults
        What would be wrong in the file if this were the truth.
    level
        LoGeoRef it comes from.
    moved_m, turned_deg
        Of which the outline would have the model moved and turned; told, not applied.
    footprint
        Rings of the model's footprint, longitude and latitude; empty where the scale makes no sense.
    """

    name: str
    title: Sentence
    crs: str
    longitude: float
    latitude: float
    height_m: float
    rotation_deg: float
    scale: float
    score: float
    overlap: float | None = None
    fid: int | None = None
    why: list[Sentence] = field(default_factory=list)
    faults: list[Finding] = field(default_factory=list)
    level: int = 50
    moved_m: float = 0.0
    turned_deg: float = 0.0
    footprint: list[list[tuple[float, float]]] = field(default_factory=list)

    @property
    def sure(self) -> bool:
        """Whether it can be taken without a look."""
        return self.score >= SURE

    def placement(self, at: str | None = None) -> Placement:
        """The placement it stands for; :class:`bim.errors.BimError` where the file's scale makes no sense."""
        if not 0.9 < self.scale < 1.1:
            raise BimError(
                f"按此读法模型会放大 {self.scale:g} 倍，无法放置；请选择另一种。",
                f"read in this way the model would be {self.scale:g} times its size; choose another reading.",
                code="georeference.scale",
            )
        code = self.crs[5:] if self.crs.startswith("EPSG:") else ""
        return Placement(
            self.longitude,
            self.latitude,
            self.height_m,
            self.rotation_deg,
            source=self.name,
            scale=self.scale,
            epsg=int(code) if code.isdigit() and self.level > 20 else None,
            at=at,
        )

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "name": self.name,
            "title": {"zh": self.title.zh, "en": self.title.en},
            "crs": self.crs,
            "longitude": self.longitude,
            "latitude": self.latitude,
            "height_m": self.height_m,
            "rotation_deg": self.rotation_deg,
            "scale": self.scale,
            "score": round(self.score, 4),
            "sure": self.sure,
            "overlap": None if self.overlap is None else round(self.overlap, 4),
            "fid": self.fid,
            "why": [{"zh": item.zh, "en": item.en} for item in self.why],
            "faults": [item.as_dict() for item in self.faults],
            "level": self.level,
            "moved_m": self.moved_m,
            "turned_deg": self.turned_deg,
            "footprint": [[list(point) for point in ring] for ring in self.footprint],
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Hypothesis:
        """The reverse of :meth:`as_dict`."""
        rest = {key: value for key, value in data.items() if key != "sure"}
        rest["title"] = Sentence(**data["title"])
        rest["why"] = [Sentence(**item) for item in data["why"]]
        rest["footprint"] = [[(x, y) for x, y in ring] for ring in data["footprint"]]
        rest["faults"] = [Finding.from_dict(item) for item in data["faults"]]
        return cls(**rest)


def hypotheses(
    evidence: Evidence,
    model: Model,
    *,
    region: Region = SHANGHAI,
    footprints: Footprints | None = None,
    local_systems: Sequence[LocalSystem] = (),
) -> list[Hypothesis]:
    """Where the model may stand, best first; empty where the file says nothing that can be used.

    Parameters
    ----------
    evidence
        Of the file.
    model
        Its origin, box and footprint are used.
    region
        Where models are expected, with the systems used there.
    footprints
        Outlines of known buildings, by box.
    local_systems
        Systems of the city that the service was given.
    """
    middle = centre(model)
    located = [
        item
        for reading in readings(evidence, middle, region, local_systems)
        if (item := locate(reading, middle or model.origin_m, region)) is not None
    ]
    weigh(located)
    agree(located)
    best = distinct(located, model.origin_m)
    shape = footprint(model)
    if footprints is not None and shape is not None:
        compare(best, model.origin_m, shape, footprints)
    best.sort(key=lambda item: (-item.score, len(item.reading.slips)))
    kept = best[:LONGEST] + [item for item in best[LONGEST:] if as_written(item.reading)]
    return _named_apart([_hypothesis(item, region, model) for item in kept])


def _named_apart(ranked: list[Hypothesis]) -> list[Hypothesis]:
    """Names that tell every hypothesis from the others: the system, then a number, where they are alike."""
    used: set[str] = set()
    apart = []
    for item in ranked:
        name = item.name
        if name in used and item.crs.startswith("EPSG:"):
            name = f"{item.name}@{item.crs}"
        number = 2
        while name in used:
            name, number = f"{item.name}#{number}", number + 1
        used.add(name)
        apart.append(replace(item, name=name))
    return apart


def _hypothesis(item: Located, region: Region, model: Model) -> Hypothesis:
    reading, placement, found = item.reading, item.placement, item.overlap
    assert placement is not None
    why = [*why_read(reading), *item.why]
    wrong = [*reading.faults, *item.faults]
    if not reading.oriented:
        wrong.append(faults.orientation_unknown())
    if item.inside:
        why.append(Sentence(f"位于{region.name.zh}范围内。", f"lies in {region.name.en}."))
    elif not {"default_location", "null_island"} & set(reading.slips):
        west, south, east, north = region.box
        x, y = min(max(item.lon, west), east), min(max(item.lat, south), north)
        away = distance_m(item.lon, item.lat, x, y) / 1000
        wrong.append(faults.outside_region(region.name.zh, region.name.en, away))
    if not item.valid:
        why.append(
            Sentence(
                "按此读法，位置或大小不合理。", "read in this way, the place or the size makes no sense."
            )
        )
    if found is not None and found.best_iou > 0.05:
        why.append(
            Sentence(
                f"与已知建筑 {found.fid} 的轮廓重合 {found.iou:.0%}。",
                f"covers the outline of the known building {found.fid} to {found.iou:.0%}.",
            )
        )
        if found.best_iou > found.iou + 0.02:
            why.append(
                Sentence(
                    f"移动 {found.moved_m:.1f} 米、转动 {found.turned_deg:.1f}° 可达 {found.best_iou:.0%}；"
                    "仅供参考，未移动模型。",
                    f"moved by {found.moved_m:.1f} m and turned by {found.turned_deg:.1f}° it would cover "
                    f"{found.best_iou:.0%}; this is told, the model was not moved.",
                )
            )
    elif item.outlines:
        why.append(Sentence("该处没有已知建筑的轮廓。", "no outline of a known building lies at this place."))
    scale = placement.scale if abs(reading.factor - 1) < 0.1 else reading.factor
    return Hypothesis(
        name=reading.name,
        title=title(reading),
        crs=reading.label if reading.label.startswith("EPSG:") else reading.crs,
        longitude=placement.lon,
        latitude=placement.lat,
        height_m=placement.height_m,
        rotation_deg=placement.rotation_deg,
        scale=scale,
        score=max(0.0, min(1.0, item.score)),
        overlap=found.iou if found else None,
        fid=found.fid if found and found.best_iou > 0.3 else None,
        why=why,
        faults=wrong,
        level=reading.level,
        moved_m=found.moved_m if found else 0.0,
        turned_deg=found.turned_deg if found else 0.0,
        footprint=_rings(placement, model) if abs(scale - 1) < 0.1 else [],
    )


def _rings(placement: Placement, model: Model) -> list[list[tuple[float, float]]]:
    rings = []
    for ring in model.footprint_m:
        placed = placement.to_lonlat(ring, model.origin_m)
        rings.append([(round(float(lon), 9), round(float(lat), 9)) for lon, lat in placed])
    return rings
