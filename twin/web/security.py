"""One pure-ASGI middleware around everything: who may ask, and what a browser may do with the answer.

Without accounts the server listens on this machine only, or lets other machines
use no more than the presenter's remote, whose phones prove themselves with a
token (setting ``visitors``). What remains to be kept out are other web sites open
in the same browser: requests under a foreign host name (DNS rebinding) and
writes sent from a foreign origin.
"""

from __future__ import annotations

import ipaddress
import json
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_LOCAL = frozenset({"127.0.0.1", "localhost", "[::1]"})
ANYWHERE = frozenset({"", "0.0.0.0", "::"})  # noqa: S104 - compared, not listened on
"""Addresses that stand for every network of the machine."""
_REMOTE = ("/api/remote/", "/assets/")
"""What the phone that drives a wall needs."""
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-eval' 'unsafe-inline' blob:; worker-src 'self' blob:; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    "connect-src 'self' ws: wss: blob: data:; frame-ancestors 'self'; base-uri 'self'; form-action 'self'"
)
_HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"x-frame-options", b"SAMEORIGIN"),
)


class Guard:
    """Refuses foreign hosts and foreign writes; adds the protective headers."""

    def __init__(self, app: ASGIApp, address: str, visitors: str = "remote") -> None:
        self._app = app
        self._hosts = _LOCAL | {f"[{address}]" if ":" in address else address}
        self._anywhere = address in ANYWHERE
        self._visitors = visitors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer or pass on one request or websocket."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        host = headers.get(b"host", "")
        reason = self._refusal(scope, host, headers.get(b"origin"))
        if reason is not None:
            await _refuse(scope, receive, send, reason)
            return

        async def protected(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {name for name, _ in message["headers"]}
                message["headers"] = [
                    *message["headers"],
                    *(item for item in _HEADERS if item[0] not in present),
                ]
            await send(message)

        await self._app(scope, receive, protected)

    def _refusal(self, scope: Scope, host: str, origin: str | None) -> str | None:
        bare = host.rsplit(":", 1)[0] if not host.endswith("]") else host
        # A site under a foreign name cannot make a browser send an address in figures as the host.
        if bare not in self._hosts and not (self._anywhere and _address(bare) is not None):
            return "this server answers under its own address only"
        path = scope["path"]
        if self._visitors != "all" and not _own(scope) and path != "/remote" and not path.startswith(_REMOTE):
            return "other machines may use the presenter's remote only; TWIN_VISITORS=all opens everything"
        writes = scope["type"] == "websocket" or scope["method"] not in _SAFE
        if writes and origin is not None and urlsplit(origin).netloc != host:
            return "requests from other web sites are not accepted"
        return None


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address that ``text`` writes in figures, None when it is a name."""
    try:
        found = ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def is_loopback(text: str) -> bool:
    """Whether an address or host name is this machine's own for itself."""
    found = _address(text)
    return text == "localhost" or (found is not None and found.is_loopback)


def _own(scope: Scope) -> bool:
    """Whether a request comes from this machine: over loopback, or from the very address that was asked."""
    client, server = scope.get("client"), scope.get("server")
    if client is None:
        return True
    return is_loopback(client[0]) or (server is not None and _address(client[0]) == _address(server[0] or ""))


async def _refuse(scope: Scope, receive: Receive, send: Send, reason: str) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008, "reason": reason})
        return
    body = json.dumps(
        {"status": 403, "code": "refused", "detail": {"zh": "拒绝访问。", "en": reason}}
    ).encode()
    await send(
        {
            "type": "http.response.start",
            "status": 403,
            "headers": [
                (b"content-type", b"application/problem+json"),
                (b"content-length", str(len(body)).encode()),
            ],
        }
    )
    await send({"type": "http.response.body", "body": body})
