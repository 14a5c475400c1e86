"""A whole model moved from one version to the next: told once, so that every element does not seem moved.

This happens when a project is placed anew: a site is moved or turned, and everything in it goes along.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from bim.finding import Sentence

FEWEST = 10
"""Elements that must move alike before it is the model that moved."""
SHARE = 0.6
"""Share of the elements that must move alike."""

Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True, slots=True)
class Movement:
    """``point -> rotation (point - centre) + centre + shift``, metres."""

    rotation: Array
    centre: Array
    shift: Array

    @property
    def turn_deg(self) -> float:
        """Angle of the rotation."""
        cosine = (np.trace(self.rotation) - 1) / 2
        return float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "shift_m": [round(float(value), 4) for value in self.shift],
            "turn_deg": round(self.turn_deg, 4),
        }

    def sentence(self) -> Sentence:
        """What happened, in words."""
        distance = float(np.linalg.norm(self.shift))
        return Sentence(
            f"整个模型移动了 {distance:.3f} 米、转动了 {self.turn_deg:.3f} 度；以下只列出此外的变化。",
            f"The whole model was moved by {distance:.3f} m and turned by {self.turn_deg:.3f} degrees; "
            "only what changed besides is listed.",
        )


def common(before: Array, after: Array) -> Movement | None:
    """The movement that most elements share; None where most stay, or move each for itself.

    Parameters
    ----------
    before, after
        ``(n, 4, 4)`` placements of the same elements, metres.
    """
    if len(before) < FEWEST:
        return None
    rotations = after[:, :3, :3] @ np.swapaxes(before[:, :3, :3], 1, 2)
    centre = before[:, :3, 3].mean(axis=0)
    arms = before[:, :3, 3] - centre
    shifts = after[:, :3, 3] - centre - np.einsum("nij,nj->ni", rotations, arms)
    steps = np.concatenate([rotations.reshape(-1, 9) / 1e-6, shifts / 1e-3], axis=1)
    # Halves of the step lie between two numbers that drawings are full of.
    _, first, inverse, numbers = np.unique(
        np.floor(steps + 0.5137), axis=0, return_index=True, return_inverse=True, return_counts=True
    )
    best = int(np.argmax(numbers))
    if numbers[best] < max(FEWEST, SHARE * len(before)):
        return None
    members = inverse.reshape(-1) == best
    rotation, shift = rotations[first[best]], shifts[members].mean(axis=0)
    still = np.linalg.norm(rotation - np.eye(3)) < 1e-5 and np.linalg.norm(shift) < 1e-3
    return None if still else Movement(rotation, centre, shift)


def moved(placements: Array, movement: Movement) -> Array:
    """The placements after the movement."""
    result = placements.copy()
    result[:, :3, :3] = movement.rotation @ placements[:, :3, :3]
    arms = placements[:, :3, 3] - movement.centre
    result[:, :3, 3] = arms @ movement.rotation.T + movement.centre + movement.shift
    return result
