"""Models as lists tell them: the same rows for the API and the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from twin.models import placing, register
from twin.models.register import Entry
from twin.store import Store


def models(store: Store) -> list[dict[str, Any]]:
    """Every model, the one changed last first."""
    entries = register.listed(store)
    known = buildings(store, entries)
    return [brief(store, entry, known) for entry in entries]


def buildings(store: Store, entries: Sequence[Entry]) -> dict[int, dict[str, Any]]:
    """The buildings that models are linked to, as far as they are there, by fid."""
    return placing.buildings(store, [entry.building for entry in entries if entry.building is not None])


def brief(store: Store, entry: Entry, known: Mapping[int, dict[str, Any]]) -> dict[str, Any]:
    """One model in short."""
    current = entry.current
    place = register.placement(store, entry)
    return {
        "id": entry.id,
        "name": entry.name,
        "version": entry.version,
        "versions": len(entry.versions),
        "building": None if entry.building is None else known.get(entry.building),
        "placement": None if place is None else place.as_dict(),
        "outcome": current.outcome,
        "findings_count": current.findings,
        "schema": current.schema,
        "height_m": current.height_m,
        "storeys": current.storeys,
        "file": current.file_name,
        "updated_at": entry.updated_at.isoformat(timespec="seconds"),
    }


def drawn(store: Store, box: placing.Box | None = None) -> list[dict[str, Any]]:
    """Models with a place, within west, south, east, north, with what a map needs to draw them."""
    entries = [entry for entry in register.listed(store) if entry.placed is not None]
    known = buildings(store, entries)
    found = []
    for entry in entries:
        document = register.document(store, entry.id, entry.version)
        place = register.placement(store, entry)
        if place is None or (
            box is not None and not (box[0] <= place.lon <= box[2] and box[1] <= place.lat <= box[3])
        ):
            continue
        data = document.as_dict()
        kept = ("files", "storeys", "origin_m", "ground_m", "bbox_m", "footprint_m", "height_m")
        found.append(
            {
                "id": entry.id,
                "name": entry.name,
                "version": entry.version,
                "placement": place.as_dict(),
                "building": known.get(entry.building or -1),
            }
            | {name: data[name] for name in kept}
        )
    return found
