"""The spool as a folder of segments, readable by its owner alone: it holds patients' data."""

import fcntl
import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import msgspec
import structlog

from nicu_dashboard.adapters.spool.records import decode, decode_standing, encode
from nicu_dashboard.adapters.spool.segments import Head, Segment, readings_in, whole_size
from nicu_dashboard.ports.spool import Said, Spooled, SpoolFull, SpoolState, SpoolUnusable
from nicu_dashboard.ports.tick import Tick

Decoded = TypeVar("Decoded")

VERSION = 1
_LABEL = "label.json"
SEGMENT_BYTES = 4 * 1024 * 1024
# A server that hangs keeps its folder; the one that takes over goes into the next.
_PLACES = 9
# The last sixteenth of the spool takes no readings: alarms, acts and events must still find room.
_KEPT_FOR_ALARMS = 16


class _Label(msgspec.Struct):
    """Whose ticks these are: written once, before the first."""

    version: int
    writer: str
    store: str


class FolderSpool:
    """The port Spool; `limit` in bytes."""

    def __init__(self, folder: Path, limit: int) -> None:
        """Take where to spool and how much at most; nothing is touched before claim()."""
        self._base = self.folder = folder
        self.limit = limit
        self.writer = self._store = ""
        self._lock: int | None = None
        self._segments: list[Segment] = []
        self._last = 0
        self._state = SpoolState(0, 0, 0, limit, None)

    def claim(self, store: str) -> None:
        """Keep other processes away, bind an empty spool to a store, find what waits; raises SpoolUnusable."""
        try:
            self._claim(store)
        except BaseException:
            self.close()
            raise

    def claim_left(self, store: str) -> bool:
        """Claim a folder in which ticks of this store wait and that no process holds; return whether there is one."""
        self._store = store
        with suppress(OSError):
            return self._claim_waiting()
        return False

    def move_on(self) -> bool:
        """Where nothing waits here, take up what another server has left beside; return whether there was anything."""
        return False if self._state.ticks else self._claim_waiting()

    def _claim_waiting(self) -> bool:
        for place in self._places():
            label = _label(place) if any(place.glob("*.spool")) else None
            if label is None or (label.store, label.version) != (self._store, VERSION):
                continue
            lock, mine = _locked(place), self._lock
            if lock is not None:
                self.folder, self._lock, self.writer = place, lock, label.writer
                if mine is not None:
                    os.close(mine)
                self._load()
                return True
        return False

    def _claim(self, store: str) -> None:
        self._store = store
        try:
            self._lock_folder()
            self._load()
            self._bind(store)
        except OSError as error:
            reason = (error.strerror or "no reason given").lower()
            raise SpoolUnusable(
                f"The spool {self.folder} cannot be used ({reason}); name one that can be written in NICU_SPOOL_DIR."
            ) from None

    def _load(self) -> None:
        """Find what waits in the folder."""
        self._segments = [Segment(path) for path in sorted(self.folder.glob("*.spool"))]
        self._last = max((segment.heads[-1].number for segment in self._segments if segment.heads), default=0)
        self._tell()
        for segment in self._segments:
            if segment.damaged:
                structlog.get_logger("nicu.spool").error("a part of the spool is damaged", file=segment.path.name)

    def _places(self) -> list[Path]:
        return [self._base, *(self._base / str(number) for number in range(2, _PLACES + 1))]

    def _lock_folder(self) -> None:
        # What waits from before is taken up first.
        for place in sorted(self._places(), key=lambda place: not any(place.glob("*.spool"))):
            lock = _locked(place)
            if lock is not None:
                self.folder, self._lock = place, lock
                return
        raise SpoolUnusable(f"Other servers use the spool {self._base}; end them, or name another in NICU_SPOOL_DIR.")

    def _bind(self, store: str) -> None:
        label = _label(self.folder)
        if label is not None and (label.store, label.version) == (store, VERSION):
            self.writer = label.writer
            return
        if self._state.ticks:
            raise SpoolUnusable(
                f"The spool {self.folder} holds {self._state.readings:,} readings of another database or version; start"
                " with that DATABASE_URL once, or name another folder in NICU_SPOOL_DIR."
            )
        self.writer = secrets.token_hex(8)
        _put(self.folder / _LABEL, msgspec.json.encode(_Label(VERSION, self.writer, store)))

    def append(self, number: int, tick: Tick, at: int, epoch: int = 0) -> None:
        """Add a tick; it is durable on return. Raises SpoolFull, and then nothing was kept."""
        body = encode(tick, epoch)
        limit = self.limit - (self.limit // _KEPT_FOR_ALARMS if tick.readings else 0)
        if self._state.size + whole_size(body) > limit:
            raise SpoolFull(
                f"The spool is full ({self.limit // 1_000_000:,} MB): readings are refused until the database is back;"
                " NICU_SPOOL_MB gives it more room."
            )
        try:
            self._growing(number).append(number, len(tick.readings), at, body)
        except OSError as error:
            reason = (error.strerror or "no reason given").lower()
            raise SpoolFull(
                f"The spool cannot be written ({reason}): readings are refused; free some space for {self.folder.name}."
            ) from None
        self._last = number
        self._tell(added=len(tick.readings))

    def _growing(self, number: int) -> Segment:
        if not self._segments or self._segments[-1].size >= SEGMENT_BYTES:
            self._segments.append(Segment(self.folder / f"{number:020}.spool"))
            _sync(self.folder)
        return self._segments[-1]

    def oldest(self, readings: int) -> Sequence[Spooled]:
        """Return the oldest ticks, together about so many readings, at least one tick if there is any."""
        found: list[Spooled] = []
        unreadable: list[Head] = []
        for segment, head in self._waiting():
            if found and readings < head.readings:
                break
            decoded = _read(segment, head, decode)
            if decoded is None:
                unreadable.append(head)
                continue
            found.append(Spooled(head.number, *decoded))
            readings -= max(1, head.readings)
            if readings <= 0:
                break
        if unreadable and not found:
            self.forget(unreadable[-1].number)
        return found

    def said(self) -> Sequence[Said]:
        """Return what each tick that waits here says of alarms and silences, oldest first."""
        found = []
        for segment, head in self._waiting():
            if decoded := _read(segment, head, decode_standing):
                alarms, silences, epoch = decoded
                found.append(Said(epoch, head.at, alarms, silences))
        return found

    def forget(self, number: int) -> None:
        """Forget every tick up to this number: the store has it."""
        while self._segments:
            first = self._segments[0]
            while first.heads and first.heads[0].number <= number:
                first.heads.popleft()
            if first.heads:
                break
            self._segments.pop(0)
            _remove(first)
        _sync(self.folder)
        self._tell()

    def last_number(self) -> int:
        """Return the number of the newest tick that is or was here, 0 when there was none."""
        return self._last

    def state(self) -> SpoolState:
        """Return what waits."""
        return self._state

    def close(self) -> None:
        """Let other processes in; what waits stays."""
        for segment in self._segments:
            segment.close()
        self._segments = []
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _waiting(self) -> Iterator[tuple[Segment, Head]]:
        for segment in self._segments:
            yield from ((segment, head) for head in segment.heads)

    def _tell(self, added: int | None = None) -> None:
        """Bring the state up to date; counting every record anew is left out when one with so many readings is new."""
        size = sum(segment.size for segment in self._segments)
        first = next((segment.heads[0].at for segment in self._segments if segment.heads), None)
        if added is None:
            readings = sum(head.readings for segment in self._segments for head in segment.heads)
            ticks = sum(len(segment.heads) for segment in self._segments)
        else:
            readings, ticks = self._state.readings + added, self._state.ticks + 1
        self._state = SpoolState(readings, ticks, size, self.limit, first)


def _read(segment: Segment, head: Head, decoder: Callable[[bytes], Decoded]) -> Decoded | None:
    """Return what a record holds, None (said in the log, and the file will stay) when it cannot be read."""
    body = segment.body(head)
    try:
        if body is not None:
            return decoder(body)
    except ValueError:
        segment.damaged = True
    structlog.get_logger("nicu.spool").error("a part of the spool cannot be read", file=segment.path.name)
    return None


def _remove(segment: Segment) -> None:
    """Remove a segment that is done; one of which something could not be read stays for people to look at."""
    if segment.damaged:
        segment.path.rename(segment.path.with_suffix(".damaged"))
    else:
        segment.path.unlink()
    segment.close()


def _label(folder: Path) -> _Label | None:
    """Return whose ticks lie in a folder, None where that cannot be read."""
    with suppress(OSError, ValueError):
        return msgspec.json.decode((folder / _LABEL).read_bytes(), type=_Label)
    return None


def _locked(folder: Path) -> int | None:
    """Return the lock of a folder, made where it is missing; None while another process holds it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        return None
    return lock


def waiting_in(folder: Path) -> int:
    """Return how many readings wait in a spool, whoever holds it; nothing is changed."""
    return sum(readings_in(path) for path in folder.glob("**/*.spool"))


def _put(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    new = path.with_suffix(".new")
    with new.open("wb") as file:
        new.chmod(0o600)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    _sync(path.parent)


def _sync(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
