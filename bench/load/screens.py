"""Screens that follow the live stream and note when each snapshot has arrived; only one of them looks inside.

All snapshots are the same bytes for every screen, so the others need to read no more than the number in front.
"""

from __future__ import annotations

import selectors
import socket
import time
from array import array
from dataclasses import dataclass, field

import msgspec

from bench.load.gateways import number_of
from bench.load.ward import Served

_BUFFER = 1 << 20


class _Cot(msgspec.Struct):
    label: str
    values: dict[str, float]


class _Snapshot(msgspec.Struct):
    seq: int
    cots: list[_Cot]


@dataclass(slots=True)
class Stream:
    """One screen's connection: sequence numbers and monotonic ns of what came, and its bytes."""

    seqs: array[int] = field(default_factory=lambda: array("q"))
    arrived: array[int] = field(default_factory=lambda: array("q"))
    received: int = 0


@dataclass(slots=True)
class Seen:
    """What the screens saw: their streams, and in which snapshot each sample (cot, number) was first."""

    streams: list[Stream] = field(default_factory=list)
    first: dict[tuple[int, int, int], int] = field(default_factory=dict)


class _Screen:
    """Takes an endless answer in HTTP chunks apart; each chunk is one event."""

    def __init__(self, served: Served, keeps: bool) -> None:
        self.stream = Stream()
        self.connection = socket.create_connection((served.host, served.port))
        request = f"GET /api/live HTTP/1.1\r\nHost: {served.host}:{served.port}\r\nAccept: text/event-stream\r\n"
        self.connection.sendall(f"{request}Cookie: nicu_session={served.session}\r\n\r\n".encode())
        self._keeps = keeps
        self._pending = b""
        self._left = 0
        self._seq = 0
        self._body: list[bytes] = []

    def take(self, data: bytes, at: int) -> list[bytes]:
        """Take what came; return the bodies of whole snapshots when this screen looks inside."""
        self.stream.received += len(data)
        bodies: list[bytes] = []
        data = self._pending + data
        self._pending = b""
        while data:
            if self._left:
                part = data[: self._left]
                data = data[self._left :]
                self._left -= len(part)
                if self._keeps:
                    self._body.append(part)
                if not self._left and self._seq:
                    self.stream.seqs.append(self._seq)
                    self.stream.arrived.append(at)
                    if self._keeps:
                        bodies.append(b"".join(self._body))
                continue
            start = data.find(b"id: ")
            end = data.find(b"\n", start)
            if start < 0 or end < 0:
                self._pending = data
                break
            size = data[:start].rstrip().rpartition(b"\n")[2]
            self._seq = int(data[start + 4 : end])
            self._left, self._body = int(size, 16) + 2, []
            data = data[start:]
        return bodies


def watch(served: Served, count: int, seconds: float) -> Seen:
    """Follow the stream on `count` connections for so many seconds."""
    chooser = selectors.DefaultSelector()
    screens = [_Screen(served, keeps=place == 0) for place in range(count)]
    for screen in screens:
        chooser.register(screen.connection, selectors.EVENT_READ, screen)
    seen = Seen([screen.stream for screen in screens])
    place_of = {label: place for place, label in enumerate(served.labels)}
    last: dict[int, int] = {}
    turns: dict[int, int] = {}
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for ready, _ in chooser.select(0.2):
            data = ready.fileobj.recv(_BUFFER)  # type: ignore[union-attr]
            if not data:
                raise SystemExit("the server ended a stream")
            for body in ready.data.take(data, time.monotonic_ns()):
                _note(body, place_of, last, turns, seen)
    for screen in screens:
        screen.connection.close()
    return seen


def _note(body: bytes, place_of: dict[str, int], last: dict[int, int], turns: dict[int, int], seen: Seen) -> None:
    """Note which samples this snapshot is the first to show; numbers wrap, so each round of them has its own."""
    snapshot = msgspec.json.decode(body[body.index(b"data: ") + 6 :].strip(), type=_Snapshot)
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
