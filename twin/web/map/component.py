"""The map as a Streamlit component: a loader for our own browser modules."""

from __future__ import annotations

from typing import Any

import streamlit as st

_HTML = '<div class="twin-root"></div>'
_JS = """
export default function (component) {
  import(new URL('/assets/map/main.js', document.baseURI).href).then((twin) => twin.mount(component));
}
"""

_component = st.components.v2.component("twin_map", html=_HTML, js=_JS, isolate_styles=False)


def city_map(*, mode: str, key: str, **data: Any) -> Any:
    """Mount the map; returns what the browser reports (``selection``, ``view``)."""
    return _component(data={"mode": mode, **data}, key=key, on_selection_change=lambda: None)
