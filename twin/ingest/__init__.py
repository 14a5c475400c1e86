"""A file becomes rows of a layer."""

from __future__ import annotations

from pathlib import Path

from twin.crs_doctor import CrsReport
from twin.crs_evidence import Known
from twin.ingest.osm import inspect_osm
from twin.ingest.reading import Accepted, Dataset, Inspection, Origin, Progress, SourceColumn, Stop, Task

__all__ = ["Accepted", "CrsReport", "Dataset", "Inspection", "Known", "Origin", "Progress", "SourceColumn", "Stop", "inspect"]


def inspect(
    path: Path,
    *,
    layer: str | None = None,
    crs: str = "auto",
    known: object = None,
    original_name: str | None = None,
    progress: Progress | None = None,
    cancelled: Stop | None = None,
) -> Inspection:
    """OSM for now; see the final docstring."""
    return inspect_osm(path, original_name or path.name, Task(progress, cancelled))
