"""Data (数据): the catalogue, imports and exports."""

from __future__ import annotations

import streamlit as st


def show() -> None:
    """The catalogue."""
    st.write("数据")
