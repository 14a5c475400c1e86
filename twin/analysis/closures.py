"""Places whose street is closed or whose estate gets another gate: where they join the streets then."""

from __future__ import annotations

import numpy as np
import shapely

from twin.analysis.demand import Floats, Ints
from twin.analysis.places import Places
from twin.analysis.streets import Streets
from twin.analysis.travellers import Traveller


def off(
    places: Places, streets: Streets, points_xy: Floats, traveller: Traveller, closed: Ints, cap_m: float
) -> Places:
    """``places`` without those on ``closed`` edges, which join the nearest open one within ``cap_m`` instead.

    ``points_xy`` are the points of the owners, (count, 2) metres. Who has another
    entrance on an open edge keeps it; who finds no open edge is off the network.
    """
    shut = np.isin(places.edge, closed)
    if not shut.any():
        return places
    edge, t, access_m = places.edge.copy(), places.t.copy(), places.access_m.copy()
    rows = np.flatnonzero(shut)
    points = shapely.points(points_xy[places.owner[rows]])
    targets = streets.targets(traveller)
    near, found = targets.whole_tree.query(points, predicate="dwithin", distance=cap_m)
    candidate = targets.whole[found]
    open_ = ~np.isin(candidate, closed)
    near, candidate = near[open_], candidate[open_]
    along, metres = streets.position(candidate, points[near])
    order = np.lexsort((candidate, metres, near))
    first = order[np.unique(near[order], return_index=True)[1]]
    edge[rows] = -1
    edge[rows[near[first]]] = candidate[first]
    t[rows[near[first]]], access_m[rows[near[first]]] = along[first], metres[first]
    return Places(edge, t, access_m, places.owner, places.count, places.edge_count)


def replaced(places: Places, owners: Ints, others: Places) -> Places:
    """``places`` in which the entrances of ``owners`` are those of ``others``, owned by their number there."""
    kept = ~np.isin(places.owner, owners)
    owner = np.r_[places.owner[kept], owners[others.owner]].astype(np.int32)
    order = np.argsort(owner, kind="stable")
    return Places(
        np.r_[places.edge[kept], others.edge][order],
        np.r_[places.t[kept], others.t][order],
        np.r_[places.access_m[kept], others.access_m][order],
        owner[order],
        places.count,
        places.edge_count,
    )
