"""``/api/tours``: lists of viewpoints, kept, edited by several and shared by link."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from twin.briefing import tour, viewpoint
from twin.briefing.viewpoint import Tour
from twin.errors import InputError
from twin.indicators import table
from twin.web import state
from twin.web.routes.replies import Json, body_object, in_thread

_TEXTS = ("name", "note", "author")


async def listed(request: Request) -> Response:
    """``GET /api/tours``: the built-in tour, then every one that is kept, the one changed last first.

    ``indicators`` are the names of those that a viewpoint can carry, by number.
    """
    found = await in_thread(tour.every, state.current().store)
    names = [
        {"no": item.no, "name": table.words(item.name), "category": table.words(item.category)}
        for item in table.indicators()
    ]
    return Json({"tours": [item.as_dict() for item in found], "indicators": names})


async def create(request: Request) -> Response:
    """``POST /api/tours``: a new tour from ``name`` and ``viewpoints``, or a copy of another (``copy``)."""
    store = state.current().store
    body = await body_object(request)
    if "copy" in body:
        texts = _texts(body, ("copy", "name"))
        made = await in_thread(tour.copy, store, texts["copy"], texts.get("name", ""))
        return Json(made.as_dict(), 201)
    points = _viewpoints(body) or ()
    texts = _texts(body, _TEXTS)

    def make() -> Tour:
        return tour.create(store, texts.pop("name", ""), viewpoints=points, **texts)

    return Json((await in_thread(make)).as_dict(), 201)


async def shown(request: Request) -> Response:
    """``GET /api/tours/{id}``: one tour, by its id or name."""
    found = await in_thread(tour.get, state.current().store, request.path_params["id"])
    return Json(found.as_dict())


async def replace(request: Request) -> Response:
    """``PUT /api/tours/{id}``: other texts or ``viewpoints``; ``changed`` is that of the tour which was edited."""
    store, identity = state.current().store, request.path_params["id"]
    body = await body_object(request)
    points = _viewpoints(body)
    texts = _texts(body, (*_TEXTS, "changed"))
    if "changed" not in texts:
        raise InputError(
            "请给出所编辑的巡览的 changed，以免覆盖他人的修改。",
            "give the 'changed' of the tour that was edited, so that nobody's changes are lost.",
        )
    done = await in_thread(lambda: tour.replace(store, identity, viewpoints=points, **texts))
    return Json(done.as_dict())


async def delete(request: Request) -> Response:
    """``DELETE /api/tours/{id}``: forget a tour."""
    await in_thread(tour.delete, state.current().store, request.path_params["id"])
    return Json({"deleted": request.path_params["id"]})


async def append(request: Request) -> Response:
    """``POST /api/tours/{id}/viewpoints``: one more viewpoint at the end of a tour."""
    store, identity = state.current().store, request.path_params["id"]
    point = viewpoint.read(await body_object(request))
    return Json((await in_thread(tour.append, store, identity, point)).as_dict(), 201)


def _viewpoints(body: dict[str, Any]) -> list[viewpoint.Viewpoint] | None:
    """Take the viewpoints out of a body; which one is wrong is said by its number."""
    given = body.pop("viewpoints", None)
    if given is None:
        return None
    if not isinstance(given, list) or len(given) > 2 * tour.MOST_VIEWPOINTS:
        raise InputError(
            f"viewpoints 须是至多 {tour.MOST_VIEWPOINTS} 个视点的列表。",
            f"viewpoints must be a list of at most {tour.MOST_VIEWPOINTS} viewpoints.",
        )
    found = []
    for number, item in enumerate(given, 1):
        try:
            found.append(viewpoint.read(item))
        except InputError as error:
            raise InputError(f"第 {number} 个：{error.zh}", f"number {number}: {error.en}") from None
    return found


def _texts(body: dict[str, Any], known: tuple[str, ...]) -> dict[str, str]:
    for key, value in body.items():
        if key not in known or not isinstance(value, str):
            raise InputError(
                f"巡览的字段 {key[:40]!r} 无效；可用：{', '.join((*known, 'viewpoints'))}。",
                f"a tour has no text {key[:40]!r}; there are: {', '.join((*known, 'viewpoints'))}.",
            )
    return dict(body)
