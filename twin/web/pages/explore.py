"""Explore (总览): the city in 3D, full window."""

from __future__ import annotations

import streamlit as st

from twin.web.map.component import city_map


def show() -> None:
    """Mount the map over the whole window; it keeps its state in the address by itself."""
    st.set_page_config(page_title="嘉定数字孪生", layout="wide")
    city_map(mode="explore", key="explore")
