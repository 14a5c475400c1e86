from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from tests.analysis.coverage_5g import reference, scenes
from twin.analysis.coverage_5g import los
from twin.analysis.surface import Surface
from twin.errors import InputError

# West, south, east, north in metres from the north-west corner, and heights.
BOXES = np.array(
    [[20, 60, 50, 20], [70, 45, 95, 15], [110, 70, 150, 30], [25, 130, 55, 90], [80, 120, 100, 85], [120, 140, 160, 105]],
    dtype=float,
)  # fmt: skip
HEIGHTS = np.array([12, 25, 18, 30, 9, 40.0])
ANTENNAS = [(64, 75, 20.0), (104, 20, 35.0), (10, 11, 25.0), (64, 75, 60.0), (170, 170, 45.0)]


def look(
    city: Surface, east: float, south: float, z: float, reach: int, own: int = -1
) -> npt.NDArray[np.bool_]:
    cell = np.array([[int(south / city.grid.cell_m), int(east / city.grid.cell_m)]], np.int32)
    found = los.sight(
        city, cell, np.array([z], np.float32), np.array([own], np.int32), user_height_m=1.5, reach=reach
    )
    return found.visible(0)


def unhidden(antenna: npt.ArrayLike, z: float, cells: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Whether the segment to each cell (east, south; 1.5 m) misses every box: exact, by slabs."""
    start = np.asarray(antenna, dtype=float)
    way = cells - start
    clear = np.ones(len(cells), bool)
    for (west, south, east, north), top in zip(BOXES, HEIGHTS, strict=True):
        with np.errstate(divide="ignore", invalid="ignore"):
            across = [(edge - start[0]) / way[:, 0] for edge in (west, east)]
            along = [(edge - start[1]) / way[:, 1] for edge in (north, south)]
        enter = np.clip(np.fmax(np.fmin(*across), np.fmin(*along)), 0, 1)
        leave = np.clip(np.fmin(np.fmax(*across), np.fmax(*along)), -1, 1)
        lowest = np.minimum(z + (1.5 - z) * enter, z + (1.5 - z) * leave)
        clear &= ~((leave > enter) & (lowest < top))
    return clear


@pytest.mark.parametrize(("cell_m", "least"), [(0.5, 0.995), (2.0, 0.98)])
def test_sight_is_that_of_exact_rays_against_boxes(cell_m: float, least: float) -> None:
    city = scenes.boxes(cell_m, 180, BOXES, HEIGHTS)
    reach = int(100 / cell_m)
    for east, south, z in ANTENNAS:
        row, column = int(south / cell_m), int(east / cell_m)
        seen = look(city, east, south, z, reach)
        down, right = np.mgrid[-reach : reach + 1, -reach : reach + 1]
        rows, columns = row + down, column + right
        inside = (down**2 + right**2 <= reach**2) & city.grid.holds(rows, columns)
        rows, columns, seen = rows[inside], columns[inside], seen[inside]
        outdoor = city.building[rows, columns] < 0
        cells = np.column_stack([columns + 0.5, rows + 0.5])[outdoor] * cell_m
        exact = unhidden(((column + 0.5) * cell_m, (row + 0.5) * cell_m), z, cells)
        assert 0.3 < exact.mean() < 0.8
        assert (exact == seen[outdoor]).mean() >= least


@pytest.mark.parametrize("reach", [1, 2, 3, 10, 37])
def test_every_cell_of_the_disc_has_one_owner(reach: int) -> None:
    table = los.rays(reach)
    owned = table.steps[table.owner > 0]
    assert (
        len(np.unique(owned, axis=0))
        == len(owned)
        == 2 * table.span[0] + 1 + 2 * sum(2 * table.span[1:] + 1) - 1
    )
    assert ((owned**2).sum(axis=1) <= reach**2).all()


def test_sight_is_that_of_the_reference() -> None:
    city = scenes.town(21)
    for row, column, z in ((100, 100, 45.0), (3, 190, 30.0), (150, 20, 12.0)):
        cell = np.array([[row, column]], np.int32)
        own = city.building[row, column]
        found = los.sight(
            city, cell, np.array([z], np.float32), np.array([own], np.int32), user_height_m=1.5, reach=60
        ).visible(0)
        expected = reference.in_sight(
            city.top.astype(float),
            city.ground.astype(float),
            city.building,
            row,
            column,
            z,
            int(own),
            60,
            1.5,
        )
        wide = np.zeros((200 + 120, 200 + 120), bool)
        wide[row : row + 121, column : column + 121] = found
        assert (wide[60:-60, 60:-60] != expected).mean() < 2e-4


def test_a_building_does_not_hide_its_own_cells() -> None:
    city = scenes.boxes(1.0, 100, [[50, 60, 70, 40]], [20.0])
    seen = look(city, 10.5, 50.5, 10.0, 80)
    assert seen[80, 80 + 45 : 80 + 60].all()  # the whole depth of the building, behind its own facade
    assert not seen[80, 80 + 61 : 80 + 80].any()  # what lies behind it
    hidden = scenes.boxes(1.0, 100, [[50, 60, 70, 40], [30, 60, 35, 40]], [20.0, 20.0])
    assert not look(hidden, 10.5, 50.5, 10.0, 80)[80, 80 + 45 : 80 + 60].any()


def test_an_antenna_looks_over_its_own_roof_and_not_into_its_house() -> None:
    city = scenes.boxes(1.0, 100, [[40, 60, 60, 40]], [20.0])
    seen = look(city, 50.5, 50.5, 22.0, 45, own=0)
    assert seen[45, 45 + 11 : 90].all()
    assert not seen[45, 45 + 1 : 45 + 9].any()
    stranger = look(city, 50.5, 50.5, 22.0, 45, own=-1)
    assert not stranger[45, 45 + 11 : 90].any()


def test_sight_is_kept_by_antenna_and_surface(tmp_path: Path) -> None:
    city = scenes.town(22, count=50)
    cell = np.array([[50, 60], [100, 120], [150, 30]], np.int32)
    height, own = np.array([30, 35, 40], np.float32), np.full(3, -1, np.int32)
    parts: list[int] = []

    def counted(function: object, batches: object) -> object:
        parts.append(sum(len(part.cell) for part in batches))  # type: ignore[attr-defined]
        return map(function, batches)  # type: ignore[call-overload]

    def asked(rows: slice, place: Surface = city, user: float = 1.5) -> los.Sight:
        return los.sight(
            place, cell[rows], height[rows], own[rows], user_height_m=user, reach=40, folder=tmp_path,
            mapped=counted,
        )  # fmt: skip

    first = asked(slice(0, 2))
    both = asked(slice(0, 3))
    assert parts == [2, 1]
    assert np.array_equal(both.bits[:2], first.bits)
    again = asked(slice(0, 3))
    assert parts == [2, 1, 0]
    assert np.array_equal(again.bits, both.bits)
    asked(slice(0, 3), user=4.5)
    asked(slice(0, 3), place=scenes.town(23, count=50))
    assert parts == [2, 1, 0, 3, 3]
    for path in (tmp_path / "sight").glob("*.npz"):
        path.write_bytes(path.read_bytes()[:1000])
    assert np.array_equal(asked(slice(0, 3)).bits, both.bits)
    assert parts[-1] == 3


def test_a_folder_that_cannot_be_written_does_not_matter(tmp_path: Path) -> None:
    city = scenes.town(22, count=5)
    (tmp_path / "sight").write_text("in the way")
    found = los.sight(
        city, np.array([[50, 60]], np.int32), np.array([30], np.float32), np.array([-1], np.int32),
        user_height_m=1.5, reach=20, folder=tmp_path,
    )  # fmt: skip
    assert found.visible(0)[20, 20]


def test_too_wide_a_disc_is_refused() -> None:
    with pytest.raises(InputError, match="1001 cells"):
        los.rays(1001)
