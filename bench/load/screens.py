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
_HEAD = 2_048


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
    """What the screens saw: their streams, and in which snapshot each sample (cot, round, number) was first."""

    streams: list[Stream] = field(default_factory=list)
    share: float = 0.0
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

    def take(self, view: memoryview, at: int) -> list[bytes]:
        """Take what came without copying it; return the bodies of whole snapshots when this screen looks inside."""
        self.stream.received += len(view)
        bodies: list[bytes] = []
        while len(view):
            if self._left == 0:
                view = view[self._begin(view) :]
                continue
            step = min(self._left, len(view))
            if self._keeps:
                self._body.append(bytes(view[:step]))
            view, self._left = view[step:], self._left - step
            if self._left == 0:
                self.stream.seqs.append(self._seq)
                self.stream.arrived.append(at)
                bodies += [b"".join(self._body)] if self._keeps else []
        return bodies

    def _begin(self, view: memoryview) -> int:
        """Look for the size of the next chunk and the number of its snapshot; return how many bytes are done with."""
        known = len(self._pending)
        head = self._pending + bytes(view[:_HEAD])
        start = head.find(b"id: ")
        end = head.find(b"\n", start)
        if start < 0 or end < 0:
            self._pending = head
            return len(head) - known
        size = int(head[:start].rstrip().rpartition(b"\n")[2], 16) + len(b"\r\n")
        self._seq, self._pending = int(head[start + 4 : end]), b""
        self._body = [head[start:known]]
        self._left = size - max(0, known - start)
        return max(0, start - known)


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
    buffer = memoryview(bytearray(_BUFFER))
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for ready, _ in chooser.select(0.2):
            count_read = ready.data.connection.recv_into(buffer)
            if not count_read:
                raise SystemExit("the server ended a stream")
            for body in ready.data.take(buffer[:count_read], time.monotonic_ns()):
                _note(body, place_of, last, turns, seen)
    for screen in screens:
        screen.connection.close()
    seen.share = time.process_time() / seconds
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
