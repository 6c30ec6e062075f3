"""`nicu demo`: a live ward of simulated babies and replayed recordings, on a fresh database of its own."""

import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from pydantic import SecretStr

from nicu_dashboard import bootstrap, settings
from nicu_dashboard.bootstrap import Store, build_app, build_station
from nicu_dashboard.cli import logs
from nicu_dashboard.cli.casting import Cast, Rehearsal, Wish, admit, cast_for
from nicu_dashboard.cli.common import OfUnit, opened, refuse, words
from nicu_dashboard.cli.running import open_browser, run_until_stopped, stoppable, url_of
from nicu_dashboard.services.feeding import Feed
from nicu_dashboard.services.station import Station
from nicu_dashboard.settings import Settings
from nicu_dashboard.web.server import listen


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo")(demo)


def demo(
    cots: Annotated[int, typer.Option(min=1, max=200, help="How many cots the ward has.")] = 12,
    port: Annotated[int | None, typer.Option(min=0, max=65_535, help="Port; 0 takes any free one. [8000]")] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on; the demo answers to localhost only.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same babies.")] = 1,
    speed: Annotated[float, typer.Option(min=0.1, max=60, help="How many times faster than life.")] = 1.0,
    replay: Annotated[
        list[Path] | None, typer.Option(help="Play this CSV recording live in the next cot; may be repeated.")
    ] = None,
    replay_from: Annotated[
        float,
        typer.Option(min=0, help="Begin replays at this minute of the recording; what lies before becomes history."),
    ] = 0,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Do not open a browser.")] = False,
    calm: Annotated[bool, typer.Option("--calm", help="Leave out the scripted scenes of the first minutes.")] = False,
    unit: OfUnit = None,
) -> None:
    """Show a live ward: simulated babies, and recordings played again, on this machine.

    Recordings take the first cots in order, simulated babies the rest; one cot of ten is free.

    Everything is kept in a temporary database that is removed at the end, unless DATABASE_URL is set.

    Example: nicu demo --cots 24 --replay recording.csv
    """
    wish = Wish(max(cots, len(replay or ())), seed, speed, calm, tuple(replay or ()), replay_from)
    found = settings.load()
    found = found if unit is None else found.model_copy(update={"unit": unit})
    logs.configure(found.log_level, quiet=True)
    with (
        stoppable(),
        listen(host or found.host, found.port if port is None else port) as listener,
        _fresh(found) as chosen,
        opened(chosen) as store,
    ):
        _play(wish, chosen, store, listener, browser=not no_browser)


@contextmanager
def _fresh(found: Settings) -> Iterator[Settings]:
    """Yield settings with a database of the demo's own, unless one was named in the environment."""
    if "DATABASE_URL" in os.environ or "DATABASE_URL_FILE" in os.environ:
        yield found
        return
    with tempfile.TemporaryDirectory(prefix="nicu-demo-", ignore_cleanup_errors=True) as folder:
        url = SecretStr(f"sqlite:///{folder}/demo.db")
        yield found.model_copy(update={"database_url": url, "database_url_file": None})


def _play(wish: Wish, chosen: Settings, store: Store, listener: socket.socket, browser: bool) -> None:
    store.claim()
    unit_id = store.roster.unit(chosen.unit).id
    _refuse_real_babies(store)
    clock = bootstrap.system_clock(wish.speed)
    cast = cast_for(wish, clock.now())
    words.print(f"Preparing {wish.cots} cots …")
    new = admit(store, cast, clock.now(), unit_id)
    rehearsal = Rehearsal(chosen, store, wish, cast, clock)
    if new:
        rehearsal.recent()
    station = build_station(chosen, store, clock, "demo")
    feed = Feed(station.intake, station.ward, clock, cast.players, cast.residents)

    def started(running: Station) -> None:
        running.tasks.start(feed.run_forever(), "demo: monitors")
        if new:
            running.tasks.start(rehearsal.earlier(running.ward), "demo: earlier hours")
        _greet(url_of(listener), cast, browser)

    run_until_stopped(build_app(store, station, chosen), station, listener, started)


def _refuse_real_babies(store: Store) -> None:
    after = 0
    while some := store.roster.patients(after=after, limit=1_000):
        if not all(patient.synthetic for patient in some):
            refuse("the database in DATABASE_URL holds babies that are not simulated; unset DATABASE_URL for a demo")
        after = some[-1].id


def _greet(url: str, cast: Cast, browser: bool) -> None:
    for replay in cast.replays:
        words.print(f"{replay.cot}: {replay.source}, {replay.minutes:,.0f} minutes")
    words.print("Demo: synthetic data. Not a medical device. Ctrl-C ends it.")
    typer.echo(url)
    if browser:
        open_browser(url)
