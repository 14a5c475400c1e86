from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely

from twin.analysis.ground import Ground
from twin.analysis.network import Network
from twin.errors import InputError


def streets(*lines: list[tuple[float, float]]) -> tuple[Network, np.ndarray]:
    """Streets that meet nowhere, each a line from node 2i to node 2i + 1."""
    shapes = [shapely.LineString(line) for line in lines]
    ends = [point for line in lines for point in (line[0], line[-1])]
    nodes = pd.DataFrame(ends, columns=["x", "y"], dtype=float)
    edges = pd.DataFrame(
        {
            "u": range(0, len(ends), 2),
            "v": range(1, len(ends), 2),
            "length_m": [shape.length for shape in shapes],
        }
    )
    return Network.from_frames(nodes, edges), np.array(shapes, dtype=object)


def cell_at(ground: Ground, x: float, y: float) -> int | None:
    """The number of the cell whose square holds a point."""
    column = round((x - ground.west) / ground.cell_m)
    row = round((y - ground.south) / ground.cell_m)
    found = np.flatnonzero((ground.row == row) & (ground.column == column))
    return int(found[0]) if len(found) else None


def test_every_cell_has_the_nearest_point_of_the_streets() -> None:
    network, lines = streets([(0, 0), (300, 40), (420, 300)], [(0, 130), (250, 180)])
    ground = Ground.of(network, lines, cell_m=10, cap_m=60)
    centres = shapely.points(ground.west + 10 * ground.column, ground.south + 10 * ground.row)
    distance = np.array([shapely.distance(centres, line) for line in lines])
    assert np.array_equal(ground.edge, distance.argmin(axis=0))
    assert ground.access_m == pytest.approx(distance.min(axis=0), abs=1e-9)
    assert ground.access_m.max() <= 60
    t = [
        shapely.line_locate_point(lines[edge], centre, normalized=True)
        for edge, centre in zip(ground.edge, centres, strict=True)
    ]
    assert ground.t == pytest.approx(t, abs=1e-9)


def test_the_cells_are_all_those_within_the_cap() -> None:
    network, lines = streets([(0, 0), (300, 40), (420, 300)])
    ground = Ground.of(network, lines, cell_m=10, cap_m=60)
    rows, columns = ground.shore.shape
    x, y = np.meshgrid(ground.west + 10 * np.arange(columns), ground.south + 10 * np.arange(rows))
    near = shapely.distance(shapely.points(x, y), lines[0]) <= 60
    assert near.sum() == len(ground)
    assert near[ground.row, ground.column].all()


def test_no_cell_lies_in_water_or_reaches_a_street_across_it() -> None:
    network, lines = streets([(0, 0), (400, 0)])
    canal = shapely.box(-100, 20, 500, 32)
    ground = Ground.of(network, lines, water=np.array([canal]))
    north = ground.south + ground.cell_m * ground.row > 20
    assert not north.any()
    assert cell_at(ground, 200, 10) is not None
    assert ground.shore[ground.row[~north].max(), :].any()


def test_a_cell_takes_the_farther_street_when_a_wall_keeps_it_from_the_nearer_one() -> None:
    network, lines = streets([(0, 0), (400, 0)], [(0, 70), (400, 70)])
    wall = shapely.LineString([(-100, 20), (500, 20)])
    open_ground = Ground.of(network, lines, cell_m=10)
    walled = Ground.of(network, lines, walls=np.array([wall]), cell_m=10)
    for ground, edge in ((open_ground, 0), (walled, 1)):
        cell = cell_at(ground, 200, 28)
        assert cell is not None
        assert ground.edge[cell] == edge
    assert not open_ground.shore.any()
    assert walled.shore.any()


def test_a_street_on_a_wall_is_reached_from_both_sides() -> None:
    network, lines = streets([(0, 0), (400, 0)])
    ground = Ground.of(network, lines, walls=np.array([lines[0]]), cell_m=10)
    assert cell_at(ground, 200, 20) is not None
    assert cell_at(ground, 200, -20) is not None


def test_closed_streets_and_those_not_asked_for_have_no_ground() -> None:
    network, lines = streets([(0, 0), (400, 0)], [(0, 500), (400, 500)])
    closed = network.with_seconds(np.array([np.inf, np.nan]))
    assert set(Ground.of(closed, lines).edge.tolist()) == {1}
    assert set(Ground.of(network, lines, rows=np.array([0])).edge.tolist()) == {0}
    nothing = Ground.of(network.with_seconds(np.full(2, np.inf)), lines)
    assert len(nothing) == 0
    assert nothing.places().columns.tolist() == ["edge", "t", "access_m"]


def test_cells_move_to_the_pieces_of_a_split_street() -> None:
    network, lines = streets([(0, 0), (400, 0)], [(0, 500), (400, 500)])
    ground = Ground.of(network, lines)
    link = pd.DataFrame({"edge_a": [0], "t_a": [0.25], "edge_b": [1], "t_b": [0.5], "length_m": [500.0]})
    edited = network.edited(links=link)
    moved = ground.moved(edited)
    pieces = edited.pieces[edited.pieces["parent"] == 0]["edge"].tolist()
    assert set(moved.edge[ground.edge == 0].tolist()) == set(pieces)
    cell = cell_at(ground, 200, 0)
    assert cell is not None
    assert moved.edge[cell] == pieces[1]
    assert moved.t[cell] == pytest.approx((ground.t[cell] - 0.25) / 0.75)


@pytest.mark.parametrize(("cell_m", "cap_m"), [(0, 60), (25, -1), (float("nan"), 60)])
def test_sizes_must_be_positive(cell_m: float, cap_m: float) -> None:
    network, lines = streets([(0, 0), (400, 0)])
    with pytest.raises(InputError, match="must be above 0"):
        Ground.of(network, lines, cell_m=cell_m, cap_m=cap_m)


def test_a_raster_too_big_is_refused() -> None:
    network, lines = streets([(0, 0), (1e6, 1e6)])
    with pytest.raises(InputError, match="take cells larger"):
        Ground.of(network, lines, cell_m=1)
