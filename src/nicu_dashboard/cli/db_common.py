"""What the commands of `nicu db` share: the way to the database itself, sizes and bars in words."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from nicu_dashboard import settings
from nicu_dashboard.adapters.sql.addresses.address import Purpose
from nicu_dashboard.adapters.sql.engines import Database, connect
from nicu_dashboard.cli.common import words
from nicu_dashboard.operations.reporting import Report
from nicu_dashboard.settings import environment

_STEPS = ("B", "kB", "MB", "GB", "TB")


@contextmanager
def directly(purpose: Purpose = "migrations", pool_size: int = 4) -> Iterator[Database]:
    """Open the database past any pooler, without setting it up; statements take as long as they take."""
    given = settings.load()
    store = connect(
        given.store_url, pool_size, given.db_connect_timeout, given.db_idle_timeout,
        environ=environment(), purpose=purpose,
    )  # fmt: skip
    try:
        yield store
    finally:
        store.close()


def size(count: float) -> str:
    """Return bytes for a person, in powers of a thousand: 1.6 GB."""
    for step in _STEPS[:-1]:
        if abs(count) < 999.5:
            return f"{count:.0f} {step}" if step == "B" else f"{count:.3g} {step}"
        count /= 1_000
    return f"{count:,.3g} {_STEPS[-1]}"


@contextmanager
def tidy_when_ended() -> Iterator[None]:
    """Let a SIGTERM (systemd, a container's end) end a command as Ctrl-C does: what is half done is taken away."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def bar() -> Iterator[Report]:
    """Show how far a long work is, on the terminal only; what was done is said as lines."""
    shown = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        console=words,
        transient=True,
        disable=not words.is_terminal,
    )
    with shown:
        yield _Bar(shown)


class _Bar(Report):
    def __init__(self, shown: Progress) -> None:
        self._shown = shown
        self._task = shown.add_task("", total=None, visible=False)

    def stage(self, what: str, total: float | None = None) -> None:
        self._shown.reset(self._task, description=what, total=total, visible=True)

    def stage_of(self, total: float) -> None:
        self._shown.update(self._task, total=total)

    def at(self, completed: float) -> None:
        self._shown.update(self._task, completed=completed)

    def did(self, line: str) -> None:
        words.print(line)
