"""``/wall`` and ``/api/wall``: the big screen, a document of its own without Streamlit, and the figures on it."""

from __future__ import annotations

import hashlib
import html
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from twin import design
from twin.briefing import tour as tours
from twin.web import state
from twin.web.routes.replies import Json, in_thread

_TITLE = {"zh": "大屏 · 嘉定城市数字孪生", "en": "Wall · Jiading City Digital Twin"}
_STYLES = ("map/twin.css", "stage/stage.css", "evidence/card.css", "wall/wall.css")
_MOVING = ("pending", "made_at")
"""Parts of the board that change without anything to show having changed."""


async def page(request: Request) -> Response:
    """``GET /wall?tour=&start=&layout=&theme=&lang=&scenario=&seams=``: the wall, rebuilt from its address alone.

    A picture of the wall that was kept before it reloaded itself is put up before anything else is drawn.
    """
    language = "en" if request.query_params.get("lang") == "en" else "zh"
    theme = "light" if request.query_params.get("theme") == "light" else "dark"
    ground = design.tokens()[theme]["ground"]
    styles = "".join(f'<link rel="stylesheet" href="/assets/{name}">' for name in _STYLES)
    document = (
        f'<!doctype html><html lang="{"en" if language == "en" else "zh-CN"}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(_TITLE[language])}</title>{styles}"
        '<link rel="icon" href="data:,"><script type="module" src="/assets/wall/main.js"></script></head>'
        f'<body class="wl-body" style="background:{ground}"><script>{_BEFORE}</script></body></html>'
    )
    return Response(document, media_type="text/html; charset=utf-8", headers={"Cache-Control": "no-cache"})


_BEFORE = """
try {
  var kept = sessionStorage.getItem('twin.wall.before');
  sessionStorage.removeItem('twin.wall.before');
  if (kept) {
    var before = document.createElement('div');
    before.id = 'wl-before';
    before.inert = true;
    before.setAttribute('aria-hidden', 'true');
    before.innerHTML = kept;
    document.body.append(before);
  }
} catch (error) { /* a private window keeps nothing */ }
"""


async def board(request: Request) -> Response:
    """``GET /api/wall?tour=&scenario=``: every figure of the wall with its date and evidence, and the tour; at once.

    Nothing is waited for: what is not computed yet is named in ``pending``, what fails in ``failures`` with the
    moment since when, and the last good values stay. Answers 304 while nothing has changed.
    """
    current = state.current()
    scenario = request.query_params.get("scenario", "")
    name = request.query_params.get("tour", "") or "standard"

    def work() -> dict[str, Any]:
        told = current.board.read(scenario)
        return told | {"tour": tours.get(current.store, name).as_dict()}

    told = await in_thread(work)
    reply = Json(told)
    still = Json({key: value for key, value in told.items() if key not in _MOVING})
    pending = ",".join(told["pending"])
    tag = f'"{hashlib.sha256(bytes(still.body) + pending.encode()).hexdigest()[:24]}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    reply.headers.update(headers)
    return reply
