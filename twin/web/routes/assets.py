"""``/assets``: the browser files, ours and the three pinned libraries, by an allow-list."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from twin import design
from twin.web.routes.replies import not_found

_WEB = Path(__file__).parent.parent
_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
_FOLDERS = (
    "vendor", "text", "map", "page", "evidence", "annotations", "analysis", "stage",
    "life_circle", "coverage", "bim", "scenarios", "indicators", "briefing", "data_page", "conformance",
    "wall", "remote", "picture",
)  # fmt: skip


@cache
def _files() -> dict[str, Path]:
    """Every file that may be served, by its address below ``/assets/``."""
    return {
        f"{folder}/{path.relative_to(_WEB / folder).as_posix()}": path
        for folder in _FOLDERS
        for path in sorted((_WEB / folder).rglob("*"))
        if path.is_file() and path.suffix in _TYPES
    }


async def asset(request: Request) -> Response:
    """One file; browsers keep it and ask again only whether it changed."""
    name = request.path_params["path"]
    if name == "tokens.json":
        data, suffix = json.dumps(design.tokens()).encode(), ".json"
    elif (path := _files().get(name)) is not None:
        data, suffix = path.read_bytes(), path.suffix
    else:
        return not_found(request)
    tag = f'"{hashlib.sha256(data).hexdigest()[:20]}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(data, media_type=_TYPES[suffix], headers=headers)
