"""Entry of the pages: navigation without Streamlit's own chrome. Stands alone here; see :data:`twin.web.server.PAGES`."""

from __future__ import annotations

import streamlit as st

from twin.web.pages import (
    bim,
    briefing,
    conformance,
    coverage,
    data,
    explore,
    indicators,
    life_circle,
    scenarios,
)

pages = [
    st.Page(explore.show, title="总览 Explore", url_path="explore", default=True),
    st.Page(life_circle.show, title="生活圈 Life circle", url_path="life-circle"),
    st.Page(coverage.show, title="5G 覆盖 5G coverage", url_path="coverage"),
    st.Page(bim.show, title="建筑模型 BIM", url_path="bim"),
    st.Page(indicators.show, title="指标 Indicators", url_path="indicators"),
    st.Page(scenarios.show, title="情景 Scenarios", url_path="scenarios"),
    st.Page(conformance.show, title="CIM 功能对照 CIM conformance", url_path="conformance"),
    st.Page(briefing.show, title="汇报 Briefing", url_path="briefing"),
    st.Page(data.show, title="数据 Data", url_path="data"),
]
st.navigation(pages, position="hidden").run()
