"""Life circle (生活圈): who reaches what within 15 minutes, full window."""

from __future__ import annotations

import streamlit as st

from twin.web.map.component import city_map


def show() -> None:
    """Mount the map in its life-circle mode; it keeps its state in the address by itself."""
    st.set_page_config(page_title="生活圈 · 嘉定数字孪生", layout="wide")
    city_map(mode="life-circle", key="life-circle")
