"""The stages of one conversion, in the process that reads the model; see :mod:`bim.supervision` for the other side.

Each stage leaves what it made on disk, so that a process that takes over from one that crashed begins where it must.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from bim import footprint, glb
from bim.errors import Refused
from bim.finding import Finding, Sentence
from bim.limits import Limits
from bim.mesh import Scene
from bim.model import NO_STOREY, Model, Point, read

if TYPE_CHECKING:
    from bim.georeference import Evidence

TOLD = 50
"""Elements that are told of one by one; the rest are counted."""

METHOD_WORDS: dict[str, Sentence] = {
    "max-voids": Sentence("洞口过多，按不开洞的形体显示", "has too many openings and is shown without them"),
    "no-openings": Sentence(
        "开洞计算失败，按不开洞的形体显示", "is shown without its openings, which could not be cut"
    ),
    "ifclite": Sentence("改用备用几何引擎生成形体", "is drawn by the spare geometry engine"),
    "box": Sentence("只能以外包盒显示", "can only be shown as the box around it"),
    "none": Sentence("无法生成形体，未显示", "could not be drawn and is missing from the view"),
}
REASON_WORDS: dict[str, Sentence] = {
    "silent": Sentence("计算超时", "it took too long"),
    "crashed": Sentence("几何引擎崩溃", "the geometry engine crashed"),
    "memory": Sentence("内存超限", "it needed too much memory"),
    "deep": Sentence("布尔运算嵌套过深", "its booleans are nested too deep"),
    "empty": Sentence("几何引擎没有给出结果", "the geometry engine gave nothing"),
}
NOTHING_DRAWN = Finding(
    "geometry.absent",
    "warning",
    Sentence(
        "模型没有可显示的形体，只收录了数据；如应有形体，请在导出设置中包含几何后重新导出。",
        "The model has no shapes to show and only its data were taken; if it should have some, export it again with "
        "its geometry.",
    ),
)


def convert(
    *,
    source: str,
    folder: str,
    work: str,
    name: str,
    size: int,
    sha256: str,
    encoding: str,
    instances: int,
    aside: Mapping[str, Sequence[str]],
    alone: Sequence[Sequence[int]],
    slow: Sequence[int],
    skip: Sequence[str],
    templates: Sequence[str] | None,
    limits: Limits,
    say: Any,
) -> None:
    """Make the files of the model in ``source`` in ``folder``.

    Parameters
    ----------
    work
        Where what is only needed on the way is kept.
    instances
        How many the text holds; a parser that read fewer has stopped somewhere without a word.
    aside
        By ``#`` number, the method to try next on an element that ended an earlier process, and why it did.
    alone
        Groups of elements one of which ended an earlier process.
    slow
        Elements on which the quick kernel ended an earlier process.
    skip
        Stages that ended an earlier process and can be done without: ``evidence``, ``check``.
    """
    stages = _Stages(Path(folder), Path(work), limits, say)
    with stages.of("parse"):
        file = _parsed(source, instances)
    with stages.of("extract"):
        model, elements = stages.extracted(file, name=name, size=size, sha256=sha256, encoding=encoding)
    with stages.of("geometry"):
        scene = stages.drawn(file, Path(source), elements, aside, alone, slow)
    found = None
    if "evidence" not in skip:
        with stages.of("evidence"):
            found = stages.evidence(file)
    with stages.of("write"):
        stages.written(model, elements, scene, found)
    place = stages.broken_rules(found, model)
    if "check" not in skip:
        with stages.of("check"):
            stages.checked(file, model, elements, templates, place)
    model.seconds = stages.all_seconds()
    model.write(Path(folder))


def _parsed(source: str, instances: int) -> Any:
    import ifcopenshell

    try:
        file = ifcopenshell.open(source)
    except (ifcopenshell.Error, OSError, RuntimeError, ValueError) as error:
        said = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise Refused(
            f"文件无法解析（{said}）；请在原软件中重新导出。",
            f"The file cannot be parsed ({said}); export it again from the authoring tool.",
            code="parse.failed",
        ) from error
    read_instances = len(file.entity_names())
    if read_instances < instances:
        raise Refused(
            f"解析器只读到 {read_instances} 个实例，而文件中有 {instances} 个；文件内容有语法错误，请重新导出。",
            f"Only {read_instances} of the file's {instances} instances could be read; its syntax is broken somewhere. "
            "Export it again.",
            code="parse.incomplete",
        )
    return file


class _Stages:
    """What the stages share."""

    def __init__(self, folder: Path, work: Path, limits: Limits, say: Any) -> None:
        self.folder, self.work, self.limits, self.say = folder, work, limits, say
        self.seconds: dict[str, float] = {}
        self.reasons: dict[str, str] = {}
        """By ``#`` number, why an element was not meshed as it stands."""
        self.cut_away: set[int] = set()
        """``#`` numbers of what its openings leave nothing of."""
        self.solid: set[int] = set()
        """``#`` numbers of what has a body that ought to be drawn."""

    @contextmanager
    def of(self, stage: str) -> Iterator[None]:
        """Tell of a stage and take its time."""
        self.say({"stage": stage, "share": 0.0})
        started = time.monotonic()
        yield
        self.seconds[stage] = round(time.monotonic() - started, 3)

    def all_seconds(self) -> dict[str, float]:
        """Wall time by stage, of this process and of those before that ended in a later stage."""
        return dict(self.seconds)

    def progress(self, share: float, _: Sentence | None = None) -> None:
        """Pass a stage's own progress on."""
        self.say({"share": round(float(share), 4)})

    def extracted(self, file: Any, **about: Any) -> tuple[Model, pd.DataFrame]:
        """Data of the model, read once."""
        from bim.extract import extract

        if not (self.work / "extracted").exists():
            found = extract(file, limits=self.limits, progress=self.progress, **about)
            found.elements.to_parquet(self.work / "elements.parquet", index=False)
            found.properties.to_parquet(self.folder / "properties.parquet", index=False)
            tree = json.dumps(found.tree, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
            (self.folder / "tree.json").write_text(tree, encoding="utf-8")
            found.model.write(self.work)
            (self.work / "extracted").touch()
            return found.model, found.elements
        return read(self.work), pd.read_parquet(self.work / "elements.parquet")

    def drawn(
        self,
        file: Any,
        source: Path,
        elements: pd.DataFrame,
        aside: Mapping[str, Sequence[str]],
        alone: Sequence[Sequence[int]],
        slow: Sequence[int] = (),
    ) -> Scene:
        """Shapes of all elements."""
        from bim.fallback import is_solid
        from bim.geometry import Drawing

        products = [
            int(number)
            for number in elements["step_id"]
            if file.by_id(int(number)).get_argument(6) is not None
        ]
        self.solid = {number for number in products if is_solid(file.by_id(number))}
        self.say({"products": len(products)})

        def announce(method: str, step_ids: Sequence[int]) -> None:
            if method == "begin":
                self.say({"begin": step_ids[0]})
            else:
                self.say({"method": method, "elements": list(step_ids)})

        drawing = Drawing(
            file,
            source,
            self.work / "shapes",
            limits=self.limits,
            aside={int(number): method for number, (method, _) in aside.items()},
            alone=alone,
            announce=announce,
            slow=slow,
        )
        scene = drawing.run(products)
        self.reasons = {number: reason for number, (_, reason) in aside.items()}
        self.reasons.update({str(number): "deep" for number in drawing.deep})
        self.cut_away = drawing.cut_away
        return scene

    def written(self, model: Model, elements: pd.DataFrame, scene: Scene, found: Evidence | None) -> None:
        """The files of the shapes, and what they say of elements and model."""
        row_of = {int(number): row for row, number in enumerate(elements["step_id"])}
        wanted = {int(number) for number in elements["step_id"]}
        _measure(scene, row_of, elements)
        model.findings += _shape_findings(elements, self.solid - self.cut_away, self.reasons)
        if self.cut_away:
            model.findings.append(_cut_away(len(self.cut_away)))
        model.methods = {str(k): int(v) for k, v in elements["method"].value_counts().items()}
        model.drawn = int((elements["triangles"] > 0).sum())
        model.triangles = int(elements["triangles"].sum())
        model.bbox_m = _box(elements)
        self.progress(0.2)
        if model.bbox_m is not None and not model.storeys:
            model.ground_m = round(model.bbox_m[0][2], 3)
        model.origin_m = middle(elements, model) if found is None else origin(found, model)
        model.footprint_m = footprint.footprint(scene, row_of, elements, model.ground_m)
        model.height_m = footprint.height_m(elements, model.ground_m)
        self.progress(0.5)
        of_storey, is_space = elements["storey"].to_numpy(), (elements["kind"] == "space").to_numpy()
        rows = {
            number: (row_of[number], int(of_storey[row_of[number]]), bool(is_space[row_of[number]]))
            for number in wanted
        }
        model.files = glb.write(self.folder, scene, rows, model.origin_m)
        elements.to_parquet(self.folder / "elements.parquet", index=False)

    def evidence(self, file: Any) -> Evidence:
        """The evidence of where the model stands, kept in its file."""
        from bim.georeference.evidence import evidence

        found = evidence(file)
        text = json.dumps(found.as_dict(), ensure_ascii=False, allow_nan=False, indent=1)
        (self.folder / "georeference.json").write_text(text, encoding="utf-8")
        return found

    def broken_rules(self, found: Evidence | None, model: Model) -> list[Finding] | None:
        """What the evidence breaks of the georeferencing rules; None without evidence."""
        from bim.georeference import rules

        return None if found is None else rules.check(found, model)

    def checked(
        self,
        file: Any,
        model: Model,
        elements: pd.DataFrame,
        templates: Sequence[str] | None,
        place: Sequence[Finding] | None,
    ) -> None:
        """Delivery templates and rules."""
        from bim import check

        result = check.run(
            file,
            model,
            elements,
            templates=check.BUILT_IN if templates is None else templates,
            georeference_findings=place,
            progress=self.progress,
        )
        result.write(self.folder)


def _measure(scene: Scene, row_of: Mapping[int, int], elements: pd.DataFrame) -> None:
    """Fill in the columns of the shape, and the floor area of rooms that name none."""
    count = len(elements)
    low, high = np.full((count, 3), np.nan), np.full((count, 3), np.nan)
    triangles = np.zeros(count, np.int64)
    method = np.full(count, "none", object)
    area = elements["area_m2"].to_numpy(np.float64, copy=True)
    is_space = (elements["kind"] == "space").to_numpy()
    measured = np.zeros(count)
    for place, number, vertices in scene.placed():
        row = row_of.get(scene.step_id[place])
        if row is None:
            continue
        low[row] = np.fmin(low[row], vertices.min(axis=0))
        high[row] = np.fmax(high[row], vertices.max(axis=0))
        triangles[row] += scene.shapes[number].triangles
        method[row] = scene.method[place]
        if is_space[row]:
            measured[row] += _floor_area_m2(vertices, scene.shapes[number].faces)
    missing = is_space & np.isnan(area) & (measured > 0)
    area[missing] = np.round(measured[missing], 3)
    elements["area_m2"] = area
    for axis, name in enumerate("xyz"):
        elements[f"{name}min"], elements[f"{name}max"] = low[:, axis], high[:, axis]
    elements["triangles"] = triangles
    elements["method"] = pd.array(method, dtype="string")


def _floor_area_m2(vertices: Any, faces: Any) -> float:
    """Half of what a closed shape's faces cover seen from above: they cover it from above and from below."""
    a, b, c = (vertices[faces[:, i], :2] for i in range(3))
    twice = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    return float(np.abs(twice).sum() / 4.0)


def _box(elements: pd.DataFrame) -> tuple[Point, Point] | None:
    drawn = elements[elements["triangles"] > 0]
    if not len(drawn):
        return None
    low = [round(float(drawn[f"{axis}min"].min()), 6) for axis in "xyz"]
    high = [round(float(drawn[f"{axis}max"].max()), 6) for axis in "xyz"]
    return (low[0], low[1], low[2]), (high[0], high[1], high[2])


def origin(found: Evidence, model: Model) -> Point:
    """Where files of shapes have their origin, which is what a placement puts on the ground.

    In plan a point that later versions share (:func:`bim.georeference.origin`), at the ground storey's floor.
    """
    from bim.georeference import origin as stable

    x, y, _ = stable(found, model.bbox_m)
    return x, y, round(float(model.ground_m), 3)


def middle(elements: pd.DataFrame, model: Model) -> Point:
    """The middle of the building in plan, at the ground storey's floor: the origin where there is no evidence.

    To whole metres in plan, so that it can be written down. The middle is that of the box around what is on a storey;
    where that spans more than 20 km, some of it has strayed, and the middle one of the elements' own middles counts.
    """
    drawn = elements[elements["triangles"] > 0]
    if not len(drawn):
        return (0.0, 0.0, model.ground_m)
    placed = drawn[drawn["storey"] != NO_STOREY]
    if len(placed):
        drawn = placed
    middle = []
    for axis in "xy":
        low, high = drawn[f"{axis}min"], drawn[f"{axis}max"]
        strayed = high.max() - low.min() > 20_000
        middle.append(float(round(((low + high) / 2).median() if strayed else (low.min() + high.max()) / 2)))
    return middle[0], middle[1], round(float(model.ground_m), 3)


def _shape_findings(elements: pd.DataFrame, solid: Set[int], reasons: Mapping[str, str]) -> list[Finding]:
    """One finding for every element that is not drawn as it is meant, then the number of the rest."""
    found: list[Finding] = []
    if not (elements["triangles"] > 0).any():
        found.append(NOTHING_DRAWN)
    methods = elements["method"].astype(str)
    odd = elements[methods.isin(["max-voids", "no-openings", "ifclite", "box"])]
    lost = elements[(methods == "none") & elements["step_id"].isin(solid)]
    for part, severity in ((lost, "error"), (odd, "warning")):
        for row in part.head(TOLD).itertuples(index=False):
            data = row._asdict()
            found.append(_told(data, reasons.get(str(data["step_id"]), "empty"), severity))
        if len(part) > TOLD:
            found.append(
                Finding(
                    "geometry.more",
                    "warning",
                    Sentence(
                        f"另有 {len(part) - TOLD} 个构件的形体同样未能完整生成。",
                        f"{len(part) - TOLD} more elements could not be drawn as they are meant either.",
                    ),
                )
            )
    return found


def _cut_away(count: int) -> Finding:
    return Finding(
        "geometry.cut_away",
        "info",
        Sentence(
            f"{count} 个构件被其洞口完全切空，没有可显示的形体。",
            f"{count} elements are cut away entirely by their openings and have nothing to show.",
        ),
    )


def _told(data: Mapping[str, Any], reason: str, severity: str) -> Finding:
    method = str(data["method"])
    words, why = METHOD_WORDS[method], None if method == "max-voids" else REASON_WORDS.get(reason)
    title = str(data["name"] or data["guid"])
    zh = (
        f"构件“{title}”{words.zh}"
        + (f"（{why.zh}）" if why and why.zh else "")
        + "；请在原软件中检查其几何。"
    )
    en = (
        f"{title} {words.en}"
        + (f" ({why.en})" if why and why.en else "")
        + "; check its geometry in the authoring tool."
    )
    return Finding(
        f"geometry.{method}",
        "error" if severity == "error" else "warning",
        Sentence(zh, en),
        guid=str(data["guid"]),
        step_id=int(data["step_id"]),
    )
