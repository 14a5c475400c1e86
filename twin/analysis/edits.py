"""What-if on a network: streets closed and links added, as a new network beside the old one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from twin.analysis.places import Places, column, fault

if TYPE_CHECKING:
    from twin.analysis._kernels import I32, I64
    from twin.analysis.network import Network


@dataclass(frozen=True, eq=False)
class Edited:
    """A network with edits.

    Attributes
    ----------
    network
        The edited network. Its first edges are those of the network before, in the same rows; edges
        that a link ends on are closed and replaced by pieces, which follow; the links come last.
    pieces
        A row for each piece: edge (its row), parent (the row it is cut from), t_from and t_to (of the parent).
    links
        Rows of the added links, in their order, int32[k].
    """

    network: Network
    pieces: pd.DataFrame
    links: I32

    def moved(self, places: pd.DataFrame | Places) -> Places:
        """Places of the network before, at the same spots of the edited one."""
        if isinstance(places, Places) and places.edge_count == self.network.n_edges:
            return places
        before = self.network.n_edges - len(self.pieces) - len(self.links)
        old = Places.of(places, before)
        edge, t = old.edge.copy(), old.t.copy()
        if len(self.pieces):
            parent = self.pieces["parent"].to_numpy()
            t_from, t_to = self.pieces["t_from"].to_numpy(), self.pieces["t_to"].to_numpy()
            rows = np.flatnonzero(np.isin(edge, parent))
            # Pieces lie in order of (parent, t_from), so the last that begins at or before t holds it.
            key = parent + t_from / 2
            at = np.searchsorted(key, edge[rows] + t[rows] / 2, side="right") - 1
            t[rows] = np.clip((t[rows] - t_from[at]) / (t_to[at] - t_from[at]), 0.0, 1.0)
            edge[rows] = self.pieces["edge"].to_numpy(np.int32)[at]
        return Places(edge, t, old.access_m, old.owner, old.count, self.network.n_edges)


def edited(network: Network, closed: I64, links: pd.DataFrame | None) -> Edited:
    """``network`` with the edges ``closed`` shut both ways and ``links`` added.

    Parameters
    ----------
    closed
        Rows of edges.
    links
        Columns edge_a, t_a, edge_b, t_b (where the link begins and ends on the network) and
        length_m; optionally seconds, seconds_back and oneway as in ``Network.from_frames``.

    Raises
    ------
    InputError
        An edge is not there, a position outside 0 .. 1 or a length negative.
    """
    if ((closed < 0) | (closed >= network.n_edges)).any():
        raise fault(
            f"要关闭的边不存在（共 {network.n_edges} 条）。",
            f"an edge to close is not there; there are {network.n_edges}.",
        )
    forward_s, backward_s = network.forward_s.copy(), network.backward_s.copy()
    forward_s[closed] = backward_s[closed] = np.inf
    if links is None or not len(links):
        pieces = pd.DataFrame({"edge": [], "parent": [], "t_from": [], "t_to": []}).astype(
            {"edge": np.int32, "parent": np.int32}
        )
        return Edited(network.with_seconds(forward_s, backward_s), pieces, np.empty(0, np.int32))
    ends = [_end(network, links, side) for side in ("a", "b")]
    length_m = column(links, "length_m", "links")
    if not ((length_m >= 0) & (length_m < np.inf)).all():
        raise fault("连线的 length_m 应不小于 0。", "the length_m of a link must be a number from 0.")

    shape = network.topology
    edge = np.concatenate([ends[0].edge, ends[1].edge])
    t = np.concatenate([ends[0].t, ends[1].t])
    inside = (t > 0) & (t < 1)
    # The new nodes, in order of (edge, t); several ends at one spot share one.
    wanted = np.stack([edge[inside].astype(np.float64), t[inside]], axis=1)
    spots, spot_of = np.unique(wanted, axis=0, return_inverse=True)
    spot_edge, spot_t = spots[:, 0].astype(np.int32), spots[:, 1]
    spot_node = network.n_nodes + np.arange(len(spots), dtype=np.int32)
    node = np.where(t == 0, shape.u[edge], shape.v[edge])
    node[inside] = spot_node[spot_of]

    parents, count = np.unique(spot_edge, return_counts=True)
    piece_parent = np.repeat(parents, count + 1)
    first = np.concatenate([[0], np.cumsum(count + 1)])
    n_pieces = len(piece_parent)
    is_first, is_last = np.zeros(n_pieces, np.bool_), np.zeros(n_pieces, np.bool_)
    is_first[first[:-1]] = is_last[first[1:] - 1] = True
    t_from, t_to = np.zeros(n_pieces), np.ones(n_pieces)
    piece_u, piece_v = shape.u[piece_parent], shape.v[piece_parent]
    t_from[~is_first], piece_u[~is_first] = spot_t, spot_node
    t_to[~is_last], piece_v[~is_last] = spot_t, spot_node
    share = t_to - t_from

    n_links = len(links)
    given = column(links, "seconds", "links") if "seconds" in links.columns else np.full(n_links, np.nan)
    back = column(links, "seconds_back", "links") if "seconds_back" in links.columns else given
    oneway = (
        column(links, "oneway", "links") == 1 if "oneway" in links.columns else np.zeros(n_links, np.bool_)
    )
    pieces_forward, pieces_backward = share * forward_s[piece_parent], share * backward_s[piece_parent]
    forward_s[parents] = backward_s[parents] = np.inf
    east, north = (
        np.concatenate([axis, axis[shape.u[spot_edge]] * (1 - spot_t) + axis[shape.v[spot_edge]] * spot_t])
        for axis in (shape.x, shape.y)
    )
    topology = shape.extended(
        east,
        north,
        np.concatenate([piece_u, node[:n_links]]),
        np.concatenate([piece_v, node[n_links:]]),
        np.concatenate([share * shape.length_m[piece_parent], length_m]),
        np.concatenate([shape.oneway[piece_parent], oneway]),
    )
    pieces = pd.DataFrame(
        {
            "edge": network.n_edges + np.arange(n_pieces, dtype=np.int32),
            "parent": piece_parent,
            "t_from": t_from,
            "t_to": t_to,
        }
    )
    return Edited(
        network.over(
            topology,
            np.concatenate([forward_s, pieces_forward, given]),
            np.concatenate([backward_s, pieces_backward, back]),
        ),
        pieces,
        (network.n_edges + n_pieces + np.arange(n_links)).astype(np.int32),
    )


def _end(network: Network, links: pd.DataFrame, side: str) -> Places:
    """Where the links begin (``a``) or end (``b``)."""
    frame = pd.DataFrame(
        {
            "edge": column(links, f"edge_{side}", "links"),
            "t": column(links, f"t_{side}", "links"),
            "access_m": 0.0,
        }
    )
    places = network.places(frame)
    if (places.edge < 0).any():
        raise fault("连线的端点不在路网上。", "an end of a link is off the network.")
    return places
