"""``/tiles/{layer}/{z}/{x}/{y}.mvt``: vector tiles, compressed once and kept in memory."""

from __future__ import annotations

import asyncio
import re

from starlette.requests import Request
from starlette.responses import Response

from layers import all_layers
from twin import tiles
from twin.web import state
from twin.web.routes.replies import problem

_NUMBER = re.compile(r"[0-9]{1,7}", re.ASCII)
_TYPE = "application/vnd.mapbox-vector-tile"


async def tile(request: Request) -> Response:
    """One tile: 200 with gzip bytes, 204 where a layer is empty, 304 when the browser has it."""
    layer, *numbers = (request.path_params[name] for name in ("layer", "z", "x", "y"))
    if layer not in all_layers():
        return problem(
            404, "unknown_name", f"没有图层 {layer[:40]!r}。", f"there is no layer {layer[:40]!r}."
        )
    if not all(_NUMBER.fullmatch(number) for number in numbers):
        return problem(
            400, "bad_input", "瓦片坐标须是非负整数。", "tile coordinates must be non-negative integers."
        )
    z, x, y = (int(number) for number in numbers)
    if not tiles.exists(z, x, y):
        return problem(404, "not_found", "瓦片坐标超出范围。", "there is no such tile.")
    current = state.current()
    generation = current.store.shown.get(layer)
    if generation is None:
        return Response(status_code=204)
    tag = f'"{layer}-{generation.number}-{generation.checksum[:8]}-{z}-{x}-{y}"'
    headers = {"ETag": tag, "Cache-Control": "private, max-age=0, must-revalidate"}
    if request.query_params.get("g") == str(generation.number):
        # The address names the generation, whose tiles never change.
        headers["Cache-Control"] = "private, max-age=86400, immutable"
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    key = (layer, generation.number, z, x, y)
    data = current.tiles.peek(key)
    if data is None:
        data = await asyncio.wrap_future(current.tiles.request(key))
    if not data:
        return Response(status_code=204, headers=headers)
    return Response(data, media_type=_TYPE, headers=headers | {"Content-Encoding": "gzip"})
