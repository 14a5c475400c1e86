"""BIM (建筑模型): building models received, placed, checked and opened up by storey, full window."""

from __future__ import annotations

import streamlit as st

from twin.web.map.component import city_map


def show() -> None:
    """Mount the map in its BIM mode; it keeps its state in the address by itself."""
    st.set_page_config(page_title="建筑模型 · 嘉定数字孪生", layout="wide")
    city_map(mode="bim", key="bim")
