"""CIM conformance (CIM 功能对照): what the platform standard asks for, and what of the twin fulfils it."""

from __future__ import annotations

import streamlit as st

from twin.web.page.component import page


def show() -> None:
    """Mount the page over the whole window."""
    st.set_page_config(page_title="CIM 功能对照 · 嘉定数字孪生", layout="wide")
    page("conformance", key="conformance")
