"""Composition root: the application with its pages, routes and middleware, and nothing else."""

import streamlit as st

from twin.web import server

app = st.App(server.PAGES, lifespan=server.lifespan, routes=server.routes(), middleware=server.middleware())
