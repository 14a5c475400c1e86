"""Puts the demonstration city into a home: every layer at once, labelled synthetic."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version

from layers import get
from twin import catalogue
from twin.catalogue import Dataset
from twin.demo import LICENCE, SOURCE_EN, SOURCE_ZH, build_city
from twin.importer import Progress, Rows, publish, silent
from twin.settings import Settings
from twin.store import Store, utc_now

NAME = "演示城市 Demonstration city"
_BUILD_SHARE = 0.62


def install(
    store: Store,
    settings: Settings,
    *,
    seed: int,
    scale: float = 1.0,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> list[Dataset]:
    """Build the city of ``seed`` at ``scale`` (0.01 to 1) and show it; returns its datasets.

    It replaces an earlier demonstration city and leaves imported data of
    layers that are joined, not replaced, where they are.
    """
    report = progress or silent
    frames = build_city(
        seed, scale, progress=lambda share, stage: report(_BUILD_SHARE * share, stage), cancelled=cancelled
    )
    with store.import_lock:
        first = catalogue.next_dataset_id(store)
        now = utc_now()
        parts = [
            Rows(
                layer,
                frame,
                Dataset(
                    id=first + number,
                    layer=layer,
                    name=NAME,
                    imported_at=now,
                    rows_in=len(frame),
                    accepted=len(frame),
                    rejected=0,
                    synthetic=True,
                    source=f"{SOURCE_ZH} · {SOURCE_EN}",
                    licence=LICENCE,
                    data_date=f"{now:%Y-%m-%d}",
                    crs_declared="EPSG:4326",
                    crs_found="EPSG:4326",
                    parameters={"seed": seed, "scale": scale, "shapely": version("shapely")},
                ),
                mode=get(layer).on_import,
            )
            for number, (layer, frame) in enumerate(frames.items())
            if len(frame)
        ]
        publish(
            store,
            parts,
            settings=settings,
            action="demo",
            progress=lambda share, stage: report(_BUILD_SHARE + (1 - _BUILD_SHARE) * share, stage),
            cancelled=cancelled,
        )
    return [part.dataset for part in parts]
