"""``/api/scenarios``: named lists of edits, kept and shared."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from twin import scenario
from twin.errors import InputError
from twin.indicators import Desk, comparison
from twin.web import state
from twin.web.routes.replies import Json, body_object, in_thread, integer


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
            return scenario.create(store, texts.pop("name", ""), **texts)
        return scenario.from_file(store, scenario.to_file(scenario.get(store, texts["copy"])) | texts)

    return Json((await in_thread(make)).as_dict(), 201)


async def compare(request: Request) -> Response:
    """``GET /api/scenarios/compare?a=&b=&coverage=``: every indicator under two scenarios, an empty one is the base.

    The modelled 5G rate (no. 2) needs a run at hand, which ``POST /api/coverage/run`` computes with its progress told;
    ``coverage_missing`` says when it is wanted. With ``coverage=1`` the answer waits for it instead.
    """
    current, asked = state.current(), request.query_params
    desk = Desk(current.store, current.studies, current.runs)
    a, b = asked.get("a", ""), asked.get("b", "")
    run = asked.get("coverage") == "1"
    return Json(await in_thread(lambda: comparison.compare(desk, a, b, coverage=run)))


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
