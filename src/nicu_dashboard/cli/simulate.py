"""`nicu simulate`: a ward of simulated monitors that send to a running server as real devices would."""

import os
import signal
import time
from dataclasses import replace
from types import FrameType
from typing import Annotated

import typer

from nicu_dashboard import bootstrap
from nicu_dashboard.adapters.http_client import HttpClient
from nicu_dashboard.adapters.simulator import SimulatedWard
from nicu_dashboard.cli.common import checked, plural, words
from nicu_dashboard.cli.exits import DONE, FOUND_WRONG
from nicu_dashboard.domain.instants import SECOND_MS

KEY_VARIABLE = "NICU_DEVICE_KEY"
# A log gets a line this often; a terminal one line that changes each time.
TOLD_EVERY_S = 10
SHOWN_REASONS = 5


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("simulate")(simulate)


def simulate(
    to: Annotated[str, typer.Option(help="Address of the server: http://localhost:8000")],
    cots: Annotated[int, typer.Option(min=1, max=1_000, help="How many cots the simulated ward has.")] = 12,
    seed: Annotated[int, typer.Option(help="The same seed gives the same babies.")] = 1,
    key: Annotated[
        str | None, typer.Option(help=f"Device key; better kept in {KEY_VARIABLE}. The demo needs none.")
    ] = None,
    duration: Annotated[int | None, typer.Option(min=1, help="End after so many seconds. [at Ctrl-C]")] = None,
    interval: Annotated[int, typer.Option(min=1, max=60, help="Seconds between two readings of a cot.")] = 1,
    prefix: Annotated[str, typer.Option(help="Labels are PREFIX-01, PREFIX-02, …")] = "NICU",
) -> int:
    """Send simulated readings to a running server over HTTP, marked as synthetic.

    The cots must exist there and have babies: nicu cot add, nicu admit. What cannot be delivered is sent again.

    Example: nicu simulate --to http://localhost:8000 --cots 4 --duration 60
    """
    client = HttpClient(to, key or os.environ.get(KEY_VARIABLE))
    try:
        _Run(client, SimulatedDevices(cots, seed, checked(prefix, "--prefix", 30), interval), interval, duration).go()
    finally:
        client.close()
    return _sum_up(client)


class SimulatedDevices:
    """The monitors of a simulated ward, their cots named with a prefix of choice."""

    def __init__(self, cots: int, seed: int, prefix: str, interval_s: int) -> None:
        self._clock = bootstrap.system_clock()
        self._ward = SimulatedWard(cots, seed, self._clock.now())
        self._prefix = prefix
        self._interval_s = interval_s

    def add_to(self, client: HttpClient) -> int:
        """Give the client everything measured since the last time; return this instant, epoch ms."""
        at = self._clock.now()
        readings = self._ward.history(at, 0, self._interval_s)
        client.add(replace(reading, cot=f"{self._prefix}-{reading.cot.rpartition('-')[2]}") for reading in readings)
        return at


class _Run:
    """Ticks until the time is over or somebody ends it."""

    def __init__(self, client: HttpClient, devices: SimulatedDevices, interval_s: int, duration_s: int | None) -> None:
        self._client, self._devices = client, devices
        self._interval_s, self._duration_s = interval_s, duration_s
        self._going = True

    def go(self) -> None:
        """Send until the end; raises ServerRefused."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._end)
        began_at = self._devices.add_to(self._client)
        ticks = 0
        while self._going:
            at = self._devices.add_to(self._client)
            self._client.deliver(at)
            self._tell(ticks)
            ticks += 1
            if self._duration_s is not None and at - began_at >= self._duration_s * SECOND_MS:
                break
            time.sleep(self._interval_s - at % SECOND_MS / SECOND_MS)
        self._client.deliver(self._devices.add_to(self._client))

    def _end(self, _number: int, _frame: FrameType | None) -> None:
        self._going = False

    def _tell(self, ticks: int) -> None:
        if words.is_terminal:
            words.print(_figures(self._client), end="\r")
        elif ticks * self._interval_s % TOLD_EVERY_S < self._interval_s:
            words.print(_figures(self._client))


def _figures(client: HttpClient) -> str:
    done = client.delivered
    told = f"{done.accepted:,} accepted, {done.duplicates:,} duplicates, {done.rejected:,} rejected"
    return f"{told}, {client.waiting:,} waiting{f': {client.trouble}' if client.trouble else ''}   "


def _sum_up(client: HttpClient) -> int:
    done = client.delivered
    words.print(_figures(client).strip())
    if done.resent or done.lost:
        words.print(f"{plural(done.resent, 'reading')} sent again, {done.lost:,} lost")
    for reason, count in done.reasons.most_common(SHOWN_REASONS):
        words.print(f"  {count:,} × {reason}")
    return FOUND_WRONG if done.rejected or done.lost or client.waiting else DONE
