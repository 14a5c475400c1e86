"""Briefing (汇报): tours of viewpoints, edited, previewed, shared, put on the wall, made into a report."""

from __future__ import annotations

import streamlit as st

from twin.web.page.component import page


def show() -> None:
    """Mount the page over the whole window; the tour it shows stands in the address."""
    st.set_page_config(page_title="汇报 · 嘉定数字孪生", layout="wide")
    page("briefing", key="briefing")
