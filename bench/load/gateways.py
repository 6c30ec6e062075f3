"""Gateways that send every cot's values once a second over their own connections, spread over the second.

Each sample carries its number as thousandths of the temperature: what arrives at a screen can be told apart.
"""

import asyncio
import json
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bench.load.ward import Served

WRAPS_AT = 600
BASE_TEMPERATURE = 36.6
# A storm: every cot beyond its limits at once for so long, again and again.
STORM_EVERY_S, STORM_FROM_S, STORM_TO_S = 40, 10, 30


@dataclass(slots=True)
class Sent:
    """What one process of gateways sent: (cot, number, monotonic ns) of each sample; round trips in ns; refusals.

    `overslept` tells in ns how much later than asked for the machine woke a sleeping gateway: so much of every delay is
    the machine's, not the server's.
    """

    samples: list[tuple[int, int, int]] = field(default_factory=list)
    round_trips: list[int] = field(default_factory=list)
    overslept: list[int] = field(default_factory=list)
    refused: int = 0


def number_of(temperature: float) -> int:
    """Return the sample's number that a temperature carries."""
    return round((temperature - BASE_TEMPERATURE) * 1_000)


def drive(served: Served, per_message: int, seconds: float, storm: bool) -> Sent:
    """Send for so many seconds and return what was sent."""
    return asyncio.run(_drive(served, per_message, seconds, storm))


async def _drive(served: Served, per_message: int, seconds: float, storm: bool) -> Sent:
    sent = Sent()
    count = len(served.labels)
    groups = [range(start, min(count, start + per_message)) for start in range(0, count, per_message)]
    began = time.monotonic()
    gateways = [
        _gateway(served, group, began + place / len(groups), began + seconds, storm, sent)
        for place, group in enumerate(groups)
    ]
    await asyncio.gather(*gateways)
    return sent


async def _gateway(served: Served, cots: Sequence[int], first: float, until: float, storm: bool, sent: Sent) -> None:
    reader, writer = await asyncio.open_connection(served.host, served.port)
    chance = random.Random(cots[0])
    at = first
    for number in range(10**9):
        if (ahead := at - time.monotonic()) > 0:
            await asyncio.sleep(ahead)
            sent.overslept.append(int((time.monotonic() - at) * 1e9))
        if at >= until:
            break
        stormy = storm and STORM_FROM_S <= (at - first) % STORM_EVERY_S < STORM_TO_S
        values = [_reading(served.labels[cot], number % WRAPS_AT, stormy, chance) for cot in cots]
        body = json.dumps(values if len(values) > 1 else values[0]).encode()
        began = time.monotonic_ns()
        sent.samples += [(cot, number % WRAPS_AT, began) for cot in cots]
        writer.write(_head(served, len(body)) + body)
        accepted = await _answer(reader)
        sent.round_trips.append(time.monotonic_ns() - began)
        sent.refused += len(cots) - accepted
        at += 1.0
    writer.close()


def _head(served: Served, length: int) -> bytes:
    return (
        f"POST /api/readings HTTP/1.1\r\nHost: {served.host}:{served.port}\r\nAuthorization: Bearer {served.key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    ).encode()


async def _answer(reader: asyncio.StreamReader) -> int:
    """Return how many readings were acknowledged."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    body = await reader.readexactly(int(length.partition(b":")[2]))
    return int(json.loads(body)["accepted"]) if b" 202 " in head[:20] else 0


def _reading(label: str, number: int, stormy: bool, chance: random.Random) -> dict[str, object]:
    """Return eight vitals of a baby of 30 weeks: calm, or beyond every red limit."""
    swing = chance.random()
    mean = 12 if stormy else 38 + swing
    return {
        "cot": label,
        "recorded_at": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "heart_rate": round(55 + swing if stormy else 148 + 8 * swing),
        "spo2": round(62 + 4 * swing if stormy else 91 + 2 * swing),
        "resp_rate": round(5 if stormy else 44 + 8 * swing),
        "temperature": round(BASE_TEMPERATURE + number / 1_000, 3),
        "abp_systolic": round(mean + 12),
        "abp_diastolic": round(mean - 8),
        "abp_mean": round(mean),
        "perfusion_index": round(1 + swing, 2),
    }
