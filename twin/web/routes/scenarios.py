"""``/api/scenarios``: named lists of edits, kept and shared."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from twin import scenario
from twin.errors import InputError
from twin.indicators import Desk, comparison
from twin.web import state
from twin.web.routes.coverage import STAGES
from twin.web.routes.replies import Json, body_object, in_thread, integer
from twin.web.tasks import Task


async def listed(request: Request) -> Response:
    """``GET /api/scenarios``: every scenario, the one changed last first."""
    del request
    found = await in_thread(scenario.listed, state.current().store)
    return Json({"scenarios": [item.as_dict() for item in found]})


async def create(request: Request) -> Response:
    """``POST /api/scenarios``: a new scenario from a name, a copy of another (``copy``), or an exported file."""
    store = state.current().store
    body = await body_object(request)
    if "format" in body:
        made = await in_thread(scenario.from_file, store, body)
        return Json(made.as_dict(), 201)
    texts = _texts(body, extra=("copy",))

    def make() -> scenario.Scenario:
        if "copy" not in texts:
            given = {key: texts.get(key, "") for key in ("name", "author", "note")}
            return scenario.create(store, given["name"], author=given["author"], note=given["note"])
        return scenario.from_file(store, scenario.to_file(scenario.get(store, texts["copy"])) | texts)

    return Json((await in_thread(make)).as_dict(), 201)


async def compare(request: Request) -> Response:
    """``GET /api/scenarios/compare?a=&b=``: every indicator under two scenarios; an empty one is the city as it is.

    The modelled 5G rate (no. 2) is told where its run is at hand; ``coverage_missing`` says that it is wanted and not.
    """
    asked = request.query_params
    return Json(await in_thread(comparison.compare, _desk(), asked.get("a", ""), asked.get("b", "")))


async def start_compare(request: Request) -> Response:
    """``POST /api/scenarios/compare``: the same for ``a`` and ``b`` with the 5G run; answers with the task's id."""
    from twin.analysis.coverage_5g.parameters import Parameters

    desk, body = _desk(), await body_object(request)
    a, b = (identity if isinstance(identity := body.get(name, ""), str) else "-" for name in ("a", "b"))
    for identity in filter(None, (a, b)):
        await in_thread(scenario.get, desk.store, identity)

    def work(task: Task) -> Any:
        def told(stage: str, share: float) -> None:
            task.report(share * 0.6, STAGES.get(stage))

        desk.runs.base(Parameters(), told, task.stop.is_set)
        for number, identity in enumerate(filter(None, (a, b))):
            task.report(0.6 + 0.15 * number, {"zh": "情景的 5G 覆盖", "en": "5G coverage of the scenario"})
            desk.runs.answer(Parameters(), identity)
        task.report(0.9, {"zh": "指标", "en": "indicators"})
        return comparison.compare(desk, a, b, coverage=True)

    return Json(state.current().tasks.start(work).as_dict(), 202)


def _desk() -> Desk:
    current = state.current()
    return Desk(current.store, current.studies, current.runs)


async def shown(request: Request) -> Response:
    """``GET /api/scenarios/{id}``: one scenario with its edits."""
    found = await in_thread(scenario.get, state.current().store, request.path_params["id"])
    return Json(found.as_dict())


async def rename(request: Request) -> Response:
    """``PUT /api/scenarios/{id}``: another ``name``, ``author`` or ``note``."""
    texts = _texts(await body_object(request))
    store, identity = state.current().store, request.path_params["id"]
    return Json((await in_thread(lambda: scenario.rename(store, identity, **texts))).as_dict())


async def delete(request: Request) -> Response:
    """``DELETE /api/scenarios/{id}``: forget a scenario."""
    await in_thread(scenario.delete, state.current().store, request.path_params["id"])
    return Json({"deleted": request.path_params["id"]})


async def add_edit(request: Request) -> Response:
    """``POST /api/scenarios/{id}/edits``: one more edit at the end of the list."""
    edit = scenario.read_edit(await body_object(request))
    store = state.current().store
    return Json((await in_thread(scenario.add_edit, store, request.path_params["id"], edit)).as_dict())


async def remove_edit(request: Request) -> Response:
    """``DELETE /api/scenarios/{id}/edits/{number}``: take one edit back."""
    number = integer(request.path_params["number"], "number", 1, 10**6)
    store = state.current().store
    return Json((await in_thread(scenario.remove_edit, store, request.path_params["id"], number)).as_dict())


async def export(request: Request) -> Response:
    """``GET /api/scenarios/{id}/export``: the scenario as a file for another twin."""
    found = await in_thread(scenario.get, state.current().store, request.path_params["id"])
    return Json(
        scenario.to_file(found),
        headers={"Content-Disposition": f'attachment; filename="scenario-{found.id}.json"'},
    )


def _texts(body: dict[str, Any], extra: tuple[str, ...] = ()) -> dict[str, str]:
    known = ("name", "author", "note", *extra)
    for key, value in body.items():
        if key not in known or not isinstance(value, str):
            raise InputError(
                f"情景的字段 {key[:40]!r} 无效；可用：{', '.join(known)}。",
                f"a scenario has no text {key[:40]!r}; there are: {', '.join(known)}.",
            )
    return dict(body)
