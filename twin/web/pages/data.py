"""Data (数据): the catalogue, imports, exports, layer health and backup."""

from __future__ import annotations

import streamlit as st

from twin.web.page.component import page


def show() -> None:
    """Mount the page over the whole window."""
    st.set_page_config(page_title="数据 · 嘉定数字孪生", layout="wide")
    page("data_page", key="data")
