"""``/api/coverage``: what 5G reaches, why not, and what would help."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from twin.errors import InputError
from twin.web import state
from twin.web.routes import replies
from twin.web.routes.replies import Json, body_object, in_thread, integer
from twin.web.tasks import Task

if TYPE_CHECKING:
    from twin.analysis.coverage_5g.parameters import Parameters
    from twin.analysis.coverage_5g.tables import Assessment

Told = Callable[[str, float], None]
Stop = Callable[[], bool]
_MOST_BYTES = 200_000_000
STAGES = {
    "sight": {"zh": "计算视距", "en": "lines of sight"},
    "signals": {"zh": "计算信号", "en": "signals"},
}
"""What a run is at, in words."""


async def options(request: Request) -> Response:
    """``GET /api/coverage/options``: carriers with sites, criteria, metrics with colours, defaults."""
    del request
    from twin.analysis.coverage_5g import choices

    return Json(await in_thread(choices.options, state.current().store))


async def start(request: Request) -> Response:
    """``POST /api/coverage/run``: compute a run, which takes seconds; answers with the task's id."""
    current = state.current()
    parameters = _parameters_of(await body_object(request))

    def work(task: Task) -> Any:
        def told(stage: str, share: float) -> None:
            task.report(share * 0.9, STAGES.get(stage))

        current.runs.base(parameters, told, task.stop.is_set)
        task.report(0.95, {"zh": "汇总", "en": "tables"})
        current.runs.answer(parameters)
        return {"ready": True}

    return Json(current.tasks.start(work).as_dict(), 202)


async def result(request: Request) -> Response:
    """``GET /api/coverage?band=&resolution_m=&profile=&scenario=``: rates by area, roads, scenes, weak spots, evidence.

    Computes the run when it is not at hand, which takes seconds; ``POST /api/coverage/run`` shows the progress.
    """
    from twin.analysis.coverage_5g import report

    current = state.current()
    parameters, scenario = _parameters(request), request.query_params.get("scenario", "")

    def work() -> dict[str, Any]:
        answer = current.runs.answer(parameters, scenario)
        told = report.summary(current.store, answer.found, answer.base)
        return told | {"ignored": list(answer.ignored)}

    return Json(await in_thread(work))


async def values(request: Request) -> Response:
    """``GET /api/coverage/values?metric=&indoors=``: a raster as int16, rows from the north, little-endian.

    On the ground floor the cells outdoors, or with ``indoors=1`` those in buildings.
    ``X-Width``, ``X-Height``, ``X-Scale``, ``X-Nodata`` and ``X-Corners`` (nw, ne, se, sw in degrees) tell what it is.
    """
    from twin.analysis.coverage_5g import picture

    current = state.current()
    parameters, scenario = _parameters(request), request.query_params.get("scenario", "")
    metric = request.query_params.get("metric", "rsrp_dbm")
    indoors = request.query_params.get("indoors") == "1"

    def work() -> picture.Picture:
        return picture.stored(current.runs.answer(parameters, scenario).found, metric, indoors=indoors)

    made = await in_thread(work)
    return Response(
        made.octets,
        media_type="application/octet-stream",
        headers={
            "X-Width": str(made.width),
            "X-Height": str(made.height),
            "X-Scale": repr(made.scale),
            "X-Nodata": str(made.nodata),
            "X-Corners": json.dumps(made.corners),
            "Cache-Control": "no-store",
        },
    )


async def explain(request: Request) -> Response:
    """``GET /api/coverage/explain?lon=&lat=&sector=``: servers, link budget line by line, profile of the path."""
    from twin.analysis.coverage_5g import choices
    from twin.analysis.coverage_5g.explain import explain as explanation

    current = state.current()
    parameters, scenario = _parameters(request), request.query_params.get("scenario", "")
    lon, lat = (_degrees(request.query_params.get(name), name) for name in ("lon", "lat"))
    wanted = request.query_params.get("sector")
    sector = None if wanted is None else integer(wanted, "sector", 0, 10**7)

    def work() -> dict[str, Any]:
        run = current.runs.answer(parameters, scenario).found.run
        told: dict[str, Any] = choices.plain(explanation(run, lon, lat, sector=sector))
        return told

    return Json(await in_thread(work))


async def sites(request: Request) -> Response:
    """``GET /api/coverage/sites?bbox=west,south,east,north``: sites and sectors with a scenario's edits applied."""
    from twin.analysis.coverage_5g import choices

    current = state.current()
    parameters, scenario = _parameters(request), request.query_params.get("scenario", "")
    box = replies.box(request.query_params.get("bbox"))

    def work() -> dict[str, Any]:
        run = current.runs.answer(parameters, scenario).found.run
        return {"sites": choices.sites(run, box)}

    return Json(await in_thread(work))


async def next_sites(request: Request) -> Response:
    """``POST /api/coverage/sites``: look for the best places of new sites; answers with the task's id."""
    from twin.analysis.choices import model
    from twin.analysis.coverage_5g import next_sites as siting

    current = state.current()
    body = await body_object(request)
    parameters, scenario = _parameters_of(body), str(body.get("scenario") or "")
    question = model(siting.Question, {key: body[key] for key in siting.Question.model_fields if key in body})

    def work(task: Task) -> Any:
        def told(stage: str, share: float) -> None:
            task.report(share, {"zh": "评估候选站址", "en": stage})

        found = current.runs.answer(parameters, scenario).found
        gathered = siting.gather(current.store, found, question, progress=told, stop=task.stop.is_set)
        return siting.solve(found, gathered, question, progress=told, stop=task.stop.is_set).as_dict()

    return Json(current.tasks.start(work).as_dict(), 202)


async def outage(request: Request) -> Response:
    """``POST /api/coverage/outage``: which sites cost most people when they fail; answers with the task's id."""
    from twin.analysis.coverage_5g import resilience

    def work(found: Assessment, told: Told, stop: Stop) -> Any:
        ranked = resilience.outages(found, progress=told, stop=stop)
        return {"outages": [item.as_dict() for item in ranked]}

    return await _begin(request, {"zh": "逐站断电", "en": "one site fails at a time"}, work)


async def sleep(request: Request) -> Response:
    """``POST /api/coverage/sleep``: which sites may sleep at night; answers with the task's id."""
    from twin.analysis.coverage_5g import resilience

    def work(found: Assessment, told: Told, stop: Stop) -> Any:
        return resilience.sleepers(found, progress=told, stop=stop).as_dict()

    return await _begin(request, {"zh": "逐站试休眠", "en": "sending one site to sleep at a time"}, work)


async def _begin(
    request: Request, stage: dict[str, str], work: Callable[[Assessment, Told, Stop], Any]
) -> Response:
    """Start long work on the judged run that the body asks for."""
    current = state.current()
    body = await body_object(request)
    parameters, scenario = _parameters_of(body), str(body.get("scenario") or "")

    def run(task: Task) -> Any:
        def told(_stage: str, share: float) -> None:
            task.report(share, stage)

        return work(current.runs.answer(parameters, scenario).found, told, task.stop.is_set)

    return Json(current.tasks.start(run).as_dict(), 202)


async def export(request: Request) -> Response:
    """``GET /api/coverage/export.{format}?metric=``: a raster (tif, a COG), the table (csv), the method (md)."""
    from twin.analysis.coverage_5g import report
    from twin.analysis.coverage_5g import result as rasters

    current = state.current()
    suffix, metric = request.path_params["format"], request.query_params.get("metric", "rsrp_dbm")
    parameters, scenario = _parameters(request), request.query_params.get("scenario", "")
    if suffix not in ("tif", "csv", "md"):
        raise InputError("导出格式须是 tif、csv 或 md。", "the format must be tif, csv or md.")
    target = current.store.home / "tmp" / f"coverage-{id(request)}.{suffix}"

    def work() -> None:
        answer = current.runs.answer(parameters, scenario)
        if suffix == "tif":
            rasters.write(answer.found.run.rasters(), target, metric)
            target.with_suffix(".qml").unlink(missing_ok=True)
        else:
            report.write(current.store, answer.found, target, base=answer.base)

    await in_thread(work)
    name = f"coverage-{metric}.tif" if suffix == "tif" else f"coverage.{suffix}"
    return FileResponse(target, filename=name, background=BackgroundTask(target.unlink, missing_ok=True))


async def measurements(request: Request) -> Response:
    """``POST /api/coverage/measurements?name=&crs=``: a drive test (CSV or XLSX in the body) beside the run."""
    from twin.analysis.coverage_5g import drive_test

    current = state.current()
    parameters, scenario = _parameters(request), request.query_params.get("scenario", "")
    name = Path(request.query_params.get("name", "measurements.csv")).name[:120]
    target = current.store.home / "tmp" / f"measurements-{id(request)}{Path(name).suffix.lower()[:8]}"
    try:
        size = 0
        with target.open("wb") as file:
            async for part in request.stream():
                size += len(part)
                if size > _MOST_BYTES:
                    raise InputError(
                        f"测量文件超过 {_MOST_BYTES // 1_000_000} MB，请分开上传。",
                        f"the file is larger than {_MOST_BYTES // 1_000_000} MB; send it in parts.",
                    )
                file.write(part)

        def work() -> dict[str, Any]:
            run = current.runs.answer(parameters, scenario).found.run
            return drive_test.compare(run, target, name, request.query_params.get("crs", "auto") or "auto")

        return Json(await in_thread(work))
    finally:
        target.unlink(missing_ok=True)


def _parameters(request: Request) -> Parameters:
    """The parameters of a run in the query; :class:`InputError` for a value that is none."""
    return _parameters_of(dict(request.query_params))


def _parameters_of(given: Mapping[str, Any]) -> Parameters:
    from twin.analysis.choices import model
    from twin.analysis.coverage_5g.parameters import Parameters

    known = {key: value for key, value in given.items() if key in Parameters.model_fields and value != ""}
    if isinstance(known.get("operators"), str):
        known["operators"] = tuple(filter(None, known["operators"].split(",")))
    return model(Parameters, known)


def _degrees(text: str | None, name: str) -> float:
    most = 180.0 if name == "lon" else 85.0
    try:
        value = float(text or "")
    except ValueError:
        value = float("nan")
    if not -most <= value <= most:
        raise InputError(f"{name} 须是有效的经纬度。", f"{name} must be degrees.")
    return value
