"""Shapes of buildings seen from above, as arrays of outlines.

Each function takes widths and depths (n,) in metres and gives outlines
(n, k, 2) around the origin: x along the front, y away from it (north).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from twin.demo.geometry import Floats

Shape = Callable[[Floats, Floats, Floats], Floats]
"""Outline from width, depth and a free number in 0..1 that varies the shape."""


def _outline(width: Floats, depth: Floats, corners: list[tuple[Floats | float, Floats | float]]) -> Floats:
    """Corners given as shares of half the width and half the depth."""
    shape = np.broadcast_shapes(width.shape)
    points = [
        np.stack([np.broadcast_to(x, shape) * width / 2, np.broadcast_to(y, shape) * depth / 2], axis=-1)
        for x, y in corners
    ]
    return np.stack(points, axis=1)


def block(width: Floats, depth: Floats, free: Floats) -> Floats:  # noqa: ARG001 - every shape has the same form
    """A plain rectangle."""
    return _outline(width, depth, [(-1, -1), (1, -1), (1, 1), (-1, 1)])


def angle(width: Floats, depth: Floats, free: Floats) -> Floats:
    """An L: a wing turned to the front."""
    x, y = -0.1 - 0.5 * free, -0.25 + 0.5 * free
    return _outline(width, depth, [(-1, -1), (x, -1), (x, y), (1, y), (1, 1), (-1, 1)])


def stepped(width: Floats, depth: Floats, free: Floats) -> Floats:
    """A slab of two halves set off against each other."""
    x, step = (free - 0.5) * 0.5, 0.22 + 0.12 * free
    return _outline(
        width,
        depth,
        [(-1, -1), (x, -1), (x, -1 + step), (1, -1 + step), (1, 1), (x, 1), (x, 1 - step), (-1, 1 - step)],
    )


def stairs(width: Floats, depth: Floats, free: Floats) -> Floats:
    """A slab with two staircases standing out to the north."""
    y = 0.78 - 0.08 * free
    return _outline(
        width,
        depth,
        [
            (-1, -1),
            (1, -1),
            (1, y),
            (0.62, y),
            (0.62, 1),
            (0.38, 1),
            (0.38, y),
            (-0.38, y),
            (-0.38, 1),
            (-0.62, 1),
            (-0.62, y),
            (-1, y),
        ],
    )


def cross(width: Floats, depth: Floats, free: Floats) -> Floats:
    """A tower with four arms."""
    x, y = 0.38 + 0.12 * free, 0.42 + 0.1 * free
    return _outline(
        width,
        depth,
        [
            (-x, -1),
            (x, -1),
            (x, -y),
            (1, -y),
            (1, y),
            (x, y),
            (x, 1),
            (-x, 1),
            (-x, y),
            (-1, y),
            (-1, -y),
            (-x, -y),
        ],
    )


def waist(width: Floats, depth: Floats, free: Floats) -> Floats:
    """An H: two wings and a narrow middle with the lifts."""
    x, low, high = 0.24 + 0.1 * free, -0.55 - 0.1 * free, 0.4 + 0.15 * free
    return _outline(
        width,
        depth,
        [
            (-1, -1),
            (-x, -1),
            (-x, low),
            (x, low),
            (x, -1),
            (1, -1),
            (1, 1),
            (x, 1),
            (x, high),
            (-x, high),
            (-x, 1),
            (-1, 1),
        ],
    )


def court(width: Floats, depth: Floats, free: Floats) -> Floats:
    """A U around a court open to the south."""
    x, y = 0.55 + 0.15 * free, 0.35 + 0.2 * free
    return _outline(width, depth, [(-1, -1), (-x, -1), (-x, y), (x, y), (x, -1), (1, -1), (1, 1), (-1, 1)])


def comb(width: Floats, depth: Floats, free: Floats) -> Floats:
    """An E of three classroom wings."""
    y = 0.4 + 0.15 * free
    return _outline(
        width,
        depth,
        [
            (-1, -1),
            (-0.68, -1),
            (-0.68, y),
            (-0.16, y),
            (-0.16, -0.8),
            (0.16, -0.8),
            (0.16, y),
            (0.68, y),
            (0.68, -1),
            (1, -1),
            (1, 1),
            (-1, 1),
        ],
    )


def annex(width: Floats, depth: Floats, free: Floats) -> Floats:
    """A hall with an office annex along part of its front."""
    x, y = -0.35 + 0.6 * free, -0.8 + 0.1 * free
    return _outline(width, depth, [(-1, -1), (x, -1), (x, y), (1, y), (1, 1), (-1, 1)])


def saw(width: Floats, depth: Floats, free: Floats) -> Floats:
    """A hall whose back steps in bays."""
    a, b = 0.88 - 0.1 * free, 0.74 - 0.1 * free
    return _outline(
        width, depth, [(-1, -1), (1, -1), (1, b), (0.34, b), (0.34, a), (-0.33, a), (-0.33, 1), (-1, 1)]
    )


def notched(width: Floats, depth: Floats, free: Floats) -> Floats:
    """A podium with cut corners, as malls have."""
    x, y = 0.72 + 0.12 * free, 0.6 + 0.2 * free
    return _outline(width, depth, [(-1, -y), (-x, -1), (x, -1), (1, -y), (1, 1), (-1, 1)])
