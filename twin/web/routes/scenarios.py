"""``/api/scenarios``: named lists of edits, kept and shared."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from twin import scenario
from twin.errors import InputError
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
        edits = scenario.get(store, texts["copy"]).edits if "copy" in texts else ()
        document = {"format": scenario.FORMAT, **texts, "edits": [scenario.plain(edit) for edit in edits]}
        return scenario.from_file(store, document)

    return Json((await in_thread(make)).as_dict(), 201)


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
