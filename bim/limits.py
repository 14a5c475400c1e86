"""How much a file may ask of the machine. Every IFC is untrusted."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one intake; the defaults suit a machine with 8 GB of memory."""

    file_bytes: int = 512_000_000
    """Largest file, packed or not: parsing takes eight to ten times as much memory."""
    archive_entries: int = 1000
    archive_ratio: float = 100.0
    """Largest unpacked size to packed size of an entry."""
    memory_bytes: int = 6_000_000_000
    """Memory of the process that reads and meshes one model."""
    wall_s: float = 1800.0
    """Longest time of one conversion."""
    heartbeat_s: float = 20.0
    """Longest time without a sign of life before the elements at hand are given up and split."""
    chunk_elements: int = 200
    """Elements meshed in one go."""
    max_voids: int = 100
    """Openings cut from one element before it is meshed without them."""
    text_characters: int = 2000
    """Longest text kept of a name or a property; longer ones are cut and marked."""


DEFAULT = Limits()
