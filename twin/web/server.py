"""The application: Streamlit's pages, our routes and the guard, in one process on one port."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from twin import design
from twin.settings import Settings
from twin.web import openapi, state, stopping
from twin.web.routes import annotations as remarks
from twin.web.routes import (
    api,
    assets,
    bim,
    conformance,
    coverage,
    imports,
    indicators,
    life_circle,
    models,
    remote,
    report,
    scenarios,
    tiles,
    tours,
    wall,
)
from twin.web.routes.replies import guarded
from twin.web.security import Guard
from twin.web.shell import Shell

PAGES = Path(__file__).parent / "entry" / "main.py"
"""The script Streamlit runs. It stands alone in its folder, because Streamlit puts that folder first on the
import path, where any other module would stand in for an installed package of its name."""

_PREFIXES = ("api", "wall", "picture", "tiles", "assets", "id", "models", "ogc", "sta")

Handler = Callable[[Request], Awaitable[Response]]

ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/healthz", api.health),
    ("GET", "/tiles/{layer}/{z}/{x}/{y}.mvt", tiles.tile),
    ("GET", "/id/{code}", api.identifier),
    ("GET", "/assets/{path:path}", assets.asset),
    ("GET", "/api/openapi.json", openapi.document),
    ("GET", "/api/twin", api.twin),
    ("GET", "/api/scene", api.make_scene),
    ("GET", "/api/layers", api.layers),
    ("GET", "/api/layers/{layer}/summary", api.summary),
    ("GET", "/api/layers/{layer}/completeness", api.health_of_layer),
    ("GET", "/api/layers/{layer}/features/{fid}", api.feature),
    ("GET", "/api/layers/{layer}/rows/{generation}/{row}", api.feature_of_row),
    ("GET", "/api/search", api.search),
    ("GET", "/api/labels", api.labels),
    ("GET", "/api/datasets", api.datasets),
    ("GET", "/api/datasets/{id}/faults.csv", api.faults),
    ("GET", "/api/export/{name}", api.export_layer),
    ("GET", "/api/imports", imports.listed),
    ("POST", "/api/imports", imports.receive),
    ("GET", "/api/imports/{id}", imports.shown),
    ("DELETE", "/api/imports/{id}", imports.cancel),
    ("POST", "/api/imports/{id}/inspect", imports.again),
    ("POST", "/api/imports/{id}/commit", imports.commit),
    ("GET", "/api/imports/{id}/preview/{number}", imports.preview),
    ("GET", "/api/imports/{id}/mapping/{number}", imports.mapping),
    ("GET", "/api/scenarios", scenarios.listed),
    ("POST", "/api/scenarios", scenarios.create),
    ("GET", "/api/scenarios/compare", scenarios.compare),
    ("POST", "/api/scenarios/compare", scenarios.start_compare),
    ("GET", "/api/scenarios/{id}", scenarios.shown),
    ("PUT", "/api/scenarios/{id}", scenarios.rename),
    ("DELETE", "/api/scenarios/{id}", scenarios.delete),
    ("GET", "/api/scenarios/{id}/export", scenarios.export),
    ("POST", "/api/scenarios/{id}/edits", scenarios.add_edit),
    ("DELETE", "/api/scenarios/{id}/edits/{number}", scenarios.remove_edit),
    ("GET", "/api/life-circle", life_circle.result),
    ("GET", "/api/life-circle/options", life_circle.options),
    ("GET", "/api/life-circle/interval", life_circle.interval),
    ("GET", "/api/life-circle/values", life_circle.values),
    ("GET", "/api/life-circle/cells", life_circle.cells),
    ("GET", "/api/life-circle/explain/{fid}", life_circle.explain),
    ("GET", "/api/life-circle/isochrones", life_circle.isochrones),
    ("GET", "/api/life-circle/export.{format}", life_circle.export),
    ("POST", "/api/life-circle/sites", life_circle.start_sites),
    ("POST", "/api/life-circle/links", life_circle.start_links),
    ("GET", "/api/service-radius", life_circle.service_radius),
    ("GET", "/api/coverage", coverage.result),
    ("GET", "/api/coverage/options", coverage.options),
    ("GET", "/api/coverage/values", coverage.values),
    ("GET", "/api/coverage/explain", coverage.explain),
    ("GET", "/api/coverage/sites", coverage.sites),
    ("GET", "/api/coverage/export.{format}", coverage.export),
    ("POST", "/api/coverage/run", coverage.start),
    ("POST", "/api/coverage/sites", coverage.next_sites),
    ("POST", "/api/coverage/outage", coverage.outage),
    ("POST", "/api/coverage/sleep", coverage.sleep),
    ("POST", "/api/coverage/measurements", coverage.measurements),
    ("GET", "/models/{model}/{version}/{file}", models.file),
    ("GET", "/api/bim", bim.listed),
    ("POST", "/api/bim", bim.receive),
    ("GET", "/api/bim/placed", bim.placed),
    ("GET", "/api/bim/footprints", bim.footprints),
    ("GET", "/api/bim/jobs", bim.jobs),
    ("GET", "/api/bim/jobs/{id}", bim.job),
    ("DELETE", "/api/bim/jobs/{id}", bim.cancel),
    ("POST", "/api/bim/jobs/{id}/choose", bim.choose),
    ("GET", "/api/bim/{model}", bim.shown),
    ("PUT", "/api/bim/{model}", bim.change),
    ("DELETE", "/api/bim/{model}", bim.delete),
    ("POST", "/api/bim/{model}/control-points", bim.control_points),
    ("GET", "/api/bim/{model}/building", bim.building),
    ("POST", "/api/bim/{model}/building", bim.update_building),
    ("POST", "/api/bim/{model}/scenario", bim.to_scenario),
    ("GET", "/api/bim/{model}/corrected.ifc", bim.corrected),
    ("GET", "/api/bim/{model}/tree", models.tree),
    ("GET", "/api/bim/{model}/elements", models.elements),
    ("GET", "/api/bim/{model}/elements/{row}", models.element),
    ("GET", "/api/bim/{model}/search", models.search),
    ("GET", "/api/bim/{model}/values", models.values),
    ("GET", "/api/bim/{model}/properties", models.properties),
    ("GET", "/api/bim/{model}/compare", models.compare),
    ("GET", "/api/bim/{model}/report.{format}", models.report),
    ("GET", "/api/bim/{model}/issues.bcf", models.issues),
    ("GET", "/api/annotations", remarks.listed),
    ("POST", "/api/annotations", remarks.create),
    ("GET", "/api/annotations/export.{format}", remarks.export),
    ("GET", "/api/annotations/{id}", remarks.shown),
    ("PUT", "/api/annotations/{id}", remarks.change),
    ("DELETE", "/api/annotations/{id}", remarks.delete),
    ("POST", "/api/annotations/{id}/replies", remarks.reply),
    ("GET", "/api/conformance", conformance.listed),
    ("GET", "/api/conformance/export.csv", conformance.export),
    ("GET", "/api/indicators", indicators.listed),
    ("GET", "/api/indicators/{no}", indicators.shown),
    ("POST", "/api/indicators/{no}", indicators.enter),
    ("POST", "/api/indicators/{no}/compute", indicators.compute),
    ("GET", "/remote", remote.page),
    ("POST", "/api/walls", remote.register),
    ("POST", "/api/walls/{wall}/code", remote.new_code),
    ("GET", "/api/walls/{wall}/qr.svg", remote.qr),
    ("PUT", "/api/walls/{wall}/state", remote.tell),
    ("GET", "/api/walls/{wall}/events", remote.events),
    ("POST", "/api/remote/pair", remote.pair),
    ("GET", "/api/remote/state", remote.follow),
    ("POST", "/api/remote/command", remote.command),
    ("POST", "/api/remote/end", remote.unpair),
    ("GET", "/api/tours", tours.listed),
    ("POST", "/api/tours", tours.create),
    ("GET", "/api/tours/{id}", tours.shown),
    ("PUT", "/api/tours/{id}", tours.replace),
    ("DELETE", "/api/tours/{id}", tours.delete),
    ("POST", "/api/tours/{id}/viewpoints", tours.append),
    ("GET", "/wall", wall.page),
    ("GET", "/api/wall", wall.board),
    ("GET", "/picture", report.page),
    ("POST", "/api/report", report.start),
    ("GET", "/api/report/options", report.options),
    ("GET", "/api/report/files/{file}", report.file),
    ("GET", "/api/report/pictures/{token}", report.take),
    ("POST", "/api/report/pictures/{token}/{key}", report.put),
    ("GET", "/api/tasks/{id}", life_circle.task),
    ("DELETE", "/api/tasks/{id}", life_circle.cancel),
    ("POST", "/api/undo", api.undo),
    ("POST", "/api/backup", api.backup),
)
"""Every route beside the pages: method, address, handler. Documentation is checked against it."""


def routes() -> list[BaseRoute]:
    """The routes for Starlette, with 404 and 405 for all else under our prefixes."""
    result: list[BaseRoute] = [
        Route(path, guarded(handler), methods=[method]) for method, path, handler in ROUTES
    ]
    known = dict.fromkeys(path for _, path, _ in ROUTES)
    every = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"]
    result += [Route(path, guarded(api.refuse_method), methods=every) for path in known]
    for prefix in _PREFIXES:
        result += [
            Route(f"/{prefix}", guarded(api.unknown), methods=every),
            Route(f"/{prefix}/{{rest:path}}", guarded(api.unknown), methods=every),
        ]
    return result


@asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[dict[str, Any]]:
    """Open the home for as long as the server runs."""
    del app
    state.start(Settings.from_environment())
    try:
        with stopping.watching():
            yield {}
    finally:
        state.stop()


def middleware() -> list[Middleware]:
    """The guard around everything, and our head in the pages' document."""
    settings = Settings.from_environment()
    return [Middleware(Guard, address=settings.address, visitors=settings.visitors), Middleware(Shell)]


def options(settings: Settings) -> dict[str, object]:
    """Streamlit's options: our look, no telemetry, no traceback to a user."""
    chosen: dict[str, object] = {
        "server.address": settings.address,
        "server.port": settings.port,
        "server.headless": True,
        "server.fileWatcherType": "none",
        "server.maxUploadSize": settings.max_upload_mb,
        "browser.gatherUsageStats": False,
        "client.showErrorDetails": "none",
        "client.toolbarMode": "minimal",
        "client.showSidebarNavigation": False,
        "theme.font": design.tokens()["font"],
        "logger.level": "warning",
    }
    for theme in ("dark", "light"):
        colors = design.tokens()[theme]
        chosen |= {
            f"theme.{theme}.primaryColor": colors["accent"],
            f"theme.{theme}.backgroundColor": colors["ground"],
            f"theme.{theme}.secondaryBackgroundColor": colors["panel_solid"],
            f"theme.{theme}.textColor": colors["text_1"],
            f"theme.{theme}.borderColor": colors["line"],
        }
    return chosen
