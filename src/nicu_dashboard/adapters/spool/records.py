"""A tick as bytes and back: MessagePack, readings as short arrays because there are many of them."""

from collections.abc import Mapping

import msgspec

from nicu_dashboard.domain.alarms.alarm import Transition
from nicu_dashboard.domain.vitals import Measured
from nicu_dashboard.ports.tick import (
    AlarmRow,
    AuditEntry,
    Quarantined,
    Rescan,
    SpellRow,
    SuspensionRow,
    Tick,
    VitalsRow,
)

# patient, source, recorded at, received at, values
_Reading = tuple[int, int, int, int, Mapping[str, Measured]]


class _Record(msgspec.Struct, omit_defaults=True):
    """Changes of these names or types need a new number in folder.VERSION."""

    readings: list[_Reading] = []
    alarms: list[AlarmRow] = []
    transitions: list[Transition] = []
    spells: list[SpellRow] = []
    suspensions: list[SuspensionRow] = []
    audit: list[AuditEntry] = []
    quarantined: list[Quarantined] = []
    rescans: list[Rescan] = []
    epoch: int = 0


class _Standing(msgspec.Struct):
    """What a start must know at once; the rest of a record is passed over."""

    alarms: list[AlarmRow] = []
    suspensions: list[SuspensionRow] = []
    epoch: int = 0


_standing = msgspec.msgpack.Decoder(_Standing)
_encoder, _decoder = msgspec.msgpack.Encoder(), msgspec.msgpack.Decoder(_Record)


def encode(tick: Tick, epoch: int = 0) -> bytes:
    """Return the bytes of a tick that was decided under this epoch."""
    rows = [(row.patient_id, row.source_id, row.recorded_at, row.received_at, row.values) for row in tick.readings]
    others = {name: getattr(tick, name) for name in Tick.__slots__ if name != "readings"}
    return _encoder.encode(_Record(readings=rows, epoch=epoch, **others))


def decode(data: bytes) -> tuple[Tick, int]:
    """Return the tick of these bytes and its epoch; raises ValueError when they are no tick."""
    record = _decoder.decode(data)
    others = {name: getattr(record, name) for name in Tick.__slots__ if name != "readings"}
    return Tick(readings=[VitalsRow(*row) for row in record.readings], **others), record.epoch


def decode_standing(data: bytes) -> tuple[list[AlarmRow], list[SuspensionRow], int]:
    """Return the alarms, silences and epoch of these bytes; raises ValueError when they are no tick."""
    found = _standing.decode(data)
    return found.alarms, found.suspensions, found.epoch
