"""Walls and the phones that drive them: pure state in memory, without a server or a clock of its own.

A wall registers and shows a code; whoever types or scans it within five minutes
pairs one phone with that wall and gets a token. Commands go from the phone to
the wall's stream, the wall's state to the phones' streams. Nothing is written
down: with the server's end every pairing ends.

Used from one thread, the server's event loop.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from twin.errors import InputError, TooManyTries, UnknownName

CODE_S = 300.0
"""How long a code holds."""
PHONE_IDLE_S = 4 * 3600.0
WALL_IDLE_S = 12 * 3600.0
"""A phone or a wall that is neither connected nor heard of for so long is forgotten."""
MOST_WALLS = 50
MOST_PHONES = 8
TRIES_OF_ADDRESS = 5
TRIES_OF_ALL = 30
TRIES_S = 60.0
"""Wrong codes within so many seconds, from one address and from all together, after which none is looked at."""
REPLAY_S = 5.0
"""A command that found its wall between two connections is delivered when it is not older than that."""
_KEPT_COMMANDS = 50

Message = dict[str, Any]
Listener = Callable[[Message], None]
Clock = Callable[[], float]

LayerName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


class WallState(BaseModel):
    """What a wall shows, as it tells it: a tour by id, the number of the viewpoint from 0, and what is laid over it.

    ``elapsed_s`` are the seconds the viewpoint has been up, ``layers`` those that can be switched with their state.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    tour: str = Field(default="", max_length=80)
    index: int = Field(default=0, ge=0, le=999)
    paused: bool = False
    base: bool = False
    scenario: str = Field(default="", pattern=r"^[0-9a-f]{0,32}$")
    layers: dict[LayerName, bool] = Field(default_factory=dict, max_length=60)
    elapsed_s: float = Field(default=0, ge=0, le=86400, allow_inf_nan=False)


class Command(BaseModel):
    """What a phone asks of its wall: ``index`` and ``viewpoint`` of a jump, ``layer`` and ``on`` of a layer or the base."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    do: Literal["next", "previous", "pause", "resume", "jump", "layer", "base"]
    index: int | None = Field(None, ge=0, le=999)
    viewpoint: str = Field("", pattern=r"^([0-9a-f]{8,32})?$")
    layer: str = Field("", pattern=r"^([a-z][a-z0-9_]{0,39})?$")
    on: bool | None = None

    def as_dict(self) -> Message:
        """Plain data for the wall: the parts that this command has."""
        return self.model_dump(exclude_defaults=True) | {"do": self.do}


@dataclass(slots=True)
class Phone:
    """A paired phone: where to send what it is to know, and when it was last heard of."""

    seen: float
    listeners: set[Listener] = field(default_factory=set)


@dataclass(slots=True)
class Wall:
    """One wall. ``code`` is None after it was used or before one is asked for."""

    id: str
    secret: str
    seen: float
    code: str | None = None
    code_until: float = 0.0
    state: WallState = field(default_factory=WallState)
    listeners: set[Listener] = field(default_factory=set)
    phones: dict[str, Phone] = field(default_factory=dict)
    commands: deque[tuple[int, float, Message]] = field(default_factory=lambda: deque(maxlen=_KEPT_COMMANDS))
    serial: int = 0

    @property
    def connected(self) -> bool:
        """Whether a wall's page listens now."""
        return bool(self.listeners)


class Pairings:
    """The walls of one server and their phones."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._walls: dict[str, Wall] = {}
        self._wrong: deque[tuple[float, str]] = deque()

    # -- the wall ------------------------------------------------------------

    def register(self) -> tuple[str, str, str]:
        """A new wall: its id, the secret it proves itself with, and its first code."""
        self._forget()
        if len(self._walls) >= MOST_WALLS:
            idle = min(self._walls.values(), key=lambda wall: (wall.connected, wall.seen))
            if idle.connected:
                raise InputError(
                    f"已有 {MOST_WALLS} 块大屏连接；请先关闭不用的。",
                    f"{MOST_WALLS} walls are connected; close one first.",
                )
            self._drop(idle)
        secret = secrets.token_urlsafe(32)
        wall = Wall(secrets.token_hex(8), _digest(secret), self._clock())
        self._walls[wall.id] = wall
        return wall.id, secret, self._new_code(wall)

    def new_code(self, identity: str, secret: str) -> str:
        """Another code in place of the present one, which stops working."""
        return self._new_code(self.wall(identity, secret))

    def wall(self, identity: str, secret: str) -> Wall:
        """The wall that proves itself; :class:`UnknownName` when there is none or the secret is another's."""
        self._forget()
        wall = self._walls.get(identity)
        if wall is None or not secrets.compare_digest(wall.secret, _digest(secret)):
            raise UnknownName(
                "没有这块大屏，服务可能已重启；请刷新大屏页面。",
                "there is no such wall; the server may have been started anew: reload the wall's page.",
            )
        wall.seen = self._clock()
        return wall

    def listen(self, wall: Wall, listener: Listener, after: int | None = None) -> list[Message]:
        """Send commands to ``listener`` from now on; returns those after number ``after`` that were missed just now."""
        wall.listeners.add(listener)
        wall.seen = self._clock()
        self._to_phones(wall, {"kind": "wall", "connected": True})
        if after is None:
            return []
        return [
            message
            for number, at, message in wall.commands
            if number > after and self._clock() - at <= REPLAY_S
        ]

    def leave(self, wall: Wall, listener: Listener) -> None:
        """End what :meth:`listen` began; the phones hear of it when it was the last."""
        wall.listeners.discard(listener)
        wall.seen = self._clock()
        if not wall.connected:
            self._to_phones(wall, {"kind": "wall", "connected": False})

    def tell(self, wall: Wall, state: Mapping[str, Any]) -> WallState:
        """Take over what the wall shows now and pass it on to its phones."""
        try:
            wall.state = WallState.model_validate(dict(state))
        except ValidationError as error:
            where = ".".join(map(str, error.errors()[0]["loc"]))[:60]
            raise InputError(
                f"大屏状态的 {where} 无效。", f"the state of the wall is not valid: {where}."
            ) from None
        self._to_phones(wall, {"kind": "state", **wall.state.model_dump()})
        return wall.state

    def code_left_s(self, wall: Wall) -> float:
        """Seconds for which the wall's code still holds; 0 when it has none."""
        return max(0.0, wall.code_until - self._clock()) if wall.code else 0.0

    # -- the phone -----------------------------------------------------------

    def pair(self, code: str, address: str) -> tuple[str, Wall]:
        """Pair the phone at ``address`` with the wall that shows ``code``: its token, and the wall.

        The code is used up. :class:`InputError` for a wrong or expired one, :class:`TooManyTries` after several.
        """
        self._forget()
        now = self._clock()
        while self._wrong and now - self._wrong[0][0] > TRIES_S:
            self._wrong.popleft()
        mine = sum(origin == address for _, origin in self._wrong)
        if mine >= TRIES_OF_ADDRESS or len(self._wrong) >= TRIES_OF_ALL:
            raise TooManyTries(
                "配对码错误次数过多，请一分钟后再试。", "too many wrong codes; try again in a minute."
            )
        wall = next((item for item in self._walls.values() if item.code == code), None)
        if wall is None or now > wall.code_until:
            self._wrong.append((now, address))
            raise InputError(
                "配对码不对或已过期；请按大屏上现在显示的 6 位数字重试。",
                "the code is wrong or has expired; use the six digits that the wall shows now.",
            )
        wall.code, wall.code_until = None, 0.0
        if len(wall.phones) >= MOST_PHONES:
            oldest = min(
                wall.phones, key=lambda key: (bool(wall.phones[key].listeners), wall.phones[key].seen)
            )
            self._end(wall, oldest)
        token = secrets.token_urlsafe(32)
        wall.phones[_digest(token)] = Phone(now)
        self._command(wall, {"do": "paired", "phones": len(wall.phones)})
        return token, wall

    def phone(self, token: str) -> tuple[Wall, Phone]:
        """The phone with this token and its wall; :class:`UnknownName` when it is not paired (any more)."""
        self._forget()
        key = _digest(token)
        for wall in self._walls.values():
            if key in wall.phones:
                wall.phones[key].seen = self._clock()
                return wall, wall.phones[key]
        raise UnknownName(
            "此手机已不再与大屏配对；请输入大屏上的配对码重新配对。",
            "this phone is no longer paired; type the code that the wall shows.",
        )

    def command(self, token: str, body: Mapping[str, Any]) -> int:
        """Send a command of a paired phone to its wall; returns the command's number.

        :class:`InputError` when it is none, :class:`UnknownName` when the phone is not paired or the wall is gone.
        """
        wall, _ = self.phone(token)
        command = _read(body)
        if not wall.connected and self._clock() - wall.seen > REPLAY_S:
            raise UnknownName(
                "大屏已断开；请检查大屏页面是否打开。", "the wall is gone; see whether its page is open."
            )
        if command.do == "layer" and command.layer not in wall.state.layers:
            raise UnknownName(
                f"大屏上没有可开关的图层 {command.layer!r}。",
                f"the wall has no layer {command.layer!r} to switch.",
            )
        return self._command(wall, command.as_dict())

    def follow(self, token: str, listener: Listener) -> Message:
        """Send the wall's state to ``listener`` from now on; returns the state there is."""
        wall, phone = self.phone(token)
        phone.listeners.add(listener)
        return {"connected": wall.connected, **wall.state.model_dump()}

    def unfollow(self, token: str, listener: Listener) -> None:
        """End what :meth:`follow` began; a token that is gone has nothing to end."""
        try:
            _, phone = self.phone(token)
        except UnknownName:
            return
        phone.listeners.discard(listener)

    def unpair(self, token: str) -> None:
        """Forget a phone."""
        wall, _ = self.phone(token)
        self._end(wall, _digest(token))

    # -- inside --------------------------------------------------------------

    def _new_code(self, wall: Wall) -> str:
        taken = {item.code for item in self._walls.values()}
        code = next(text for _ in range(10_000) if (text := f"{secrets.randbelow(10**6):06d}") not in taken)
        wall.code, wall.code_until = code, self._clock() + CODE_S
        return code

    def _command(self, wall: Wall, message: Message) -> int:
        wall.serial += 1
        numbered = {"serial": wall.serial, **message}
        wall.commands.append((wall.serial, self._clock(), numbered))
        for listener in list(wall.listeners):
            listener(numbered)
        return wall.serial

    def _to_phones(self, wall: Wall, message: Message) -> None:
        for phone in wall.phones.values():
            for listener in list(phone.listeners):
                listener(message)

    def _end(self, wall: Wall, key: str) -> None:
        phone = wall.phones.pop(key)
        for listener in list(phone.listeners):
            listener({"kind": "end"})

    def _drop(self, wall: Wall) -> None:
        for key in list(wall.phones):
            self._end(wall, key)
        del self._walls[wall.id]

    def _forget(self) -> None:
        """Forget codes, phones and walls whose time is over."""
        now = self._clock()
        for wall in list(self._walls.values()):
            if wall.code and now > wall.code_until:
                wall.code = None
            for key, phone in list(wall.phones.items()):
                if not phone.listeners and now - phone.seen > PHONE_IDLE_S:
                    self._end(wall, key)
            if not wall.connected and now - wall.seen > WALL_IDLE_S:
                self._drop(wall)


def _read(body: Mapping[str, Any]) -> Command:
    try:
        command = Command.model_validate(dict(body))
    except ValidationError as error:
        where = ".".join(map(str, error.errors()[0]["loc"]))[:60]
        raise InputError(f"遥控指令的 {where} 无效。", f"the command is not valid: {where}.") from None
    needs = {"jump": ("index", command.index), "layer": ("on", command.on), "base": ("on", command.on)}
    name, value = needs.get(command.do, ("", 0))
    if value is None:
        raise InputError(f"遥控指令缺少 {name}。", f"the command needs {name!r}.")
    return command


def _digest(secret: str) -> str:
    """Secrets are kept as digests, so that none can be read from a dump of the process."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
