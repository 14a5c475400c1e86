"""Indicators (指标): the plan's 35, each with target, trend and evidence, computed or entered by hand."""

from __future__ import annotations

import streamlit as st

from twin.web.page.component import page


def show() -> None:
    """Mount the page over the whole window; it talks to ``/api/indicators`` by itself."""
    st.set_page_config(page_title="指标 · 嘉定数字孪生", layout="wide")
    page("indicators", key="indicators")
