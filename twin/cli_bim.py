"""Commands of building models: ``bim inspect``, ``bim add``, ``bim list`` and ``bim diff``.

Through a running server when there is one, else on the home itself. ``inspect`` and
``diff`` of files need no home; where there is one, its buildings help to judge
where a model stands.
"""

from __future__ import annotations

import argparse
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twin import remote
from twin.errors import InputError, of_model
from twin.settings import Settings
from twin.store import Store

if TYPE_CHECKING:
    from bim.finding import Sentence

Result = dict[str, Any]
Progress = Callable[[float, str], None]
Outlines = Callable[[tuple[float, float, float, float]], Sequence[tuple[int, Any]]]
NAME = "bim"
_MODEL = re.compile(r"([0-9a-f]{12})(?::([1-9][0-9]{0,5}))?")
_COUNTED = ("IfcBuildingStorey", "IfcSpace", "IfcWall", "IfcSlab", "IfcDoor", "IfcWindow")


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add ``bim`` with its actions to the commands; each action takes the common options."""
    text = "建筑模型 building models"
    group = commands.add_parser(NAME, help=text, description=text)
    actions = group.add_subparsers(dest="action", metavar="ACTION", required=True, parser_class=type(group))

    def action(name: str, text: str) -> argparse.ArgumentParser:
        made: argparse.ArgumentParser = actions.add_parser(
            name, parents=[common], help=text, description=text
        )
        return made

    inspected = action("inspect", "检查模型文件，不入库 look at a file without keeping it")
    inspected.add_argument("file", type=Path)
    inspected.add_argument("--entry", metavar="NAME", help="压缩包中的模型 which model of an archive")
    added = action("add", "添加模型或新版本 take a model in, or its next version")
    added.add_argument("file", type=Path)
    added.add_argument("--model", metavar="ID", help="作为此模型的新版本 as the next version of this model")
    added.add_argument("--accept", action="store_true", help="采用最可能的位置 accept the likeliest place")
    action("list", "列出模型 list the models")
    diff = action("diff", "比较两个版本 compare two versions")
    diff.add_argument("before", help="IFC 文件或 模型[:版本] an IFC file, or MODEL[:VERSION]")
    diff.add_argument("after", help="IFC 文件或 模型[:版本] an IFC file, or MODEL[:VERSION]")


def _inspect(options: argparse.Namespace, settings: Settings, progress: Progress | None) -> Result:
    import bim

    path = _file(options.file)
    with _outlines(settings) as outlines:
        report = bim.inspect(
            path,
            entry=options.entry,
            limits=_limits(settings),
            footprints=outlines,
            progress=_stages(progress),
        )
    told = report.as_dict()
    lines = [f"{path.name}  {told['outcome']}  {told['schema'] or ''}"]
    if told["reason"]:
        lines.append(f"{told['reason']['zh']} {told['reason']['en']}")
    counts = [f"{name} {told['counts'][name]:,}" for name in _COUNTED if told["counts"].get(name)]
    if counts:
        lines.append("  ".join(counts))
    lines += [_hypothesis(item) for item in told["georeference"]["hypotheses"][:5]]
    lines += [f"{item['severity']:<8} {item['text']['zh']} {item['text']['en']}" for item in told["findings"]]
    return told | {"text": "\n".join(lines)}


def _add(options: argparse.Namespace, settings: Settings, progress: Progress | None) -> Result:
    path = _file(options.file)
    server = remote.running(settings.home)
    if server is not None:
        job = server.add_model(path, options.model, progress)
        model, version = job["model"], job["version"]
        told = server.json("GET", f"/api/bim/{model}")
        if options.accept and told["placement"] is None and told["hypotheses"]:
            body = {"hypothesis": told["hypotheses"][0]["name"]}
            told |= server.json("PUT", f"/api/bim/{model}", body)
        hypotheses, outcome, placement = told["hypotheses"], told["outcome"], told["placement"]
        name, building = told["name"], told["building"]
    else:
        from twin.models import placing, register

        with Store.open(settings.home, keep_generations=settings.keep_generations) as store:
            entry, report = _converted(store, path, options.model, settings, progress)
            if options.accept and entry.placed is None and report.hypotheses:
                entry = placing.accept(store, entry, entry.version, report.hypotheses[0].name)
            place = register.placement(store, entry)
            model, version, outcome, name = entry.id, entry.version, entry.current.outcome, entry.name
            hypotheses = [item.as_dict() for item in report.hypotheses]
            placement = None if place is None else place.as_dict()
            known = placing.buildings(store, [entry.building] if entry.building is not None else [])
            building = known.get(entry.building or -1)
    lines = [f"{name}  {model}:{version}  {outcome}"]
    if placement is not None:
        lines.append(f"位置 place {placement['lon']:.6f}, {placement['lat']:.6f}  {placement['source']}")
    else:
        lines += [_hypothesis(item) for item in hypotheses[:5]]
        lines.append(
            "位置待确认（--accept 采用第一个）。 The place is to be accepted (--accept takes the first)."
        )
    return {
        "model": model,
        "name": name,
        "version": version,
        "outcome": outcome,
        "placement": placement,
        "building": building,
        "hypotheses": hypotheses,
        "text": "\n".join(lines),
    }


def _list(options: argparse.Namespace, settings: Settings, progress: Progress | None) -> Result:
    del options, progress
    server = remote.running(settings.home)
    if server is not None:
        rows = server.json("GET", "/api/bim")["models"]
    else:
        from twin.models import listing

        with Store.open(settings.home, keep_generations=settings.keep_generations) as store:
            rows = listing.models(store)
    lines = [f"{'模型 model':<14} 版本  {'结果 outcome':<10} {'层数 storeys':>8}  名称 name"]
    lines += [
        f"{row['id']:<14} {row['version']:>4}  {row['outcome']:<10} {row['storeys']:>8}  {row['name']}"
        f"{'' if row['placement'] else '（位置待确认 no place yet）'}"
        for row in rows
    ]
    return {"models": rows, "text": "\n".join(lines) if rows else "还没有模型 No models yet"}


def _diff(options: argparse.Namespace, settings: Settings, progress: Progress | None) -> Result:
    pair = [
        _MODEL.fullmatch(text) if not Path(text).is_file() else None
        for text in (options.before, options.after)
    ]
    server = remote.running(settings.home) if any(pair) else None
    same = pair[0] is not None and pair[1] is not None and pair[0][1] == pair[1][1]
    if server is not None and same:
        model = str(pair[0][1]) if pair[0] else ""
        current = server.json("GET", f"/api/bim/{model}")["version"]
        before, after = (match[2] or current for match in pair if match is not None)
        told: Result = server.json("GET", f"/api/bim/{model}/compare?before={before}&after={after}")
    elif server is not None:
        raise InputError(
            "服务运行时只能比较同一模型的两个版本，或两个 IFC 文件。",
            "while a server runs, compare two versions of one model, or two IFC files.",
        )
    else:
        told = _compared((options.before, options.after), settings, progress)
    lines = []
    for kind, mark in (("added", "+"), ("removed", "-"), ("changed", "~")):
        for item in told[kind]:
            what = "  ".join(str(change.get("aspect", "")) for change in item.get("what", ()))
            lines.append(f"{mark} {item['guid']}  {item['class']}  {item['name']}  {what}".rstrip())
    return told | {"text": "\n".join(lines) if lines else "没有变化 No changes"}


def _compared(sides: tuple[str, str], settings: Settings, progress: Progress | None) -> Result:
    """Compare two files or kept versions; files are converted into a folder that goes again."""
    import bim
    from bim.errors import BimError
    from twin.models import register

    with ExitStack() as stack:
        temporary = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="twin-diff-")))
        store: Store | None = None
        folders = []
        for number, text in enumerate(sides):
            if Path(text).is_file():
                folder = temporary / str(number)
                try:
                    bim.convert(
                        Path(text), folder, limits=_limits(settings), check=(),
                        progress=_stages(progress, number / 2, (number + 1) / 2),
                    )  # fmt: skip
                except BimError as error:
                    told = of_model(error)
                    raise InputError(f"{text}：{told.zh}", f"{text}: {told.en}") from error
                folders.append(folder)
                continue
            match = _MODEL.fullmatch(text)
            if match is None or not (settings.home / "twin.duckdb").is_file():
                raise InputError(
                    f"{text[:200]} 既不是文件，也不是“模型[:版本]”。",
                    f"{text[:200]} is neither a file nor MODEL[:VERSION].",
                )
            if store is None:
                store = stack.enter_context(
                    Store.open(settings.home, keep_generations=settings.keep_generations)
                )
            entry = register.get(store, match[1])
            folders.append(register.folder(store, entry.id, int(match[2] or entry.version)))
        found: Result = bim.compare(folders[0], folders[1]).as_dict()
        return found


def _converted(
    store: Store, path: Path, model: str | None, settings: Settings, progress: Progress | None
) -> Any:
    from bim.errors import BimError
    from twin.models import intake

    try:
        return intake.convert(
            store, path, name=path.name, limits=_limits(settings), model=model, progress=_stages(progress)
        )
    except BimError as error:
        raise of_model(error) from error


@contextmanager
def _outlines(settings: Settings) -> Iterator[Outlines | None]:
    """Outlines of the home's buildings by box, None where there is no home."""
    import shapely

    server = remote.running(settings.home)
    if server is not None:

        def asked(box: tuple[float, float, float, float]) -> list[tuple[int, Any]]:
            rows = server.json("GET", f"/api/bim/footprints?bbox={','.join(map(str, box))}")["footprints"]
            return [(fid, shapely.from_wkt(text)) for fid, text in rows]

        yield asked
    elif (settings.home / "twin.duckdb").is_file():
        from twin.analysis.building_works import outlines

        with Store.open(settings.home, keep_generations=settings.keep_generations) as store:
            yield lambda box: outlines(store, box)
    else:
        yield None


def _limits(settings: Settings) -> Any:
    from twin.models import intake

    return intake.limits(settings)


def _stages(
    progress: Progress | None, start: float = 0.0, end: float = 1.0
) -> Callable[[float, Sentence], None] | None:
    if progress is None:
        return None
    return lambda share, stage: progress(start + (end - start) * share, stage.zh)


def _file(path: Path) -> Path:
    if not path.is_file():
        raise InputError(f"找不到文件 {path}。", f"there is no file {path}.")
    return path


def _hypothesis(item: dict[str, Any]) -> str:
    return (
        f"{item['score']:.2f}  {item['longitude']:.6f}, {item['latitude']:.6f}  "
        f"{item['title']['zh']} {item['title']['en']}"
    )


COMMANDS: dict[str, Callable[[argparse.Namespace, Settings, Progress | None], Result]] = {
    "inspect": _inspect,
    "add": _add,
    "list": _list,
    "diff": _diff,
}
