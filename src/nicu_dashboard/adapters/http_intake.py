"""Readings from JSON: an object or an array; every fault is named with its field, and what is right is kept."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

import msgspec

from nicu_dashboard.domain.instants import InstantError, parse_instant
from nicu_dashboard.domain.texts import as_line
from nicu_dashboard.domain.vitals import VITALS, Measured, NoValue, Origin, Reading, ValueRefused, check_value

MAX_ITEMS = 10_000
_OTHER_FIELDS = frozenset({"cot", "recorded_at", "no_value", "source", "synthetic", "replayed"})
_REASON_LENGTH = 80


class MessageRefused(ValueError):
    """The whole message cannot be read; the text says why and what is expected. Nothing of it was taken."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one item, or with one field of it; `field` None = the whole item was refused."""

    index: int
    reason: str
    field: str | None = None


@dataclass(slots=True)
class Message:
    """The readings of one message with their index in it, and everything that was refused."""

    readings: list[tuple[int, Reading]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def parse_message(body: bytes, default_source: str) -> Message:
    """Return the readings of a JSON body; raises MessageRefused when it is not an object or array of at most 10,000."""
    items = _items(_decoded(body))
    message = Message()
    for index, item in enumerate(items):
        _take(message, index, item, default_source)
    return message


def _decoded(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        # Senders do write NaN and 1e400; only those values are at fault then, not the message.
        try:
            # A number of thousands of digits is refused by name like any other that is not finite.
            return json.loads(body, parse_int=float)
        except (ValueError, RecursionError) as error:
            said = str(error)[:80]
            raise MessageRefused(f"the body is not JSON: {said}; send one object or an array of them") from None


def _items(decoded: Any) -> list[Any]:
    items = decoded if isinstance(decoded, list) else [decoded]
    if len(items) > MAX_ITEMS:
        raise MessageRefused(f"{len(items)} readings in one message; send at most {MAX_ITEMS}")
    return items


def _take(message: Message, index: int, item: Any, default_source: str) -> None:
    if not isinstance(item, dict):
        message.faults.append(Fault(index, "a reading is an object with cot, recorded_at and vital signs"))
        return
    try:
        cot, recorded_at = _text(item, "cot"), parse_instant(_text(item, "recorded_at"))
        source = _text(item, "source") if "source" in item else default_source
        origin = _origin(item)
    except (ValueRefused, InstantError) as error:
        message.faults.append(Fault(index, str(error)))
        return
    values = dict(_values(message, index, item))
    if values:
        message.readings.append((index, Reading(cot, recorded_at, values, source, origin)))
    else:
        message.faults.append(Fault(index, "no vital sign left in this reading; nothing was stored"))


def _values(message: Message, index: int, item: Mapping[str, Any]) -> Iterator[tuple[str, Measured]]:
    reasons = _reasons(message, index, item.get("no_value"))
    for name, value in item.items():
        if name in VITALS and name not in reasons:
            yield from _value(message, index, name, value)
        elif name in reasons:
            message.faults.append(Fault(index, f"{name}: a value and a no_value reason; the value was refused", name))
        elif name not in _OTHER_FIELDS:
            message.faults.append(_unknown(index, name))
    yield from reasons.items()


def _value(message: Message, index: int, name: str, value: object) -> Iterator[tuple[str, Measured]]:
    if value is None:
        yield name, NoValue("no value")
        return
    try:
        yield name, check_value(name, value)
    except ValueRefused as error:
        message.faults.append(Fault(index, f"{error}; value refused, the rest is kept", name))


def _reasons(message: Message, index: int, said: object) -> dict[str, NoValue]:
    if said is None:
        return {}
    if not isinstance(said, dict):
        message.faults.append(Fault(index, "no_value is an object of vital sign and reason", "no_value"))
        return {}
    reasons: dict[str, NoValue] = {}
    for name, reason in said.items():
        if name not in VITALS:
            message.faults.append(_unknown(index, name))
        elif not isinstance(reason, str) or not reason.strip():
            message.faults.append(Fault(index, f"{name}: no_value needs a reason in words", name))
        else:
            reasons[name] = NoValue(as_line(reason.strip()[:_REASON_LENGTH]))
    return reasons


def _text(item: Mapping[str, Any], name: str) -> str:
    text = item.get(name)
    if not isinstance(text, str) or not text.strip():
        raise ValueRefused(f"{name} is missing or no text")
    return as_line(text.strip()[:120])


def _origin(item: Mapping[str, Any]) -> Origin:
    if item.get("replayed") is True:
        return "replayed"
    return "simulated" if item.get("synthetic") is True else "device"


def _unknown(index: int, name: str) -> Fault:
    near = get_close_matches(name[:80], VITALS, 1)
    hint = f"; did you mean {near[0]}?" if near else ""
    return Fault(index, f"unknown field {name[:40]!r}{hint}", as_line(name[:80]))
