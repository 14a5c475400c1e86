"""Pairing without a server: codes, tokens, what is forgotten, who hears what."""

from __future__ import annotations

from typing import Any

import pytest

from twin.errors import InputError, TooManyTries, UnknownName
from twin.web import pairing
from twin.web.pairing import Message, Pairings


class Clock:
    """Time that passes when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def walls(clock: Clock) -> Pairings:
    return Pairings(clock)


def listening(walls: Pairings) -> tuple[str, str, str, list[Message]]:
    """A wall that is connected: id, secret, code, and the commands it hears."""
    identity, secret, code = walls.register()
    heard: list[Message] = []
    walls.listen(walls.wall(identity, secret), heard.append)
    return identity, secret, code, heard


def test_a_phone_drives_the_wall_whose_code_it_knows(walls: Pairings) -> None:
    _, _, code, heard = listening(walls)
    _, _, _, others = listening(walls)
    assert len(code) == 6
    assert code.isdigit()
    token, _ = walls.pair(code, "10.0.0.2")
    assert walls.command(token, {"do": "next"}) == 2
    assert walls.command(token, {"do": "jump", "index": 3, "viewpoint": "0123456789ab"}) == 3
    assert heard == [
        {"serial": 1, "do": "paired", "phones": 1},
        {"serial": 2, "do": "next"},
        {"serial": 3, "do": "jump", "index": 3, "viewpoint": "0123456789ab"},
    ]
    assert others == []


def test_a_code_works_once(walls: Pairings) -> None:
    _, _, code, heard = listening(walls)
    walls.pair(code, "a")
    with pytest.raises(InputError, match="wrong or has expired"):
        walls.pair(code, "b")
    assert len(heard) == 1


def test_a_code_holds_five_minutes(walls: Pairings, clock: Clock) -> None:
    _, _, code, heard = listening(walls)
    clock.now += pairing.CODE_S + 1
    with pytest.raises(InputError, match="wrong or has expired"):
        walls.pair(code, "a")
    assert heard == []
    assert pairing.CODE_S == 300


def test_a_new_code_ends_the_one_before(walls: Pairings, clock: Clock) -> None:
    identity, secret, code, _ = listening(walls)
    clock.now += 200
    fresh = walls.new_code(identity, secret)
    assert fresh != code
    assert walls.code_left_s(walls.wall(identity, secret)) == pairing.CODE_S
    with pytest.raises(InputError):
        walls.pair(code, "a")
    walls.pair(fresh, "a")
    assert walls.code_left_s(walls.wall(identity, secret)) == 0


def test_guessing_from_one_address_ends(walls: Pairings, clock: Clock) -> None:
    _, _, code, heard = listening(walls)
    wrong = "000000" if code != "000000" else "000001"
    for _ in range(pairing.TRIES_OF_ADDRESS):
        with pytest.raises(InputError, match="wrong"):
            walls.pair(wrong, "guesser")
    with pytest.raises(TooManyTries):
        walls.pair(code, "guesser")
    walls.pair(code, "presenter")
    clock.now += pairing.TRIES_S + 1
    with pytest.raises(InputError, match="wrong"):
        walls.pair(wrong, "guesser")
    assert [item["do"] for item in heard] == ["paired"]


def test_guessing_from_many_addresses_ends(walls: Pairings) -> None:
    _, _, code, _ = listening(walls)
    wrong = "000000" if code != "000000" else "000001"
    for number in range(pairing.TRIES_OF_ALL):
        with pytest.raises(InputError, match="wrong"):
            walls.pair(wrong, f"10.0.{number}.1")
    with pytest.raises(TooManyTries):
        walls.pair(code, "10.9.9.9")


def test_what_belongs_to_another_wall_is_refused(walls: Pairings) -> None:
    one, _, _, _ = listening(walls)
    _, other, _, _ = listening(walls)
    for identity, secret in ((one, other), (one, ""), ("none", other), (one, "\ud800")):
        with pytest.raises(UnknownName):
            walls.wall(identity, secret)
        with pytest.raises(UnknownName):
            walls.new_code(identity, secret)


def test_secrets_are_long_and_not_kept(walls: Pairings) -> None:
    identity, secret, code, _ = listening(walls)
    token, wall = walls.pair(code, "a")
    assert min(len(secret), len(token)) >= 43  # 256 bits in base64
    assert secret not in repr(wall)
    assert token not in repr(wall)
    assert identity == wall.id


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"do": "explode"},
        {"do": "jump"},
        {"do": "jump", "index": -1},
        {"do": "jump", "index": "2"},
        {"do": "layer", "layer": "building"},
        {"do": "layer", "layer": "../x", "on": True},
        {"do": "base", "on": 1},
        {"do": "base"},
        {"do": "next", "more": 1},
        {"do": "paired"},
    ],
)
def test_what_is_no_command_does_nothing(walls: Pairings, body: dict[str, Any]) -> None:
    _, _, code, heard = listening(walls)
    token, _ = walls.pair(code, "a")
    with pytest.raises(InputError):
        walls.command(token, body)
    assert len(heard) == 1


def test_only_layers_of_the_wall_are_switched(walls: Pairings) -> None:
    identity, secret, code, heard = listening(walls)
    token, _ = walls.pair(code, "a")
    with pytest.raises(UnknownName):
        walls.command(token, {"do": "layer", "layer": "sensor", "on": True})
    walls.tell(walls.wall(identity, secret), {"layers": {"sensor": False}})
    walls.command(token, {"do": "layer", "layer": "sensor", "on": True})
    assert heard[-1] == {"serial": 2, "do": "layer", "layer": "sensor", "on": True}


def test_a_stranger_drives_nothing(walls: Pairings) -> None:
    _, _, _, heard = listening(walls)
    for token in ("", "x", "\ud800"):
        with pytest.raises(UnknownName):
            walls.command(token, {"do": "next"})
        with pytest.raises(UnknownName):
            walls.follow(token, heard.append)
        walls.unfollow(token, heard.append)
    assert heard == []


def test_the_wall_is_followed(walls: Pairings) -> None:
    identity, secret, code, heard = listening(walls)
    token, wall = walls.pair(code, "a")
    seen: list[Message] = []
    walls.tell(wall, {"tour": "standard", "index": 2, "elapsed_s": 4.5})
    first = walls.follow(token, seen.append)
    assert (first["connected"], first["tour"], first["index"], first["elapsed_s"]) == (
        True,
        "standard",
        2,
        4.5,
    )
    walls.tell(wall, {"tour": "standard", "index": 3, "paused": True})
    walls.leave(wall, heard.append)
    walls.listen(walls.wall(identity, secret), heard.append)
    assert [item["kind"] for item in seen] == ["state", "wall", "wall"]
    assert (seen[0]["index"], seen[0]["paused"]) == (3, True)
    assert [item["connected"] for item in seen[1:]] == [False, True]
    walls.unfollow(token, seen.append)
    walls.tell(wall, {"index": 4})
    assert len(seen) == 3


@pytest.mark.parametrize(
    "state",
    [
        {"index": -1},
        {"tour": 3},
        {"layers": {"../x": True}},
        {"paused": "no"},
        {"elapsed_s": float("nan")},
        {"x": 1},
    ],
)
def test_a_state_that_is_none_changes_nothing(walls: Pairings, state: dict[str, Any]) -> None:
    identity, secret, _, _ = listening(walls)
    wall = walls.wall(identity, secret)
    walls.tell(wall, {"index": 1})
    with pytest.raises(InputError):
        walls.tell(wall, state)
    assert wall.state.index == 1


def test_a_tap_while_the_wall_connects_again_is_not_lost(walls: Pairings, clock: Clock) -> None:
    identity, secret, code, heard = listening(walls)
    token, wall = walls.pair(code, "a")
    walls.command(token, {"do": "pause"})
    walls.leave(wall, heard.append)
    clock.now += 1
    walls.command(token, {"do": "next"})
    missed = walls.listen(walls.wall(identity, secret), heard.append, after=2)
    assert missed == [{"serial": 3, "do": "next"}]
    walls.leave(wall, heard.append)
    walls.command(token, {"do": "previous"})
    clock.now += pairing.REPLAY_S + 1
    assert walls.listen(walls.wall(identity, secret), heard.append, after=3) == []


def test_a_tap_for_a_wall_that_is_gone_is_said(walls: Pairings, clock: Clock) -> None:
    _, _, code, heard = listening(walls)
    token, wall = walls.pair(code, "a")
    walls.leave(wall, heard.append)
    clock.now += pairing.REPLAY_S + 1
    with pytest.raises(UnknownName, match="the wall is gone"):
        walls.command(token, {"do": "next"})


def test_a_phone_is_forgotten_after_hours(walls: Pairings, clock: Clock) -> None:
    identity, secret, code, _ = listening(walls)
    idle, _ = walls.pair(code, "a")
    used, wall = walls.pair(walls.new_code(identity, secret), "b")
    open_, _ = walls.pair(walls.new_code(identity, secret), "c")
    walls.follow(open_, lambda message: None)
    for _ in range(5):
        clock.now += pairing.PHONE_IDLE_S / 4
        walls.command(used, {"do": "next"})
    with pytest.raises(UnknownName, match="no longer paired"):
        walls.command(idle, {"do": "next"})
    walls.command(open_, {"do": "next"})
    assert len(wall.phones) == 2


def test_a_wall_is_forgotten_and_its_phones_hear_of_it(walls: Pairings, clock: Clock) -> None:
    identity, secret, code, heard = listening(walls)
    token, wall = walls.pair(code, "a")
    told: list[Message] = []
    walls.follow(token, told.append)
    walls.leave(wall, heard.append)
    clock.now += pairing.WALL_IDLE_S + 1
    with pytest.raises(UnknownName):
        walls.wall(identity, secret)
    assert told[-1] == {"kind": "end"}


def test_a_phone_is_put_away(walls: Pairings) -> None:
    _, _, code, _ = listening(walls)
    token, wall = walls.pair(code, "a")
    told: list[Message] = []
    walls.follow(token, told.append)
    walls.unpair(token)
    assert told == [{"kind": "end"}]
    assert wall.phones == {}
    with pytest.raises(UnknownName):
        walls.unpair(token)


def test_numbers_are_limited(walls: Pairings, clock: Clock) -> None:
    identity, secret, code, _ = listening(walls)
    first, wall = walls.pair(code, "a")
    for number in range(pairing.MOST_PHONES):
        clock.now += 1
        walls.pair(walls.new_code(identity, secret), str(number))
    assert len(wall.phones) == pairing.MOST_PHONES
    with pytest.raises(UnknownName):
        walls.command(first, {"do": "next"})
    gone, forgotten, _ = walls.register()
    for _ in range(pairing.MOST_WALLS - 1):
        clock.now += 1
        listening(walls)
    with pytest.raises(UnknownName):
        walls.wall(gone, forgotten)
    with pytest.raises(InputError, match="walls are connected"):
        walls.register()
