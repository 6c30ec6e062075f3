"""Screens that follow the live stream as browsers ask for it, packed, and note when each message has arrived.

All screens get the same bytes: one of them unpacks them and looks inside, the others need only a check sum.
"""

from __future__ import annotations

import selectors
import socket
import time
import zlib
from array import array
from dataclasses import dataclass, field

import msgspec

from bench.load.gateways import number_of
from bench.load.ward import Served

_BUFFER = 1 << 20
_LINE = 32


class _Cot(msgspec.Struct):
    label: str
    values: dict[str, float]


class _Snapshot(msgspec.Struct):
    seq: int
    cots: list[_Cot]


@dataclass(slots=True)
class Stream:
    """One connection: check sum and monotonic ns of each message, and its bytes; `seqs` are found at the end."""

    sums: array[int] = field(default_factory=lambda: array("Q"))
    arrived: array[int] = field(default_factory=lambda: array("q"))
    seqs: list[int] = field(default_factory=list)
    received: int = 0


@dataclass(slots=True)
class Seen:
    """What the screens saw: streams, the snapshot that first had each sample (cot, round, number), unpacked bytes."""

    streams: list[Stream] = field(default_factory=list)
    share: float = 0.0
    unpacked: int = 0
    first: dict[tuple[int, int, int], int] = field(default_factory=dict)


class _Screen:
    """Takes an endless answer in HTTP chunks apart; each chunk is one message."""

    def __init__(self, served: Served, looks_inside: bool) -> None:
        self.stream = Stream()
        self.messages: list[bytes] | None = [] if looks_inside else None
        self.connection = socket.create_connection((served.host, served.port))
        head = ("GET /api/live HTTP/1.1", f"Host: {served.host}:{served.port}", "Accept: text/event-stream")
        rest = ("Accept-Encoding: gzip", "Cookie: " + "=".join(served.screen), "", "")
        self.connection.sendall("\r\n".join([*head, *rest]).encode())
        answer = b""
        while not answer.endswith(b"\r\n\r\n"):
            answer += self.connection.recv(1)
        self._line, self._left, self._sum = b"\r\n", 0, 0
        self._parts: list[bytes] = []

    def take(self, view: memoryview, at: int) -> None:
        """Take what came without copying it."""
        self.stream.received += len(view)
        while len(view):
            if self._left == 0:
                view = view[self._begin(view) :]
                continue
            step = min(self._left, len(view))
            self._sum = zlib.crc32(view[:step], self._sum)
            if self.messages is not None:
                self._parts.append(bytes(view[:step]))
            view, self._left = view[step:], self._left - step
            if self._left == 0:
                self._end(at)

    def _begin(self, view: memoryview) -> int:
        """Look for the size of the next chunk after the end of the last; return how many bytes are done with."""
        known = len(self._line)
        line = self._line + bytes(view[:_LINE])
        end = line.find(b"\r\n", 2)
        if end < 0:
            self._line = line
            return len(line) - known
        self._left, self._sum, self._line = int(line[2:end], 16), 0, b""
        return end + 2 - known

    def _end(self, at: int) -> None:
        self.stream.sums.append(self._sum)
        self.stream.arrived.append(at)
        if self.messages is not None:
            self.messages.append(b"".join(self._parts))
            self._parts = []


def watch(served: Served, count: int, seconds: float) -> Seen:
    """Follow the stream on `count` connections for so many seconds."""
    chooser = selectors.DefaultSelector()
    screens = [_Screen(served, looks_inside=place == 0) for place in range(count)]
    for screen in screens:
        chooser.register(screen.connection, selectors.EVENT_READ, screen)
    seen = Seen([screen.stream for screen in screens])
    buffer = memoryview(bytearray(_BUFFER))
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for ready, _ in chooser.select(0.2):
            size = ready.data.connection.recv_into(buffer)
            if not size:
                raise SystemExit("the server ended a stream")
            ready.data.take(buffer[:size], time.monotonic_ns())
    for screen in screens:
        screen.connection.close()
    seen.share = time.process_time() / seconds
    _look_inside(screens[0], served, seen)
    return seen


def _look_inside(screen: _Screen, served: Served, seen: Seen) -> None:
    """Unpack what one screen got, note what was in it, and put the snapshots' numbers to what every screen got."""
    place_of = {label: place for place, label in enumerate(served.labels)}
    unpack, seq_of = zlib.decompressobj(zlib.MAX_WBITS | 16), {}
    last: dict[int, int] = {}
    turns: dict[int, int] = {}
    for check_sum, message in zip(screen.stream.sums, screen.messages or (), strict=True):
        text = unpack.decompress(message)
        seen.unpacked += len(text)
        if b"event: snapshot" in text:
            snapshot = msgspec.json.decode(text[text.index(b"data: ") + 6 :].strip(), type=_Snapshot)
            seq_of[check_sum] = snapshot.seq
            _note(snapshot, place_of, last, turns, seen)
    for stream in seen.streams:
        known = [(seq_of[one], at) for one, at in zip(stream.sums, stream.arrived, strict=True) if one in seq_of]
        stream.seqs, stream.arrived = [seq for seq, _ in known], array("q", [at for _, at in known])


def _note(
    snapshot: _Snapshot, place_of: dict[str, int], last: dict[int, int], turns: dict[int, int], seen: Seen
) -> None:
    """Note which samples this snapshot is the first to show; numbers wrap, so each round of them has its own."""
    for cot in snapshot.cots:
        temperature = cot.values.get("temperature")
        if temperature is None:
            continue
        place, number = place_of[cot.label], number_of(temperature)
        before = last.get(place)
        if number != before:
            if before is not None and number < before:
                turns[place] = turns.get(place, 0) + 1
            last[place] = number
            seen.first[place, turns.get(place, 0), number] = snapshot.seq
