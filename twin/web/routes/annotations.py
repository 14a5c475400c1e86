"""``/api/annotations``: remarks pinned to places and objects, their replies, and whether they are settled."""

from __future__ import annotations

from typing import Any, cast

from starlette.requests import Request
from starlette.responses import Response

from twin import annotation, features
from twin.errors import InputError
from twin.web import state
from twin.web.routes import replies
from twin.web.routes.replies import Json, body_object, in_thread, integer

_ASKED = ("bbox", "scenario", "city", "layer", "fid", "status", "author")


async def listed(request: Request) -> Response:
    """``GET /api/annotations?scenario=&city=&bbox=&layer=&fid=&status=&author=``: annotations, newest first.

    Without ``scenario`` those of the city and of every scenario; empty, those of the city itself; with ``city=1``
    those of a scenario and of the city. ``counts`` has how many there are, by scenario.
    """
    store, asked = state.current().store, _asked(request)
    found = await in_thread(lambda: annotation.every(store, **asked))
    counts = await in_thread(annotation.counts, store)
    return Json({"annotations": [item.as_dict() for item in found], "counts": counts})


async def create(request: Request) -> Response:
    """``POST /api/annotations``: pin a text to a place (``lon``, ``lat``) or an object (``layer``, ``fid``)."""
    given = annotation.read(await body_object(request))
    return Json((await in_thread(annotation.add, state.current().store, given)).as_dict(), 201)


async def shown(request: Request) -> Response:
    """``GET /api/annotations/{id}``: one annotation where it stands now, with its replies."""
    found = await in_thread(annotation.get, state.current().store, request.path_params["id"])
    return Json(found.as_dict())


async def change(request: Request) -> Response:
    """``PUT /api/annotations/{id}``: another ``text`` or ``title`` by its author, or another ``status`` by anyone."""
    texts = _texts(await body_object(request), ("author", "text", "title", "status"))
    store, identity = state.current().store, request.path_params["id"]
    author = texts.get("author", "")
    if "status" in texts and len(texts.keys() - {"author"}) > 1:
        raise InputError(
            "修改状态与修改文字请分两次进行。",
            "change the status and the texts of an annotation one at a time.",
        )

    def work() -> annotation.Annotation:
        if "status" not in texts:
            return annotation.change(
                store, identity, author, text=texts.get("text"), title=texts.get("title")
            )
        if _status(texts["status"]) == "open":
            return annotation.reopen(store, identity)
        return annotation.resolve(store, identity, author)

    return Json((await in_thread(work)).as_dict())


async def delete(request: Request) -> Response:
    """``DELETE /api/annotations/{id}``: forget an annotation with its replies."""
    await in_thread(annotation.delete, state.current().store, request.path_params["id"])
    return Json({"deleted": request.path_params["id"]})


async def reply(request: Request) -> Response:
    """``POST /api/annotations/{id}/replies``: answer with a ``text`` and its ``author``."""
    texts = _texts(await body_object(request), ("author", "text"))
    store, identity = state.current().store, request.path_params["id"]
    made = await in_thread(annotation.reply, store, identity, texts.get("text", ""), texts.get("author", ""))
    return Json(made.as_dict(), 201)


async def export(request: Request) -> Response:
    """``GET /api/annotations/export.{format}``: the same choice as a table (csv) or a document (json)."""
    store, asked, suffix = state.current().store, _asked(request), request.path_params["format"]
    if suffix not in ("csv", "json"):
        raise InputError("批注的导出格式须是 csv 或 json。", "annotations are exported as csv or json.")
    headers = {"Content-Disposition": f'attachment; filename="annotations.{suffix}"'}
    found = await in_thread(lambda: annotation.every(store, **asked))
    if suffix == "json":
        return Json(annotation.to_file(found), headers=headers)
    text = await in_thread(annotation.to_csv, store, found)
    return Response(text, media_type="text/csv; charset=utf-8", headers=headers)


def _asked(request: Request) -> dict[str, Any]:
    """The choice of a query, as :func:`twin.annotation.every` takes it."""
    query = request.query_params
    for name in query:
        if name not in _ASKED:
            raise InputError(
                f"没有参数 {name[:40]!r}；可用：{', '.join(_ASKED)}。",
                f"there is no parameter {name[:40]!r}; there are: {', '.join(_ASKED)}.",
            )
    layer = query.get("layer", "")
    fid = query.get("fid")
    return {
        "bbox": replies.box(query.get("bbox")),
        "scenario": query.get("scenario"),
        "city": query.get("city") == "1",
        "layer": features.known_layer(layer).id if layer else "",
        "fid": None if fid is None else integer(fid, "fid", -(10**6), 2**53),
        "status": _status(query.get("status", "")),
        "author": query.get("author", ""),
    }


def _status(text: str) -> Any:
    if text not in ("", *annotation.STATUSES):
        raise InputError(
            "批注的状态须是 open 或 resolved。", "the status of an annotation is open or resolved."
        )
    return text


def _texts(body: dict[str, Any], known: tuple[str, ...]) -> dict[str, str]:
    for key, value in body.items():
        if key not in known or not isinstance(value, str):
            raise InputError(
                f"批注的字段 {key[:40]!r} 无效；可用：{', '.join(known)}。",
                f"an annotation has no text {key[:40]!r} here; there are: {', '.join(known)}.",
            )
    return cast(dict[str, str], body)
