"""A snapshot as the stream's event, packed once for every screen of every process."""

import zlib
from functools import lru_cache

from nicu_dashboard.ports.broadcast import Snapshot

GZIP_BEGINS = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_DATA = b"\ndata: "


@lru_cache(maxsize=4)
def event_of(snapshot: Snapshot) -> bytes:
    """Return the stream's message of a snapshot, made once for every screen."""
    return b"id: %d\nevent: snapshot\ndata: %b\n\n" % (snapshot.seq, snapshot.body)


def packed_event(snapshot: Snapshot) -> bytes:
    """Return the message packed: as it came from the engine's process, or made here once for every screen."""
    return pack(event_of(snapshot)) if snapshot.packed is None else snapshot.packed


@lru_cache(maxsize=4)
def pack(message: bytes) -> bytes:
    """Return a message as blocks that refer to nothing before them: packed once, they fit every stream."""
    packer = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(message) + packer.flush(zlib.Z_SYNC_FLUSH)


def unpacked(seq: int, blocks: bytes) -> Snapshot:
    """Return the snapshot of a packed message; raises zlib.error for anything else."""
    event = zlib.decompressobj(-zlib.MAX_WBITS).decompress(blocks)
    return Snapshot(seq, event[event.index(_DATA) + len(_DATA) :].rstrip(b"\n"), blocks)
