"""The write-ahead log of a SQLite file: finding a cut that SQLite itself passes over in silence."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

HEADER_BYTES = 32
FRAME_HEADER_BYTES = 24
CHECKED_FRAMES = 20_000
"""About 80 MB: beyond it only the shape of the frames is looked at, since adding up takes 0.1 ms each."""
MAGIC_LITTLE, MAGIC_BIG = 0x377F0682, 0x377F0683


@dataclass(frozen=True)
class _Log:
    page_size: int
    order: str
    salts: bytes
    seed: tuple[int, int]


def _checksum(data: bytes, seed: tuple[int, int], order: str) -> tuple[int, int]:
    first, second = seed
    words = struct.unpack(f"{order}{len(data) // 4}I", data)
    for even, odd in zip(words[::2], words[1::2], strict=True):
        first = (first + even + second) & 0xFFFFFFFF
        second = (second + odd + first) & 0xFFFFFFFF
    return first, second


def _read_header(raw: bytes) -> _Log | None:
    if len(raw) < HEADER_BYTES:
        return None
    magic, _, page_size, _, _, _, first, second = struct.unpack(">8I", raw[:HEADER_BYTES])
    if magic not in (MAGIC_LITTLE, MAGIC_BIG):
        return None
    order = "<" if magic == MAGIC_LITTLE else ">"
    seed = _checksum(raw[:24], (0, 0), order)
    return _Log(page_size, order, raw[16:24], seed) if seed == (first, second) else None


def describe_cut_wal(path: Path) -> list[str]:
    """Return what is wrong with a write-ahead log: frames of its present cycle that are cut or do not add up.

    SQLite stops reading at such a frame and drops all that follows without a word. Frames of an earlier cycle
    (other salts) are normal. An empty list also stands for no log.
    """
    try:
        size = path.stat().st_size
    except OSError:
        return []
    if size == 0:
        return []
    with path.open("rb") as file:
        log = _read_header(file.read(HEADER_BYTES))
        if log is None:
            return [f"the header of {path.name} is damaged ({size} bytes)"]
        frame_bytes = FRAME_HEADER_BYTES + log.page_size
        seed, number = log.seed, 0
        while head := file.read(frame_bytes):
            number += 1
            if len(head) < FRAME_HEADER_BYTES or head[8:16] != log.salts:
                break
            page, _, _, _, first, second = struct.unpack(">6I", head[:FRAME_HEADER_BYTES])
            if len(head) < frame_bytes:
                return [f"frame {number} (page {page}) of {path.name} is cut: {len(head)} of {frame_bytes} bytes"]
            if number > CHECKED_FRAMES:
                continue
            seed = _checksum(head[:8] + head[FRAME_HEADER_BYTES:], seed, log.order)
            if seed != (first, second):
                return _damaged_from(path, log, number, page, size, frame_bytes)
    return []


def _damaged_from(path: Path, log: _Log, number: int, page: int, size: int, frame_bytes: int) -> list[str]:
    found = [f"frame {number} (page {page}) of {path.name} does not add up"]
    with path.open("rb") as file:
        for later in range(number + 1, (size - HEADER_BYTES) // frame_bytes + 1):
            file.seek(HEADER_BYTES + (later - 1) * frame_bytes)
            head = file.read(FRAME_HEADER_BYTES)
            if head[8:16] != log.salts:
                break
            found.append(f"frame {later} (page {struct.unpack('>I', head[:4])[0]}) after it is not read")
    return found
