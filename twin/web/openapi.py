"""``/api/openapi.json``: the API described from the table of routes and their docstrings."""

from __future__ import annotations

import re
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from twin import __version__
from twin.web.routes.replies import Json

_PARAMETER = re.compile(r"{([a-z]+)(?::path)?}")


async def document(request: Request) -> Response:
    """``GET /api/openapi.json``: this description."""
    del request
    return Json(describe())


def describe() -> dict[str, Any]:
    """OpenAPI 3.1 of every route beside the pages."""
    from twin.web.server import ROUTES

    paths: dict[str, Any] = {}
    for method, path, handler in ROUTES:
        text = " ".join((handler.__doc__ or "").split())
        operation = {
            "summary": text,
            "parameters": [
                {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
                for name in _PARAMETER.findall(path)
            ],
            "responses": {
                "200": {"description": "as described"},
                "400": {"description": "bad input, as a problem"},
                "404": {"description": "not there, as a problem"},
            },
        }
        paths.setdefault(_PARAMETER.sub(r"{\1}", path), {})[method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {"title": "嘉定数字孪生 Jiading city twin", "version": __version__},
        "paths": paths,
    }
