"""Supply: the facilities of the city by life-circle category, neighbourhood centres among them.

One row is one service: an object (a facility, a centre) in one category. A
neighbourhood centre is a row of the category ``centre`` and, because it is a
one-stop hub, one more row for every category that its ``services`` name; the
parameter ``centre_services`` of the analysis turns that off.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from layers._categories import CATEGORIES
from layers._spec import Text
from twin.analysis.demand import Floats, Ints
from twin.analysis.rules import CATEGORY_IDS, CENTRE
from twin.store import Generation, Store

TITLES: Mapping[str, Text] = {
    **{category.id: category.title for category in CATEGORIES},
    CENTRE: Text("我嘉·邻里中心", "Neighbourhood centre"),
}
COLORS: Mapping[str, str] = {**{category.id: category.color for category in CATEGORIES}, CENTRE: "#9B8CFF"}

SERVICE_WORDS: tuple[tuple[str, str], ...] = (
    ("社区事务", "service_station"),
    ("政务", "service_station"),
    ("党群", "service_station"),
    ("为老", "elderly_day_care"),
    ("日间照料", "elderly_day_care"),
    ("食堂", "canteen"),
    ("助餐", "canteen"),
    ("图书", "library"),
    ("书房", "library"),
    ("健身", "sports_ground"),
    ("体育", "sports_ground"),
    ("卫生", "health_station"),
    ("托育", "childcare"),
    ("文化", "culture_centre"),
    ("便民商业", "shop"),
)


@dataclass(frozen=True, slots=True)
class Supply:
    """Services, parallel sequences of length n, ordered by category, then layer, then feature number.

    ``category`` indexes :data:`twin.analysis.rules.CATEGORY_IDS`, the order of every
    (n, categories) array of the life circle; ``capacity`` is NaN where unknown;
    ``fid`` is negative for what a scenario adds, which comes last; ``active`` is
    false for what a scenario closed.
    """

    layer: npt.NDArray[np.str_]
    fid: Ints
    category: Ints
    lon: Floats
    lat: Floats
    capacity: Floats
    name: tuple[str, ...]
    active: npt.NDArray[np.bool_]
    generations: tuple[Generation, ...]

    def __len__(self) -> int:
        return len(self.fid)

    def rows_of(self, category: int) -> Ints:
        """Active rows of one category, in order."""
        return np.flatnonzero((self.category == category) & self.active)

    def rows_of_object(self, layer: str, fid: int) -> Ints:
        """Active rows of one facility or centre; empty when it supplies nothing."""
        return np.flatnonzero((self.fid == fid) & (self.layer == layer) & self.active)

    def without(self, rows: Ints) -> Supply:
        """The same services with ``rows`` closed; every row keeps its number."""
        active = self.active.copy()
        active[rows] = False
        return replace(self, active=active)

    def joined(self, other: Supply) -> Supply:
        """These services followed by ``other``'s, so that the first keep their numbers."""
        return Supply(
            layer=np.concatenate([self.layer, other.layer]),
            fid=np.concatenate([self.fid, other.fid]),
            category=np.concatenate([self.category, other.category]),
            lon=np.concatenate([self.lon, other.lon]),
            lat=np.concatenate([self.lat, other.lat]),
            capacity=np.concatenate([self.capacity, other.capacity]),
            name=self.name + other.name,
            active=np.concatenate([self.active, other.active]),
            generations=self.generations,
        )


def services_of(text: str | None) -> tuple[str, ...]:
    """Categories that the services of a centre name, in the table's order, each once."""
    return tuple(dict.fromkeys(category for word, category in SERVICE_WORDS if word in (text or "")))


def read(store: Store, *, planned: bool = False, centre_services: bool = True) -> Supply:
    """The facilities and open centres that are shown; ``planned`` also takes centres not yet open."""
    rows: list[tuple[Any, ...]] = []
    used = []
    if "facility" in store.shown:
        used.append(store.generation("facility"))
        rows += [
            ("facility", *row)
            for row in store.cursor()
            .execute(f"SELECT fid, category, lon, lat, capacity, name FROM {used[-1].relation}")
            .fetchall()
        ]
    if CENTRE in store.shown:
        used.append(store.generation(CENTRE))
        where = "" if planned else "WHERE coalesce(status, 'open') = 'open'"
        for fid, services, lon, lat, capacity, name in (
            store.cursor()
            .execute(f"SELECT fid, services, lon, lat, capacity, name FROM {used[-1].relation} {where}")
            .fetchall()
        ):
            rows += rows_of_centre(fid, lon, lat, services if centre_services else None, capacity, name)
    return build(rows, used)


def rows_of_centre(
    fid: int, lon: float, lat: float, services: str | None, capacity: float | None, name: str | None
) -> list[tuple[Any, ...]]:
    """The rows of one centre for :func:`build`: itself and the categories its services name."""
    own = (CENTRE, fid, CENTRE, lon, lat, capacity, name)
    return [own] + [(CENTRE, fid, category, lon, lat, None, name) for category in services_of(services)]


def build(rows: Iterable[Sequence[Any]], generations: Sequence[Generation] = ()) -> Supply:
    """Supply from rows of layer, fid, category id, lon, lat, capacity (or None), name (or None)."""
    index = {category: number for number, category in enumerate(CATEGORY_IDS)}
    known = sorted(
        (row for row in rows if row[2] in index),
        key=lambda row: (index[row[2]], str(row[0]), row[1] < 0, abs(row[1])),
    )
    return Supply(
        layer=np.array([row[0] for row in known], dtype=np.str_),
        fid=np.array([row[1] for row in known], dtype=np.int64),
        category=np.array([index[row[2]] for row in known], dtype=np.int64),
        lon=np.array([row[3] for row in known], dtype=np.float64),
        lat=np.array([row[4] for row in known], dtype=np.float64),
        capacity=np.array([np.nan if row[5] is None else row[5] for row in known], dtype=np.float64),
        name=tuple(row[6] or "" for row in known),
        active=np.ones(len(known), dtype=np.bool_),
        generations=tuple(generations),
    )
