"""``/api``: what the twin holds, as JSON."""

from __future__ import annotations

import csv
import io
from typing import cast

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response

from layers import all_layers
from twin import __version__, catalogue, describe, features, rasters, scene
from twin.backup import backup as write_backup
from twin.design import Theme
from twin.errors import InputError
from twin.export_formats import FORMATS, inert, known_suffix
from twin.web import state
from twin.web.routes.replies import Json, in_thread, integer, not_found, problem

_FID_LIMIT = 2**53


async def health(request: Request) -> Response:
    """``GET /healthz``: 200 once the store answers."""
    current = state.current()
    await in_thread(lambda: current.store.cursor().execute("SELECT 1").fetchone())
    return Json({"status": "ok", "version": __version__, "layers": len(current.store.shown)})


async def twin(request: Request) -> Response:
    """``GET /api/twin``: extent, layers with vocabularies, pilot areas, origin."""
    current = state.current()
    return Json(await in_thread(current.memo, "twin", describe.twin))


async def layers(request: Request) -> Response:
    """``GET /api/layers``: rows, generation, origin and checksum of every layer with data; export formats."""
    current = state.current()
    table = await in_thread(current.memo, "layers", describe.layers_table)
    return Json({"layers": table, "formats": FORMATS})


async def make_scene(request: Request) -> Response:
    """``GET /api/scene?view=building:use,road&theme=dark``: the pydeck scene and its legends."""
    current = state.current()
    theme = _theme(request)
    views = scene.view_from_text(request.query_params.get("view", "")[:2000])
    shown = current.store.shown
    legends = {
        view.layer: [
            {"color": item.color, "zh": item.zh, "en": item.en, "value": item.value}
            for item in scene.legend(all_layers()[view.layer], view.color_by, theme)
        ]
        for view in views
    }
    return Json({"deck": scene.as_dict(scene.deck(views, shown, theme=theme)), "legends": legends})


async def feature(request: Request) -> Response:
    """``GET /api/layers/{layer}/features/{fid}``: the card of one object."""
    fid = integer(request.path_params["fid"], "fid", 0, _FID_LIMIT)
    store = state.current().store
    return Json(await in_thread(features.card, store, request.path_params["layer"], fid))


async def feature_of_row(request: Request) -> Response:
    """``GET /api/layers/{layer}/rows/{generation}/{row}``: the card of what a tile's feature id names."""
    store = state.current().store
    layer = request.path_params["layer"]
    generation = integer(request.path_params["generation"], "generation", 1, 2**31 - 1)
    row = integer(request.path_params["row"], "row", 1, 2**31 - 1)
    fid = await in_thread(features.fid_of_row, store, layer, generation, row)
    return Json(await in_thread(features.card, store, layer, fid))


async def summary(request: Request) -> Response:
    """``GET /api/layers/{layer}/summary?column=``: counts by value, or range and classes."""
    current = state.current()
    layer, column = request.path_params["layer"], request.query_params.get("column", "")
    return Json(await in_thread(current.memo, "summary", features.summary, layer, column[:64]))


async def health_of_layer(request: Request) -> Response:
    """``GET /api/layers/{layer}/completeness``: how full each column is."""
    current = state.current()
    shares = await in_thread(
        current.memo, "completeness", features.completeness, request.path_params["layer"]
    )
    return Json({"columns": shares})


async def search(request: Request) -> Response:
    """``GET /api/search?q=``: objects by name, pinyin, English or identifier."""
    query = request.query_params.get("q", "")[:200]
    limit = integer(request.query_params.get("limit"), "limit", 1, 50, default=12)
    store = state.current().store
    return Json({"results": await in_thread(features.search, store, query, limit)})


async def labels(request: Request) -> Response:
    """``GET /api/labels``: the names written on the map."""
    return Json({"labels": await in_thread(state.current().memo, "labels", features.labels)})


async def datasets(request: Request) -> Response:
    """``GET /api/datasets``: the catalogue, newest first."""
    store = state.current().store
    shown = {item for generation in store.shown.values() for item in generation.datasets}
    shown |= {raster.dataset for raster in (await in_thread(rasters.shown, store)).values()}
    listed = await in_thread(catalogue.datasets, store)
    rows = [
        {name: getattr(item, name) for name in item.__dataclass_fields__} | {"shown": item.id in shown}
        for item in listed
    ]
    step = await in_thread(catalogue.newest_step, store)
    return Json({"datasets": rows, "can_undo": step is not None, "undo": step})


async def faults(request: Request) -> Response:
    """``GET /api/datasets/{id}/faults.csv``: the faults of one import as a table."""
    number = integer(request.path_params["id"], "id", 1, 2**31 - 1)
    rows = await in_thread(catalogue.faults, state.current().store, number)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["行 row", "键 key", "结果 outcome", "原因", "reason", "值 value"])
    for item in rows:
        outcome = "rejected" if item.rejected else "warning"
        writer.writerow([item.row, item.key, outcome, item.reason_zh, item.reason_en, inert(item.value)])
    # The byte-order mark lets Excel read the Chinese.
    return Response(
        "\ufeff" + text.getvalue(),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="faults-{number}.csv"'},
    )


async def export_layer(request: Request) -> Response:
    """``GET /api/export/{layer}.{format}``: a whole layer as a file."""
    from twin.export import export_layer as write

    current = state.current()
    name = request.path_params["name"]
    layer, _, suffix = name.partition(".")
    features.known_layer(layer)
    target = current.store.home / "tmp" / f"export-{id(request)}-{layer}.{known_suffix(suffix)}"
    await in_thread(write, current.store, layer, target)
    return FileResponse(
        target, filename=f"{layer}.{suffix}", background=BackgroundTask(target.unlink, missing_ok=True)
    )


async def undo(request: Request) -> Response:
    """``POST /api/undo``: take back the newest import."""
    changed = await in_thread(state.current().store.undo)
    return Json({"layers": changed})


async def backup(request: Request) -> Response:
    """``POST /api/backup``: the whole home as one file."""
    store = state.current().store
    target = store.home / "tmp" / f"backup-{id(request)}.zip"
    await in_thread(write_backup, store, target)
    return FileResponse(
        target, filename="twin-backup.zip", background=BackgroundTask(target.unlink, missing_ok=True)
    )


async def identifier(request: Request) -> Response:
    """``GET /id/{code}``: a city identifier; browsers are led to its place on the map."""
    store = state.current().store
    code = request.path_params["code"]
    layer, fid = await in_thread(features.resolve, store, code)
    if "text/html" in request.headers.get("accept", ""):
        return RedirectResponse(f"/?select={layer}:{fid}", status_code=303)
    return Json(await in_thread(features.card, store, layer, fid))


async def unknown(request: Request) -> Response:
    """Everything else under our prefixes."""
    return not_found(request)


async def refuse_method(request: Request) -> Response:
    """A known address asked in a wrong way."""
    return problem(405, "bad_method", "该地址不支持此操作。", "this address does not support that method.")


def _theme(request: Request) -> Theme:
    theme = request.query_params.get("theme", "dark")
    if theme not in ("dark", "light"):
        raise InputError("主题须是 dark 或 light。", "theme must be dark or light.")
    return cast(Theme, theme)
