"""``/remote``, ``/api/walls`` and ``/api/remote``: a phone drives a wall; see :mod:`twin.web.pairing`.

Everything here runs on the event loop: it only touches memory, and a tap must
reach the wall at once. The names of viewpoints and layers are looked up beside it.
"""

from __future__ import annotations

import asyncio
import io
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import segno
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from layers import all_layers
from twin.briefing import tour
from twin.errors import InputError, UnknownName
from twin.web import state, stopping
from twin.web.pairing import CODE_S, Message, Pairings, Wall
from twin.web.routes.replies import Json, body_object, in_thread, integer
from twin.web.security import ANYWHERE, is_loopback

_PAGE = Path(__file__).parent.parent / "remote" / "page.html"
_HEARTBEAT_S = 5.0
"""How often a silent stream shows that it lives; a page that is gone is noticed then at the latest."""
_MOST_WAITING = 200
_SMALL = 20_000

pairings = Pairings()


async def page(request: Request) -> Response:
    """``GET /remote?code=``: the page of the phone."""
    del request
    return Response(
        _PAGE.read_bytes(), media_type="text/html; charset=utf-8", headers={"Cache-Control": "no-cache"}
    )


# -- the wall ------------------------------------------------------------------


async def register(request: Request) -> Response:
    """``POST /api/walls``: register a wall; its secret, and the code and address that pair a phone."""
    identity, secret, _ = pairings.register()
    return Json({"wall": identity, "secret": secret, **_offer(request, pairings.wall(identity, secret))}, 201)


async def new_code(request: Request) -> Response:
    """``POST /api/walls/{wall}/code``: another code, in place of the present one; ``secret`` in the body."""
    secret = _text(await body_object(request, _SMALL), "secret")
    pairings.new_code(request.path_params["wall"], secret)
    return Json(_offer(request, pairings.wall(request.path_params["wall"], secret)))


async def qr(request: Request) -> Response:
    """``GET /api/walls/{wall}/qr.svg?secret=``: the phone's address with the code, as a QR code."""
    offer = _offer(request, _proven(request))
    if not offer["address"]:
        raise UnknownName(
            "没有可用的配对地址：" + (offer["why"] or {"zh": "配对码已失效，请换一个。"})["zh"],
            "there is no address to show: " + (offer["why"] or {"en": "the code is no longer valid."})["en"],
        )
    drawn = io.BytesIO()
    segno.make(offer["address"], error="m", micro=False).save(
        drawn, kind="svg", border=2, dark="#000", light="#fff", omitsize=True, xmldecl=False
    )
    return Response(drawn.getvalue(), media_type="image/svg+xml", headers={"Cache-Control": "no-store"})


async def tell(request: Request) -> Response:
    """``PUT /api/walls/{wall}/state?secret=``: what the wall shows now."""
    wall = _proven(request)
    told = pairings.tell(wall, await body_object(request, _SMALL))
    return Json(told.model_dump())


async def events(request: Request) -> Response:
    """``GET /api/walls/{wall}/events?secret=&after=``: the commands of the phones as server-sent events."""
    wall = _proven(request)
    # A browser that connects again by itself says in a header which event it had last.
    last = request.headers.get("last-event-id") or request.query_params.get("after")
    after = None if last is None else integer(last, "after", 0, 10**9)
    return _stream(
        lambda put: [_event(item, item["serial"]) for item in pairings.listen(wall, put, after)],
        lambda put: pairings.leave(wall, put),
        lambda item: _event(item, item["serial"]),
    )


# -- the phone -----------------------------------------------------------------


async def pair(request: Request) -> Response:
    """``POST /api/remote/pair``: the six digits that a wall shows, for a token that drives it."""
    code = _text(await body_object(request, _SMALL), "code")
    token, wall = pairings.pair(code, request.client.host if request.client else "")
    return Json({"token": token, "wall": wall.id, "tour": wall.state.tour})


async def follow(request: Request) -> Response:
    """``GET /api/remote/state?token=``: what the wall shows, now and whenever it changes, as server-sent events."""
    token = request.query_params.get("token", "")
    pairings.phone(token)
    seen: dict[str, str | None] = {"tour": None, "layers": None}

    async def told(message: Message) -> bytes:
        lines = b""
        if message.get("tour") is not None and message["tour"] != seen["tour"]:
            seen["tour"] = message["tour"]
            lines += _event({"kind": "tour", **await in_thread(_tour, message["tour"])})
        if "layers" in message and ",".join(message["layers"]) != seen["layers"]:
            seen["layers"] = ",".join(message["layers"])
            lines += _event({"kind": "layers", "names": _names(message["layers"])})
        return lines + _event(message)

    return _stream(
        lambda put: [{"kind": "state", **pairings.follow(token, put)}],
        lambda put: pairings.unfollow(token, put),
        told,
    )


async def command(request: Request) -> Response:
    """``POST /api/remote/command``: ``{"token", "do", …}``: next, previous, pause, resume, jump, layer or base."""
    body = await body_object(request, _SMALL)
    token = _text(body, "token")
    del body["token"]
    return Json({"serial": pairings.command(token, body)}, 202)


async def unpair(request: Request) -> Response:
    """``POST /api/remote/end``: ``{"token"}``: the phone puts the remote away."""
    pairings.unpair(_text(await body_object(request, _SMALL), "token"))
    return Json({"ended": True})


# -- inside --------------------------------------------------------------------


def _proven(request: Request) -> Wall:
    return pairings.wall(request.path_params["wall"], request.query_params.get("secret", ""))


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= 200:
        raise InputError(f"请给出 {name}（文字）。", f"give {name!r}, a text.")
    return value


def _offer(request: Request, wall: Wall) -> dict[str, Any]:
    """The code of a wall, for how long, and the address that a phone opens; ``why`` says that none can."""
    origin, why = phone_origin(request.url.scheme, request.headers.get("host", ""))
    address = f"{origin}/remote?code={wall.code}" if origin and wall.code else ""
    return {
        "code": wall.code,
        "expires_s": round(pairings.code_left_s(wall)),
        "valid_s": CODE_S,
        "address": address,
        "page": f"{origin}/remote" if origin else "",
        "why": why,
    }


def phone_origin(scheme: str, host: str) -> tuple[str, dict[str, str] | None]:
    """Where a phone finds this server, "" with the reason when it cannot.

    The name under which the wall itself was opened is known to work, unless it is the machine's own for itself;
    then the address that the server listens on, or the one that this machine has in its network.
    """
    settings = state.current().settings
    if is_loopback(settings.address):
        return "", {
            "zh": "服务目前只在本机监听，手机无法打开。请在可信的内网中将环境变量 TWIN_ADDRESS 设为本机的网络地址"
            "（或 0.0.0.0）后重新启动；其他机器默认只能使用手机遥控。",
            "en": "The server listens on this machine only, so no phone can reach it. On a network you trust, set the "
            "environment variable TWIN_ADDRESS to this machine's address in it (or 0.0.0.0) and start again; "
            "other machines may then use the remote and nothing else, unless TWIN_VISITORS=all.",
        }
    bare = host.rsplit(":", 1)[0] if not host.endswith("]") else host
    if bare and not is_loopback(bare):
        return f"{scheme}://{host}", None
    address = _network_address() if settings.address in ANYWHERE else settings.address
    if not address:
        return "", {
            "zh": "本机未连接网络，手机无法打开；请先连接内网。",
            "en": "This machine is on no network, so no phone can reach it; connect it first.",
        }
    return f"{scheme}://{f'[{address}]' if ':' in address else address}:{settings.port}", None


def _network_address() -> str:
    """The address that this machine has in its network, "" when it has none. Nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, suppress(OSError):
        probe.connect(("10.255.255.255", 1))
        found: str = probe.getsockname()[0]
        return "" if is_loopback(found) or found in ANYWHERE else found
    return ""


def _tour(identity: str) -> dict[str, Any]:
    """What a phone shows of a tour: its name and, of each viewpoint, title, caption and duration."""
    try:
        found = tour.get(state.current().store, identity or "standard")
    except UnknownName:
        return {"tour": identity, "name": "", "viewpoints": []}
    kept = ("id", "title", "title_en", "caption", "caption_en", "duration_s", "scenario")
    viewpoints = [{name: item.as_dict()[name] for name in kept} for item in found.viewpoints]
    return {"tour": identity, "name": found.name, "viewpoints": viewpoints}


def _names(ids: dict[str, bool]) -> dict[str, dict[str, str]]:
    known = all_layers()
    return {name: {"zh": known[name].title.zh, "en": known[name].title.en} for name in ids if name in known}


def _event(message: Message, number: int | None = None) -> bytes:
    text = json.dumps(message, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return (f"id: {number}\n" if number is not None else "").encode() + f"data: {text}\n\n".encode()


def _stream(
    begin: Callable[[Callable[[Message], None]], list[Any]],
    end: Callable[[Callable[[Message], None]], None],
    written: Callable[[Message], Any],
) -> Response:
    """Server-sent events: what ``begin(put)`` gives, then what comes through ``put``, until the server stops."""

    async def bytes_of(item: Any) -> bytes:
        if isinstance(item, bytes):
            return item
        made = written(item)
        return made if isinstance(made, bytes) else await made

    async def sent() -> AsyncIterator[bytes]:
        queue: asyncio.Queue[Message] = asyncio.Queue(_MOST_WAITING)

        def put(message: Message) -> None:
            # A page that does not read is as good as gone; what it missed it is told anew when it comes back.
            with suppress(asyncio.QueueFull):
                queue.put_nowait(message)

        stop = asyncio.ensure_future(stopping.event().wait())
        waiting = asyncio.ensure_future(queue.get())
        try:
            yield b"retry: 1000\n\n"
            for item in begin(put):
                yield await bytes_of(item)
            while not stop.done():
                await asyncio.wait({waiting, stop}, timeout=_HEARTBEAT_S, return_when=asyncio.FIRST_COMPLETED)
                if waiting.done():
                    message = waiting.result()
                    waiting = asyncio.ensure_future(queue.get())
                    yield await bytes_of(message)
                    if message.get("kind") == "end":
                        return
                else:
                    yield b"event: alive\ndata: {}\n\n"
        finally:
            stop.cancel()
            waiting.cancel()
            end(put)

    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(sent(), media_type="text/event-stream", headers=headers)
