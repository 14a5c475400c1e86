"""Demand: the residences of the city with the four weights that coverage is counted in.

A residence is a residential building, or a piece of residential land on which no
residential building stands (it has land and nothing else). Every rate of the
life circle is a share of one of :data:`WEIGHTS`; the four are always computed
together because they answer differently (research: 33 %, 50 % and 25 % from the
same facts).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from twin.errors import InputError
from twin.planned import Planned, Works
from twin.store import Generation, Store

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

WEIGHTS = ("people", "residential_floor_area", "residential_land", "buildings")
"""Denominators, in the order of the columns of :attr:`Demand.weights`."""
RESIDENTIAL_USES = ("residential", "village_house")
RESIDENTIAL_LAND = ("residential", "village")
_NOT_LIVED_IN = (
    "utility",
    "industrial",
    "warehouse",
    "office",
    "retail",
    "hotel",
    "education",
    "health",
    "public",
)
FLOOR_AREA_PER_PERSON_M2 = 40.0
"""Used only where neither residents nor town totals are known; a caveat says so."""
FLOOR_HEIGHT_M = 3.0


@dataclass(frozen=True, slots=True)
class Demand:
    """Residences, parallel arrays of length n.

    ``row_no`` is the building's row in its generation, 0 for bare land and for planned
    buildings, whose ``fid`` is negative (bare land has none, 0); ``town``
    the nine-digit code, 0 where unknown; ``weights`` is (n, 4) in the order of
    :data:`WEIGHTS` (people, m², m², count). ``rows`` counts all buildings of the
    generation, residential or not.
    """

    fid: Ints
    row_no: npt.NDArray[np.int32]
    lon: Floats
    lat: Floats
    town: Ints
    weights: Floats
    rows: int
    caveats: tuple[dict[str, str], ...]
    generations: tuple[Generation, ...]

    def __len__(self) -> int:
        return len(self.fid)

    def with_works(self, works: Works, town: Ints) -> Demand:
        """The residences after buildings were built and demolished.

        Planned residences come last, in the order of :func:`lived_in`, with ``town`` their towns. A demolished
        one stays in its row as bare land. Land stays where it is: what is residential land is for the land
        use to say. Residents that nobody counted are :data:`FLOOR_AREA_PER_PERSON_M2` each.
        """
        homes = lived_in(works)
        gone = np.isin(self.fid, list(works.demolished)) & (self.row_no > 0)
        weights = self.weights.copy()
        weights[gone] *= [0.0, 0.0, 1.0, 0.0]
        fresh = np.array([[residents(item), item.floor_area_m2, 0.0, 1.0] for item in homes], float)
        fresh = fresh.reshape(-1, len(WEIGHTS))
        points = np.array([item.point for item in homes], float).reshape(-1, 2)
        caveats = self.caveats
        if any(item.people is None for item in homes):
            caveats = (
                *caveats,
                {
                    "zh": f"规划住宅未给出居住人口的，按每人 {FLOOR_AREA_PER_PERSON_M2:g} m² 估算。",
                    "en": "Planned homes without a number of residents are taken at "
                    f"{FLOOR_AREA_PER_PERSON_M2:g} m² a person.",
                },
            )
        return replace(
            self,
            fid=np.concatenate(
                [np.where(gone, 0, self.fid), np.array([item.fid for item in homes], np.int64)]
            ),
            row_no=np.concatenate([np.where(gone, 0, self.row_no), np.zeros(len(homes))]).astype(np.int32),
            lon=np.concatenate([self.lon, points[:, 0]]),
            lat=np.concatenate([self.lat, points[:, 1]]),
            town=np.concatenate([self.town, town]),
            weights=np.vstack([weights, fresh]),
            caveats=caveats,
        )


def lived_in(works: Works) -> list[Planned]:
    """The planned buildings that somebody will live in."""
    return [item for item in works.built if item.use in RESIDENTIAL_USES or (item.people or 0) > 0]


def residents(item: Planned) -> float:
    """People who will live in a planned building, by its floor area where nobody said."""
    return item.floor_area_m2 / FLOOR_AREA_PER_PERSON_M2 if item.people is None else float(item.people)


def read(store: Store) -> Demand:
    """The residences of the shown buildings and land use.

    :class:`InputError` when there is no building to live in.
    """
    building = store.generation("building")
    columns = _buildings(store, building)
    people, caveats = _residents(store, columns)
    n = len(columns["fid"])
    land, bare = np.zeros(n), None
    used = [building]
    if "land_use" in store.shown:
        used.append(store.generation("land_use"))
        land, bare = _land(store, used[-1], columns)
    if not land.any():
        caveats.append(
            {
                "zh": "没有居住用地数据，按居住用地面积的覆盖率无法计算。",
                "en": "There is no residential land, so the rate by land cannot be computed.",
            }
        )
    weights = np.column_stack([people, columns["floor_area"], land, np.ones(n)])
    empty = (np.zeros(0), np.zeros(0), np.zeros(0, np.int64), np.zeros(0))
    lon, lat, town, area = bare if bare is not None else empty
    blank = np.zeros(len(area))
    return Demand(
        fid=np.concatenate([columns["fid"], np.zeros(len(area), np.int64)]),
        row_no=np.concatenate([columns["row_no"], np.zeros(len(area), np.int64)]).astype(np.int32),
        lon=np.concatenate([columns["lon"], lon]),
        lat=np.concatenate([columns["lat"], lat]),
        town=np.concatenate([columns["town"], town]),
        weights=np.vstack([weights, np.column_stack([blank, blank, area, blank])]),
        rows=building.rows,
        caveats=tuple(caveats),
        generations=tuple(used),
    )


def arrays(store: Store, query: str) -> dict[str, Any]:
    """The columns of ``query`` as numpy arrays; nulls become NaN, or 0 in columns of integers."""
    found = store.cursor().execute(query).fetchnumpy()
    result: dict[str, Any] = {}
    for name, values in found.items():
        if isinstance(values, np.ma.MaskedArray):
            values = values.filled(np.nan if values.dtype.kind == "f" else 0)  # noqa: PLW2901
        result[name] = values
    return result


def geometries(store: Store, query: str) -> npt.NDArray[Any]:
    """The one column of WKB of ``query`` as shapely geometries."""
    rows = store.cursor().execute(query).fetchall()
    parsed: npt.NDArray[Any] = shapely.from_wkb([bytes(row[0]) for row in rows])
    return np.atleast_1d(parsed)


def _buildings(store: Store, building: Generation) -> dict[str, Any]:
    quoted = ", ".join(f"'{use}'" for use in RESIDENTIAL_USES)
    excluded = ", ".join(f"'{use}'" for use in _NOT_LIVED_IN)
    area = f"""coalesce(floor_area_m2, measure * greatest(1, coalesce(floors,
        round(height_m / {FLOOR_HEIGHT_M}), 1)))::DOUBLE"""
    lived_in = f"(use IN ({quoted}) OR coalesce(people, 0) > 0)"
    any_lived_in = (
        store.cursor().execute(f"SELECT count(*) FROM {building.relation} WHERE {lived_in}").fetchone()
    )
    assert any_lived_in is not None
    if not any_lived_in[0]:  # a layer without uses: whatever can be lived in counts
        lived_in = f"(use IS NULL OR use NOT IN ({excluded}))"
    found = arrays(
        store,
        f"""SELECT fid, row_no, lon, lat, town::BIGINT AS town, people::DOUBLE AS people,
        {area} AS floor_area, measure AS footprint FROM {building.relation} WHERE {lived_in} ORDER BY row_no""",
    )
    if not len(found["fid"]):
        raise InputError(
            "建筑图层中没有住宅，无法计算生活圈；请导入含用途或人口的建筑数据。",
            "no building is lived in, so there is no life circle; import buildings with their use or residents.",
        )
    return found


def _residents(store: Store, columns: dict[str, Any]) -> tuple[Floats, list[dict[str, str]]]:
    """Residents of each building; spread over floor area where they were not counted."""
    people: Floats = np.nan_to_num(columns["people"])
    if people.sum() > 0:
        return people, []
    area = columns["floor_area"]
    totals = {}
    if "town" in store.shown:
        relation = store.generation("town").relation
        totals = dict(
            store.cursor().execute(f"SELECT town, people FROM {relation} WHERE people > 0").fetchall()
        )
    people = area / FLOOR_AREA_PER_PERSON_M2
    for code, total in totals.items():
        inside = columns["town"] == code
        there = area[inside].sum()
        if there > 0:
            people[inside] = area[inside] * (total / there)
    return people, [
        {
            "zh": "建筑没有居住人口，按住宅建筑面积分摊街镇人口；街镇人口也缺时按每人 40 m² 估算。",
            "en": "Buildings have no residents: town totals were spread over residential floor area, "
            "or 40 m² a person taken where totals are missing too.",
        }
    ]


def _land(
    store: Store, land_use: Generation, columns: dict[str, Any]
) -> tuple[Floats, tuple[Floats, Floats, Ints, Floats]]:
    """Residential land by building, in proportion to footprint, and the parcels nobody's building stands on."""
    uses = ", ".join(f"'{use}'" for use in RESIDENTIAL_LAND)
    where = f"FROM {land_use.relation} WHERE use IN ({uses}) ORDER BY row_no"
    parcel = arrays(store, f"SELECT lon, lat, town::BIGINT AS town, measure AS area {where}")
    shape = geometries(store, f"SELECT ST_AsWKB(geom)::BLOB {where}")
    share = np.zeros(len(columns["fid"]))
    if not len(shape):
        return share, (np.zeros(0), np.zeros(0), np.zeros(0, np.int64), np.zeros(0))
    shapely.prepare(shape)
    point, where_in = shapely.STRtree(shape).query(
        shapely.points(columns["lon"], columns["lat"]), predicate="intersects"
    )
    point, first = np.unique(point, return_index=True)
    owner = where_in[first]
    footprint = columns["footprint"][point]
    together = np.bincount(owner, footprint, len(shape))
    share[point] = parcel["area"][owner] * footprint / np.maximum(together[owner], 1e-9)
    bare = together == 0
    inner = shapely.get_coordinates(shapely.point_on_surface(shape[bare]))
    return share, (inner[:, 0], inner[:, 1], parcel["town"][bare], parcel["area"][bare])
