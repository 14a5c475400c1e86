"""The map as a Streamlit component: a loader for our own browser modules."""

from __future__ import annotations

from typing import Any

import streamlit as st

_HTML = '<div class="twin-root"></div>'
# Streamlit runs this from a blob: address on every rerun; the returned function runs once, at the end.
_JS = """
export default async function (component) {
  const twin = await import(new URL('/assets/map/main.js', document.baseURI).href);
  return twin.mount(component);
}
"""

_component = st.components.v2.component("twin_map", html=_HTML, js=_JS, isolate_styles=False)


def city_map(*, mode: str, key: str, **data: Any) -> Any:
    """Mount the map and return what the browser reports: ``selection`` as ``{layer, fid}``.

    Parameters
    ----------
    mode
        ``"explore"``, ``"life-circle"``, ``"coverage"`` and ``"bim"`` fill the window with the whole
        interface of their page; ``"view"`` is a map in the page's own flow.
    key
        Streamlit's key; the map lives as long as it.
    data
        For ``"view"``: ``height`` in CSS pixels, ``bounds`` (west, south, east,
        north in degrees), ``layers`` ({id: {"on": True, "colorBy": ...}}).
    """
    return _component(data={"mode": mode, **data}, key=key, on_selection_change=lambda: None)
