"""A page that is not a map as a Streamlit component: a loader for our own browser modules."""

from __future__ import annotations

from functools import cache
from typing import Any

import streamlit as st

_HTML = '<div class="twin-page" data-page="{folder}"></div>'
# Streamlit runs this from a blob: address on every rerun; the returned function runs once, at the end.
_JS = """
export default async function (component) {
  const page = await import(new URL('/assets/%s/main.js', document.baseURI).href);
  return page.mount(component);
}
"""


@cache
def _component(folder: str) -> Any:
    return st.components.v2.component(
        f"twin_{folder}", html=_HTML.format(folder=folder), js=_JS % folder, isolate_styles=False
    )


def page(folder: str, *, key: str) -> None:
    """Mount the page whose ``main.js`` lies in ``twin/web/<folder>`` over the whole window.

    It talks to ``/api`` by itself; ``key`` is Streamlit's.
    """
    _component(folder)(key=key)
