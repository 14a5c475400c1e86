"""Built forms: how each kind of quarter is laid out and how high it rises."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.demo import footprints
from twin.demo.footprints import Shape

Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Form:
    """One built form. Lengths in metres; ranges are drawn once per plot.

    The row distance is ``depth + gap_v + sun * height``: rows stand apart by
    their height, as Shanghai's rule on sunlight asks. ``spine`` is the gap for
    the road through the plot, 0 for none; ``rows`` a path after every so many
    rows, 0 for none. ``shapes`` are footprints with their shares. ``split``: into how
    many along and across a building is divided where the whole has no room, as
    at the slanting edge of a plot. Storeys are 3.0 to 4.5 m, as in the city's
    building stock; high halls count two or three.
    """

    name: str
    use: str
    land: str
    width: Range
    depth: Range
    gap_u: Range
    gap_v: Range
    floors: tuple[int, int]
    storey_m: Range
    shapes: tuple[tuple[Shape, float], ...]
    sun: float = 0.0
    spine: float = 8.0
    rows: int = 1
    keep: float = 1.0
    vary: float = 0.0
    years: tuple[int, int] = (1995, 2020)
    estate: str = ""
    aligned: bool = False
    split: tuple[int, int] = (1, 1)


_F = footprints
FORMS: tuple[Form, ...] = (
    Form(
        "slab",
        "residential",
        "residential",
        (32, 74),
        (11.5, 14),
        (4.5, 8),
        (1, 4),
        (5, 8),
        (3.0, 3.15),
        ((_F.block, 0.3), (_F.stepped, 0.25), (_F.stairs, 0.35), (_F.angle, 0.1)),
        split=(2, 1),
        sun=0.44,
        vary=0.18,
        keep=0.97,
        years=(1982, 2012),
        estate="slab",
    ),
    Form(
        "tower",
        "residential",
        "residential",
        (32, 47),
        (19.5, 26.5),
        (8, 14),
        (3, 8),
        (14, 34),
        (3.0, 3.1),
        ((_F.waist, 0.45), (_F.cross, 0.3), (_F.stairs, 0.25)),
        sun=0.26,
        vary=0.08,
        keep=0.97,
        years=(2003, 2023),
        estate="tower",
    ),
    Form(
        "villa",
        "residential",
        "residential",
        (14, 34),
        (11, 13),
        (5, 8),
        (5, 8),
        (3, 4),
        (3.0, 3.5),
        ((_F.block, 0.4), (_F.stepped, 0.35), (_F.angle, 0.25)),
        sun=0.5,
        vary=0.2,
        keep=0.96,
        years=(1998, 2018),
        estate="slab",
    ),
    Form(
        "lane",
        "residential",
        "residential",
        (9, 17),
        (8.5, 11),
        (0.8, 2.2),
        (2.0, 3.4),
        (2, 3),
        (3.0, 3.4),
        ((_F.block, 0.6), (_F.angle, 0.4)),
        spine=5,
        rows=2,
        keep=0.93,
        vary=0.2,
        years=(1920, 1992),
        estate="lane",
        aligned=True,
    ),
    Form(
        "village",
        "village_house",
        "village",
        (13.5, 22.5),
        (10.5, 13.5),
        (1.6, 4.0),
        (5, 9),
        (2, 3),
        (3.1, 3.7),
        ((_F.block, 0.55), (_F.angle, 0.3), (_F.stairs, 0.15)),
        spine=7,
        rows=2,
        keep=0.93,
        vary=0.26,
        years=(1982, 2016),
        estate="village",
    ),
    Form(
        "row",
        "village_house",
        "village",
        (28, 54),
        (10.5, 13),
        (3, 6),
        (5.5, 9),
        (2, 3),
        (3.1, 3.7),
        ((_F.block, 0.45), (_F.stepped, 0.3), (_F.stairs, 0.25)),
        split=(2, 1),
        spine=7,
        rows=2,
        keep=0.95,
        vary=0.25,
        years=(1992, 2020),
        estate="village",
    ),
    Form(
        "mall",
        "retail",
        "commercial",
        (75, 130),
        (55, 95),
        (16, 24),
        (16, 24),
        (3, 6),
        (4.2, 4.5),
        ((_F.notched, 0.6), (_F.annex, 0.4)),
        split=(2, 2),
        rows=0,
        spine=0,
        vary=0.2,
        years=(2000, 2023),
        aligned=True,
    ),
    Form(
        "street",
        "retail",
        "commercial",
        (20, 46),
        (12, 18),
        (3, 8),
        (10, 16),
        (2, 4),
        (3.6, 4.2),
        ((_F.block, 0.6), (_F.angle, 0.2), (_F.stepped, 0.2)),
        split=(2, 1),
        rows=2,
        keep=0.95,
        vary=0.2,
        years=(1990, 2018),
        aligned=True,
    ),
    Form(
        "office",
        "office",
        "commercial",
        (28, 52),
        (24, 42),
        (14, 26),
        (16, 28),
        (5, 24),
        (3.8, 4.2),
        ((_F.block, 0.4), (_F.notched, 0.3), (_F.angle, 0.3)),
        sun=0.2,
        rows=0,
        keep=0.92,
        vary=0.15,
        years=(2002, 2024),
        aligned=True,
    ),
    Form(
        "campus",
        "education",
        "public",
        (48, 90),
        (30, 50),
        (14, 22),
        (16, 26),
        (3, 5),
        (3.8, 4.1),
        ((_F.court, 0.35), (_F.comb, 0.3), (_F.block, 0.2), (_F.angle, 0.15)),
        split=(2, 2),
        rows=1,
        keep=0.8,
        vary=0.25,
        years=(1978, 2020),
        aligned=False,
    ),
    Form(
        "hospital",
        "health",
        "public",
        (46, 72),
        (24, 36),
        (16, 24),
        (16, 24),
        (4, 12),
        (4.0, 4.3),
        ((_F.waist, 0.4), (_F.angle, 0.3), (_F.block, 0.3)),
        rows=1,
        keep=0.85,
        vary=0.2,
        years=(1985, 2020),
    ),
    Form(
        "civic",
        "public",
        "public",
        (34, 70),
        (20, 36),
        (14, 22),
        (18, 28),
        (3, 8),
        (3.8, 4.4),
        ((_F.court, 0.4), (_F.block, 0.3), (_F.waist, 0.3)),
        split=(2, 1),
        rows=1,
        keep=0.85,
        vary=0.2,
        years=(1985, 2020),
    ),
    Form(
        "works",
        "industrial",
        "industrial",
        (38, 76),
        (20, 34),
        (6, 10),
        (6, 10),
        (2, 5),
        (3.6, 4.5),
        ((_F.block, 0.4), (_F.annex, 0.35), (_F.saw, 0.15), (_F.angle, 0.1)),
        split=(2, 2),
        rows=0,
        keep=0.93,
        vary=0.35,
        years=(1990, 2018),
        aligned=True,
    ),
    Form(
        "plant",
        "industrial",
        "industrial",
        (46, 90),
        (30, 52),
        (9, 14),
        (9, 14),
        (2, 5),
        (3.9, 4.5),
        ((_F.annex, 0.4), (_F.block, 0.3), (_F.saw, 0.2), (_F.angle, 0.1)),
        split=(2, 1),
        rows=0,
        keep=0.95,
        vary=0.25,
        years=(1994, 2021),
        aligned=True,
    ),
    Form(
        "hall",
        "industrial",
        "industrial",
        (80, 132),
        (54, 83),
        (12, 20),
        (12, 20),
        (2, 3),
        (4.0, 4.5),
        ((_F.annex, 0.45), (_F.saw, 0.3), (_F.block, 0.25)),
        split=(2, 1),
        rows=0,
        keep=0.95,
        vary=0.15,
        years=(1996, 2022),
        aligned=True,
    ),
    Form(
        "shed",
        "warehouse",
        "logistics",
        (90, 150),
        (45, 80),
        (14, 24),
        (22, 30),
        (2, 3),
        (4.2, 4.5),
        ((_F.block, 0.85), (_F.annex, 0.15)),
        split=(2, 1),
        rows=0,
        keep=0.96,
        vary=0.1,
        years=(2003, 2023),
        aligned=True,
    ),
)
BY_NAME = {form.name: index for index, form in enumerate(FORMS)}

_SMALLER = {
    "slab": "villa",
    "tower": "slab",
    "mall": "street",
    "office": "street",
    "campus": "civic",
    "hospital": "civic",
    "civic": "street",
    "hall": "plant",
    "shed": "plant",
    "plant": "works",
    "row": "village",
    "street": "lane",
}
SMALLER = np.array([BY_NAME[_SMALLER.get(form.name, form.name)] for form in FORMS])
"""The form to try where a plot has no room for a building of its own."""
