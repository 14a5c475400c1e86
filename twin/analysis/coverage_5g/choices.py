"""What an analyst may choose from, and the network, as plain data for pages and programs."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from layers import Text
from twin.analysis.coverage_5g import criteria, picture, radio
from twin.analysis.coverage_5g.engine import Run
from twin.analysis.coverage_5g.parameters import Parameters
from twin.analysis.coverage_5g.result import METRICS
from twin.store import Store

Bounds = tuple[float, float, float, float]
MOST_SITES = 2000
"""At most so many sites are listed at once; a map asks for what it shows."""
_SERVER_COLORS = (
    "#4E79A7", "#F28E2B", "#59A14F", "#B07AA1", "#76B7B2", "#EDC948",
    "#9C755F", "#FF9DA7", "#86BCB6", "#D4A6C8", "#A0CBE8", "#8CD17D",
)  # fmt: skip
_PROBABILITY = (
    (0, "#5B1A18"),
    (0.5, "#E07A5F"),
    (0.75, "#F2CC8F"),
    (0.9, "#A7C957"),
    (0.95, "#3DA35D"),
    (1, "#1B6CA8"),
)


def options(store: Store) -> dict[str, Any]:
    """Everything the forms of the 5G page offer."""
    carriers = radio.read(radio.carriers_path(store.home))
    counted = _sectors(store)
    path = criteria.criteria_path(store.home)
    metrics = [
        {
            "id": item.id,
            "title": plain(item.title),
            "unit": item.unit,
            "scale": item.scale,
            "stops": [list(stop) for stop in item.stops],
        }
        for item in METRICS.values()
    ]
    metrics += [
        {
            "id": picture.SERVER, "title": {"zh": "主服务小区", "en": "Best server"}, "unit": "", "scale": 1.0,
            "stops": [[number, color] for number, color in enumerate(_SERVER_COLORS)],
        },
        {
            "id": picture.PROBABILITY, "title": {"zh": "覆盖概率", "en": "Probability of coverage"}, "unit": "",
            "scale": 0.001, "stops": [list(stop) for stop in _PROBABILITY],
        },
    ]  # fmt: skip
    return {
        "bands": [
            {
                "id": item.id,
                "frequency_ghz": item.frequency_ghz,
                "bandwidth_mhz": item.bandwidth_mhz,
                "sectors": sum(
                    count for band, count in counted.items() if abs(band / item.frequency_ghz - 1) <= 0.08
                ),
                "verified": item.verified,
            }
            for item in carriers.values()
        ],
        "profiles": [
            {
                "id": item.id,
                "title": plain(item.title),
                "verified": item.verified,
                "thresholds": {entry.metric: entry.minimum for entry in item.criteria},
            }
            for item in (criteria.load(name, path=path) for name in criteria.profiles(path))
        ],
        "metrics": metrics,
        "models": ["38.901", "hybrid"],
        "defaults": Parameters().model_dump(include={"band", "resolution_m", "radius_m", "model", "load"})
        | {"profile": criteria.DEFAULT, "metric": "rsrp_dbm"},
    }


def sites(run: Run, box: Bounds | None) -> list[dict[str, Any]]:
    """Sites of a run inside ``box`` (west, south, east, north in degrees) with their sectors on its carrier."""
    found = run.sites
    lon, lat = found.lon, found.lat
    west, south, east, north = box or (-180.0, -90.0, 180.0, 90.0)
    rows = np.flatnonzero((lon >= west) & (lon <= east) & (lat >= south) & (lat <= north))[:MOST_SITES]
    listed: dict[int, dict[str, Any]] = {
        row: {
            "fid": int(found.fid[row]),
            "name": str(found.name[row]),
            "lon": float(lon[row]),
            "lat": float(lat[row]),
            "operator": str(found.operator[row]),
            "status": str(found.status[row]),
            "on": bool(found.sent[row]),
            "sectors": [],
        }
        for row in rows.tolist()
    }
    for sector in np.flatnonzero(np.isin(found.site, rows)).tolist():
        listed[int(found.site[sector])]["sectors"].append(
            {
                "row": sector,
                "height_m": _number(found.height_m[sector]),
                "azimuth_deg": _number(found.azimuth_deg[sector]),
                "mechanical_tilt_deg": _number(found.mechanical_tilt_deg[sector]),
                "electrical_tilt_deg": _number(found.electrical_tilt_deg[sector]),
                "power_dbm": _number(found.power_dbm[sector]),
                "band_ghz": _number(found.band_ghz[sector]),
            }
        )
    # A scenario leaves a moved site in its old row, off the air, and puts it into a new one.
    by_fid: dict[int, dict[str, Any]] = {}
    for site in listed.values():
        if site["on"] or site["fid"] not in by_fid:
            by_fid[site["fid"]] = site
    return list(by_fid.values())


def plain(value: Any) -> Any:
    """Dataclasses, texts and arrays as plain data."""
    if isinstance(value, Text):
        return {"zh": value.zh, "en": value.en}
    if is_dataclass(value) and not isinstance(value, type):
        return {item.name: plain(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def _sectors(store: Store) -> dict[float, int]:
    """How many sectors of the shown sites use which frequency, GHz."""
    if "site_5g" not in store.shown:
        return {}
    relation = store.generation("site_5g").relation
    rows = (
        store.cursor()
        .execute(
            f"SELECT sector.band_ghz, count(*) FROM (SELECT unnest(sectors) AS sector FROM {relation}) "
            "WHERE sector.band_ghz IS NOT NULL GROUP BY 1"
        )
        .fetchall()
    )
    return {float(band): int(count) for band, count in rows}


def _number(value: Any) -> float | None:
    return float(value) if np.isfinite(value) else None
