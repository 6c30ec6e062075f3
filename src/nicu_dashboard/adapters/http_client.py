"""A device's side of POST /api/readings: sends batches, keeps what could not be delivered, and sends it again."""

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import httpx

from nicu_dashboard.domain.errors import Told
from nicu_dashboard.domain.instants import SECOND_MS, format_instant
from nicu_dashboard.domain.vitals import NoValue, Reading

TIMEOUT_S = 5.0
# The server takes 10,000 readings in one message; smaller ones are acknowledged sooner.
MAX_ITEMS = 5_000
# How long to wait after a loss when the server names no time, and at most when it does.
RETRY_S, LONGEST_RETRY_S = 1.0, 30.0
# An hour of a dozen monitors at one reading a second: what is older than this is lost and counted.
KEPT = 50_000


class ServerRefused(Told):
    """The server will not take anything from this client; the message says why and what to do."""


@dataclass(slots=True)
class Delivered:
    """What the server has acknowledged so far, and what never reached it."""

    accepted: int = 0
    duplicates: int = 0
    rejected: int = 0
    lost: int = 0
    resent: int = 0
    reasons: Counter[str] = field(default_factory=Counter)


class HttpClient:
    """Sends in order; a reading leaves the buffer only after the server's acknowledgement."""

    def __init__(self, url: str, key: str | None = None, kept: int = KEPT) -> None:
        """Take the server's address and a device key; raises ServerRefused when the address is none."""
        try:
            base = httpx.URL(url)
        except httpx.InvalidURL:
            base = httpx.URL("")
        if base.scheme not in ("http", "https") or not base.host:
            raise ServerRefused(f"{url[:80]!r} is not the address of a server; write http://HOST:PORT")
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        self._client = httpx.Client(base_url=base, headers=headers, timeout=TIMEOUT_S)
        self._buffer: deque[Reading] = deque()
        self._kept = kept
        self._retry_at = 0
        self._reached = False
        self.delivered = Delivered()
        self.trouble: str | None = None

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    @property
    def address(self) -> str:
        """Return where it sends to."""
        return str(self._client.base_url)

    @property
    def waiting(self) -> int:
        """Return how many readings are not delivered yet."""
        return len(self._buffer)

    def add(self, readings: Iterable[Reading]) -> None:
        """Keep readings for the next delivery; the oldest are lost, and counted, when too many wait."""
        self._buffer.extend(readings)
        while len(self._buffer) > self._kept:
            self._buffer.popleft()
            self.delivered.lost += 1

    def deliver(self, at: int) -> bool:
        """Send what waits unless a retry is not due yet (at = epoch ms); return whether all was delivered.

        Raises ServerRefused when the server takes nothing from us, or has never been reached.
        """
        while self._buffer and at >= self._retry_at:
            batch = [self._buffer[place] for place in range(min(len(self._buffer), MAX_ITEMS))]
            if not self._send(batch, at):
                break
            for _ in batch:
                self._buffer.popleft()
        return not self._buffer

    def _send(self, batch: list[Reading], at: int) -> bool:
        if self.trouble is not None:
            self.delivered.resent += len(batch)
        try:
            answer = self._client.post("/api/readings", json=[as_json(reading) for reading in batch])
        except httpx.TransportError as error:
            if not self._reached:
                raise ServerRefused(f"no server answers at {self.address}; start it with: nicu serve") from None
            return self._put_off(at, RETRY_S, f"no connection ({type(error).__name__})")
        if answer.status_code in (429, 502, 503, 504):
            return self._put_off(
                at, _retry_after_s(answer), f"the server cannot take readings now ({answer.status_code})"
            )
        if answer.status_code != httpx.codes.ACCEPTED:
            raise ServerRefused(f"the server refuses ({answer.status_code}): {_detail(answer)}")
        self._count(answer.json())
        self._reached, self.trouble = True, None
        return True

    def _put_off(self, at: int, seconds: float, trouble: str) -> bool:
        self.trouble, self._retry_at = trouble, at + round(seconds * SECOND_MS)
        return False

    def _count(self, receipt: dict[str, Any]) -> None:
        self.delivered.accepted += receipt["accepted"]
        self.delivered.duplicates += receipt["duplicates"]
        self.delivered.rejected += len(receipt["rejected"])
        self.delivered.reasons.update(item["reason"] for item in receipt["rejected"])


def as_json(reading: Reading) -> dict[str, Any]:
    """Return a reading as the wire wants it."""
    item: dict[str, Any] = {
        "cot": reading.cot,
        "recorded_at": format_instant(reading.recorded_at),
        "source": reading.source,
    }
    if reading.origin in ("simulated", "replayed"):
        item["synthetic" if reading.origin == "simulated" else "replayed"] = True
    reasons = {name: value.reason for name, value in reading.values.items() if isinstance(value, NoValue)}
    item.update({name: value for name, value in reading.values.items() if not isinstance(value, NoValue)})
    return {**item, "no_value": reasons} if reasons else item


def _retry_after_s(answer: httpx.Response) -> float:
    said = answer.headers.get("Retry-After", "")
    return min(float(said), LONGEST_RETRY_S) if said.isdigit() else RETRY_S


def _detail(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["detail"])[:200]
    except (ValueError, KeyError, TypeError):
        return "no reason given; is this the address of a NICU Dashboard?"
