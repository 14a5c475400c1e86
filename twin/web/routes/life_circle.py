"""``/api/life-circle`` and ``/api/service-radius``: who reaches what, why not, and what would help."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from twin.errors import InputError
from twin.web import state
from twin.web.routes.replies import Json, body_object, in_thread, integer
from twin.web.tasks import Task

if TYPE_CHECKING:
    from twin.analysis.life_circle import Parameters


async def options(request: Request) -> Response:
    """``GET /api/life-circle/options``: standards, groups of people, measures, categories, defaults."""
    del request
    from twin.analysis import choices

    current = state.current()
    return Json(await in_thread(choices.options, current.store))


async def result(request: Request) -> Response:
    """``GET /api/life-circle?standard=&group=&measure=&scenario=&interval=``: rates by area, categories, evidence.

    With ``interval=1`` the spread over the assumptions is computed too, which takes seconds.
    """
    from twin.analysis import report

    current = state.current()
    parameters, scenario = _parameters(request), request.query_params.get("scenario", "")
    wait = request.query_params.get("interval") == "1"

    def work() -> dict[str, Any]:
        study, base = current.studies.study(parameters, scenario)
        ask = current.studies.spread if wait else current.studies.known_spread
        spread = ask(parameters, scenario)
        return report.summary(current.store, study, base, spread)

    return Json(await in_thread(work))


async def interval(request: Request) -> Response:
    """``GET /api/life-circle/interval``: how far the rates move under other assumptions."""
    from twin.analysis import report

    current = state.current()
    parameters, scenario = _parameters(request), request.query_params.get("scenario", "")

    def work() -> dict[str, Any]:
        study, _ = current.studies.study(parameters, scenario)
        spread = current.studies.spread(parameters, scenario)
        return report.interval(study, spread)

    return Json(await in_thread(work))


async def values(request: Request) -> Response:
    """``GET /api/life-circle/values?value=minutes|categories|bottleneck&category=``: one octet a building.

    The octet of row ``n`` of the building layer stands at ``n - 1``: half-minutes
    (at most 250), number of categories or index of the category; 253 complete,
    254 not lived in, 255 unreachable. ``X-Generation`` names the generation.
    """
    from twin.analysis import pictures

    current = state.current()
    parameters, scenario = _parameters(request), request.query_params.get("scenario", "")
    value, category = request.query_params.get("value", "minutes"), request.query_params.get("category", "")

    def work() -> bytes:
        study, _ = current.studies.study(parameters, scenario)
        return pictures.octets(study, value, category)

    number = current.store.generation("building").number
    body = await in_thread(work)
    return Response(
        body,
        media_type="application/octet-stream",
        headers={"X-Generation": str(number), "Cache-Control": "no-store"},
    )


async def cells(request: Request) -> Response:
    """``GET /api/life-circle/cells?category=``: 250 m cells with people, share covered and mean minutes."""
    from twin.analysis import pictures

    current = state.current()
    parameters, scenario = _parameters(request), request.query_params.get("scenario", "")
    category = request.query_params.get("category", "")

    def work() -> dict[str, Any]:
        study, _ = current.studies.study(parameters, scenario)
        return pictures.cells(study, category)

    return Json(await in_thread(work))


async def explain(request: Request) -> Response:
    """``GET /api/life-circle/explain/{fid}``: one building, category by category, with the ways walked."""
    from twin.analysis import explain as explanation

    current = state.current()
    fid = integer(request.path_params["fid"], "fid", 0, 2**53)
    parameters, scenario = _parameters(request), request.query_params.get("scenario", "")

    def work() -> dict[str, Any]:
        study, _ = current.studies.study(parameters, scenario)
        return explanation.explain(current.store, study, fid)

    return Json(await in_thread(work))


async def isochrones(request: Request) -> Response:
    """``GET /api/life-circle/isochrones?layer=&fid=&minutes=5,10,15`` (or ``lon=&lat=``): reach as GeoJSON."""
    from twin.analysis import pictures

    current = state.current()
    parameters, scenario = _parameters(request), request.query_params.get("scenario", "")
    query = request.query_params
    layer, fid = query.get("layer", ""), integer(query.get("fid"), "fid", -(10**6), 2**53, default=0)
    place = _place(query)
    minutes = _minutes(query.get("minutes", "5,10,15"))

    def work() -> dict[str, Any]:
        study, _ = current.studies.study(parameters, scenario)
        return pictures.reach(study, layer, fid, place, minutes)

    return Json(await in_thread(work), media_type="application/geo+json")


async def export(request: Request) -> Response:
    """``GET /api/life-circle/export.{format}``: the table (csv), the buildings (parquet), the method (md)."""
    from twin.analysis import report

    current = state.current()
    suffix = request.path_params["format"]
    parameters, scenario = _parameters(request), request.query_params.get("scenario", "")
    if suffix not in ("csv", "parquet", "md"):
        raise InputError("导出格式须是 csv、parquet 或 md。", "the format must be csv, parquet or md.")
    target = current.store.home / "tmp" / f"life-circle-{id(request)}.{suffix}"

    def work() -> None:
        study, base = current.studies.study(parameters, scenario)
        spread = current.studies.known_spread(parameters, scenario)
        report.write(current.store, study, target, base=base, spread=spread)

    await in_thread(work)
    return FileResponse(
        target, filename=f"life-circle.{suffix}", background=BackgroundTask(target.unlink, missing_ok=True)
    )


async def start_sites(request: Request) -> Response:
    """``POST /api/life-circle/sites``: look for the best places of new facilities; answers with the task's id."""
    from twin.analysis import candidates, choices

    current = state.current()
    body = await body_object(request)
    parameters, scenario = _parameters_of(body), str(body.get("scenario") or "")
    question = choices.model(
        candidates.Question, {key: body[key] for key in candidates.Question.model_fields if key in body}
    )

    def work(task: Task) -> Any:
        task.report(0.05, {"zh": "收集候选地点", "en": "gathering candidates"})
        study, _ = current.studies.study(parameters, scenario)
        found = candidates.gather(current.store, study, question)
        task.report(0.3, {"zh": "快速求解", "en": "a quick choice"})
        task.result = candidates.solve(
            study, found, question, method="swap", cancelled=task.stop.is_set
        ).as_dict()
        if not question.exact:
            return task.result
        task.report(0.5, {"zh": "证明还可能好多少", "en": "proving how much better could be"})
        return candidates.solve(study, found, question, method="exact", cancelled=task.stop.is_set).as_dict()

    return Json(current.tasks.start(work).as_dict(), 202)


async def start_links(request: Request) -> Response:
    """``POST /api/life-circle/links``: look for the bridge, crossing, path or gate that helps most people."""
    from twin.analysis import choices, missing

    current = state.current()
    body = await body_object(request)
    parameters, scenario = _parameters_of(body), str(body.get("scenario") or "")
    question = choices.model(
        missing.Question, {key: body[key] for key in missing.Question.model_fields if key in body}
    )

    def work(task: Task) -> Any:
        task.report(0.02, {"zh": "准备路网", "en": "preparing the network"})
        study, _ = current.studies.study(parameters, scenario)
        return missing.find(current.store, study, question, task.report)

    return Json(current.tasks.start(work).as_dict(), 202)


async def task(request: Request) -> Response:
    """``GET /api/tasks/{id}``: how far a piece of long work has come, and its result."""
    return Json(state.current().tasks.get(request.path_params["id"]).as_dict())


async def cancel(request: Request) -> Response:
    """``DELETE /api/tasks/{id}``: stop a piece of long work."""
    found = state.current().tasks.get(request.path_params["id"])
    found.stop.set()
    return Json(found.as_dict())


async def service_radius(request: Request) -> Response:
    """``GET /api/service-radius?layer=&distance_m=&group=``: straight-line and network reach side by side."""
    from twin.analysis import choices
    from twin.analysis import service_radius as analysis

    current = state.current()
    given = {
        key: value for key, value in request.query_params.items() if key in analysis.Parameters.model_fields
    }
    parameters = choices.model(analysis.Parameters, given)
    return Json(await in_thread(lambda: analysis.report(current.store, current.studies.city(), parameters)))


def _parameters(request: Request) -> Parameters:
    """The parameters of a study in the query; :class:`InputError` for a value that is none."""
    return _parameters_of(dict(request.query_params))


def _parameters_of(given: Mapping[str, Any]) -> Parameters:
    from twin.analysis import choices
    from twin.analysis.life_circle import Parameters

    known = {key: value for key, value in given.items() if key in Parameters.model_fields and value != ""}
    return choices.model(Parameters, known)


def _minutes(text: str) -> list[float]:
    try:
        found = sorted({float(part) for part in text.split(",")})
    except ValueError:
        found = []
    if not found or len(found) > 6 or not all(1 <= value <= 60 for value in found):
        raise InputError(
            "minutes 须是 1 到 60 之间的一至六个数，以逗号分隔。",
            "minutes must be one to six numbers from 1 to 60, separated by commas.",
        )
    return found


def _place(query: Mapping[str, str]) -> tuple[float, float] | None:
    if "lon" not in query or "lat" not in query:
        return None
    try:
        lon, lat = float(query["lon"]), float(query["lat"])
    except ValueError:
        lon = lat = float("nan")
    if not (-180 <= lon <= 180 and -85 <= lat <= 85):
        raise InputError("lon 和 lat 须是有效的经纬度。", "lon and lat must be degrees.")
    return lon, lat
