"""The page that Streamlit serves, made ours before its script runs.

Streamlit's browser part looks for its server below the address of the page
first (``/data/_stcore/…``) and leaves failed requests in the console; told
where the server is, it asks once. The document also gets our title, language
and ground colour, so that nothing flashes before the page is drawn, and loses
Streamlit's own chrome, which a keyboard would reach behind our full-window pages.
"""

from __future__ import annotations

import json

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from twin import design

_REQUEST = frozenset({b"accept-encoding", b"if-none-match", b"if-modified-since"})
_ANSWER = frozenset({b"content-length", b"etag", b"last-modified", b"accept-ranges"})


def _head() -> bytes:
    """What is put into the document's head."""
    ground = {theme: design.tokens()[theme]["ground"] for theme in ("dark", "light")}
    return (
        "<style>[data-testid='stHeader'], [data-testid='stToolbar'], a[href='#stMain'] { display: none !important; }"
        "[data-testid='stMain'] { overflow: hidden !important; }</style>"
        "<script>"
        "window.__streamlit = {BACKEND_BASE_URL: location.origin};"
        f"(function (ground) {{ {_LOOK} }})({json.dumps(ground)});"
        "</script></head>"
    ).encode()


_LOOK = """
  var asked = new URL(location.href).searchParams;
  var kept = function (name) { try { return localStorage.getItem(name); } catch (error) { return null; } };
  var theme = asked.get('theme') || kept('twin.theme');
  if (!(theme in ground)) theme = matchMedia('(prefers-color-scheme: light)').matches ? 'light' : 'dark';
  document.documentElement.style.background = ground[theme];
  document.documentElement.lang = (asked.get('lang') || kept('twin.lang')) === 'en' ? 'en' : 'zh-CN';
  document.title = '嘉定数字孪生';
"""


class Shell:
    """Adds our head to every HTML document that a browser navigates to."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer or pass on one request."""
        accepts = next((value for name, value in scope.get("headers", ()) if name == b"accept"), b"")
        if scope["type"] != "http" or scope["method"] != "GET" or b"text/html" not in accepts:
            await self._app(scope, receive, send)
            return
        plain = {**scope, "headers": [item for item in scope["headers"] if item[0] not in _REQUEST]}
        start: Message | None = None
        body = b""

        async def changed(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start" and _is_document(message):
                start = message
            elif start is None:
                await send(message)
            else:
                body += message.get("body", b"")
                if not message.get("more_body", False):
                    document = body.replace(b"</head>", _head(), 1)
                    headers = [item for item in start["headers"] if item[0].lower() not in _ANSWER]
                    headers.append((b"content-length", str(len(document)).encode()))
                    await send({**start, "headers": headers})
                    await send({"type": "http.response.body", "body": document})

        await self._app(plain, receive, changed)


def _is_document(message: Message) -> bool:
    kinds = [value for name, value in message["headers"] if name.lower() == b"content-type"]
    return bool(kinds) and kinds[0].startswith(b"text/html")
