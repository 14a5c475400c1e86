"""5G coverage (5G 覆盖): where the signal reaches, why not, and what would help, full window."""

from __future__ import annotations

import streamlit as st

from twin.web.map.component import city_map


def show() -> None:
    """Mount the map in its coverage mode; it keeps its state in the address by itself."""
    st.set_page_config(page_title="5G 覆盖 · 嘉定数字孪生", layout="wide")
    city_map(mode="coverage", key="coverage")
