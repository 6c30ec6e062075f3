"""One file of the spool: records behind one another, each with its length and checksum, fsynced one by one.

A record that was not whole when the power went is cut off: nobody was told that it is safe.
"""

import os
import struct
import zlib
from collections import deque
from dataclasses import dataclass
from pathlib import Path

# Checksum of all that follows; length of the body, number, readings in it, when it was written (epoch ms).
_HEAD = struct.Struct("<IIQIQ")
_AFTER_SUM = 4
LONGEST = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Head:
    """What a record says of itself, and where in its file it begins and ends."""

    number: int
    readings: int
    at: int
    begins: int
    ends: int


def whole_size(body: bytes) -> int:
    """Return how many bytes a record with this body takes."""
    return _HEAD.size + len(body)


def readings_in(path: Path) -> int:
    """Return how many readings a segment holds, without opening it for work."""
    data, at, found = path.read_bytes(), 0, 0
    while (head := _record_at(data, at)) is not None:
        at, found = head.ends, found + head.readings
    return found


class Segment:
    """Grows at its end; `heads` are of the records that still wait."""

    def __init__(self, path: Path) -> None:
        """Open a segment, or begin one; a torn end is cut off, what is damaged passed over. Raises OSError."""
        self.path = path
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        self.heads: deque[Head] = deque()
        self.size, self.damaged = 0, False
        self._find()

    def append(self, number: int, readings: int, at: int, body: bytes) -> None:
        """Add a record; it is on the disk on return. Raises OSError, and then the segment is as before."""
        head = _HEAD.pack(0, len(body), number, readings, at)[_AFTER_SUM:]
        record = struct.pack("<I", zlib.crc32(body, zlib.crc32(head))) + head + body
        try:
            _write(self._file, record, self.size)
            os.fsync(self._file)
        except OSError:
            os.ftruncate(self._file, self.size)
            raise
        self.heads.append(Head(number, readings, at, self.size, self.size + len(record)))
        self.size += len(record)

    def body(self, head: Head) -> bytes | None:
        """Return the body of a record, None when the disk gives back other bytes than were written."""
        record = os.pread(self._file, head.ends - head.begins, head.begins)
        if not _is_sound(record):
            self.damaged = True
            return None
        return record[_HEAD.size :]

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

    def _find(self) -> None:
        data = self.path.read_bytes()
        while self.size < len(data):
            head = _record_at(data, self.size)
            if head is not None:
                self.heads.append(head)
                self.size = head.ends
            elif (behind := _behind(data, self.size)) is not None:
                self.damaged, self.size = True, behind
            else:
                os.ftruncate(self._file, self.size)
                os.fsync(self._file)
                return


def _write(file: int, record: bytes, at: int) -> None:
    written = 0
    while written < len(record):
        written += os.pwrite(file, record[written:], at + written)


def _record_at(data: bytes, at: int) -> Head | None:
    """Return the sound record that begins here, None where there is none."""
    if at + _HEAD.size > len(data):
        return None
    _, length, number, readings, written_at = _HEAD.unpack_from(data, at)
    end = at + _HEAD.size + length
    sound = length <= LONGEST and end <= len(data) and _is_sound(data[at:end])
    return Head(number, readings, written_at, at, end) if sound else None


def _is_sound(record: bytes) -> bool:
    return len(record) > _HEAD.size and zlib.crc32(record[_AFTER_SUM:]) == struct.unpack_from("<I", record)[0]


def _behind(data: bytes, at: int) -> int | None:
    """Return where the next sound record lies behind an unsound one: that was no torn end then, but damage.

    The length of an unsound record is not believed: each place behind is looked at (seconds for a whole segment).
    """
    return next((behind for behind in range(at + 1, len(data)) if _record_at(data, behind) is not None), None)
