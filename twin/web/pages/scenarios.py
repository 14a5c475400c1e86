"""Scenarios (情景): two of them, or one and the city as it is, compared on the map and by indicators, full window."""

from __future__ import annotations

import streamlit as st

from twin.web.page.component import page


def show() -> None:
    """Mount the page over the whole window; it keeps its state in the address by itself."""
    st.set_page_config(page_title="情景 · 嘉定数字孪生", layout="wide")
    page("scenarios", key="scenarios")
