"""The Data page as a Streamlit component: a loader for our own browser modules."""

from __future__ import annotations

import streamlit as st

_HTML = '<div class="twin-data-root"></div>'
_JS = """
export default function (component) {
  import(new URL('/assets/data_page/main.js', document.baseURI).href).then((page) => page.mount(component));
}
"""

_component = st.components.v2.component("twin_data", html=_HTML, js=_JS, isolate_styles=False)


def data_page(*, key: str) -> None:
    """Mount the page over the whole window; it talks to ``/api`` by itself."""
    _component(key=key)
