"""`nicu migrate …`: moving a SQLite file into PostgreSQL and back."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, Task, TaskID, TextColumn, TimeRemainingColumn

from nicu_dashboard.cli.migrate_json import TellingGroup, print_report, told_as_json
from nicu_dashboard.cli.migrate_shown import show
from nicu_dashboard.migration import api
from nicu_dashboard.migration.report import Report

app = typer.Typer(
    cls=TellingGroup,
    no_args_is_help=True,
    help="Move a SQLite file into PostgreSQL, verified value by value, and back.",
)

STAGES = {
    "snapshot": "Taking a snapshot",
    "look": "Looking at every value",
    "copy": "Copying rows",
    "build": "Building keys and indexes",
    "catch up": "Catching up",
    "verify": "Verifying every value",
}

Source = Annotated[str, typer.Argument(help="The SQLite file: a path, file:… or sqlite:///…")]
Target = Annotated[str, typer.Argument(help="The PostgreSQL database: postgresql://…, not through a pooler.")]
IsCopy = Annotated[bool, typer.Option("--as-is", help="Copy any SQLite file with its own tables and names.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the report as JSON on standard output.")]
ShowValues = Annotated[bool, typer.Option("--show-values", help="Show values in the report: they may be patient data.")]
Schema = Annotated[str, typer.Option(help="The schema that takes the tables.")]
Kinds = Annotated[list[str] | None, typer.Option("--type", help="TABLE.COLUMN=TYPE in place of the plan's choice.")]
WorkDir = Annotated[Path | None, typer.Option(help="Where the snapshot is kept; beside the source by default.")]
OnReject = Annotated[
    str, typer.Option(help="stop, or quarantine: keep rows that do not fit in nicu_migration.rejects.")
]
Follow = Annotated[
    bool | None,
    typer.Option(
        "--follow/--no-follow",
        help="Note what changes in the source, for catch-up and cut-over. [when a dashboard is at work on it]",
        show_default=False,
    ),
]
Workers = Annotated[int, typer.Option(min=1, max=16, help="Worker processes.")]


class Bars:
    """Progress bars on standard error, with rates and the time left; a line for each stage on a dumb terminal."""

    def __init__(self, console: Console, hidden: bool = False) -> None:
        """Show them on this console; `hidden` shows nothing."""
        self.console = console
        self.hidden = hidden
        self.bars = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[count]}"),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            console=console,
            disable=hidden or not console.is_terminal or console.is_dumb_terminal,
        )
        self.tasks: dict[str, TaskID] = {}
        self.units: dict[str, str] = {}

    def start(self, stage: str, total: int, unit: str) -> None:
        """Begin a bar."""
        self._say(f"{STAGES[stage]} …")
        self.bars.start()
        self.units[stage] = "" if total == 1 else unit  # of a step that is done at one go nothing can be counted
        self.tasks[stage] = self.bars.add_task(STAGES[stage], total=total, count=self._count(stage, 0, total), rate="")

    def advance(self, stage: str, done: int, note: str = "") -> None:
        """Move a bar on."""
        task = self._task(stage)
        count = self._count(stage, task.completed + done, task.total or 0)
        rate = f"{task.speed:,.0f}/s" if task.speed else ""
        self.bars.update(task.id, advance=done, count=count, rate=rate)

    def finish(self, stage: str) -> None:
        """Fill a bar."""
        task = self._task(stage)
        total = task.total or 0
        self.bars.update(task.id, completed=total, count=self._count(stage, total, total))
        self._say(": ".join(part for part in (STAGES[stage], self._count(stage, total, total) or "done") if part))

    def _say(self, line: str) -> None:
        if self.console.is_dumb_terminal and not self.hidden:
            self.console.print(line, soft_wrap=True)

    def _task(self, stage: str) -> Task:
        return self.bars.tasks[self.bars.task_ids.index(self.tasks[stage])]

    def _count(self, stage: str, done: float, total: float) -> str:
        return f"{done:,.0f} of {total:,.0f} {self.units[stage]}" if self.units[stage] else ""

    def stop(self) -> None:
        """Leave the bars as they are."""
        self.bars.stop()


def _choices(kinds: list[str] | None) -> dict[str, str]:
    chosen = {}
    for item in kinds or []:
        name, sign, kind = item.rpartition("=")
        if not sign or "." not in name:
            raise typer.BadParameter(f"{item!r} is not TABLE.COLUMN=TYPE")
        chosen[name] = kind
    return chosen


def _checked_lane(lane: str) -> str:
    if lane not in ("auto", "plain", "exact"):
        raise typer.BadParameter("--lane is auto, plain or exact")
    return lane


def _checked_on_reject(on_reject: str) -> str:
    if on_reject not in ("stop", "quarantine"):
        raise typer.BadParameter("--on-reject is stop or quarantine")
    return on_reject


def _tell(command: str, as_json: bool, work: Callable[[Bars], Report]) -> None:
    bars = Bars(Console(stderr=True), hidden=as_json and sys.stdout.isatty())  # where both would come to one screen
    with told_as_json(command, as_json):
        try:
            report = work(bars)
        finally:
            bars.stop()
    if as_json:
        print_report(report)
    else:
        show(report)
    raise typer.Exit(report.exit_code)


def register(nicu: typer.Typer) -> None:
    """Add the group."""
    nicu.add_typer(app, name="migrate")


@app.command()
def plan(
    source: Source, target: Target, as_is: IsCopy = False, as_json: AsJson = False, schema: Schema = "public",
    kind: Kinds = None, show_values: ShowValues = False,
) -> None:  # fmt: skip
    """Look at every value and tell what would be moved, as what, and what would be rejected; writes nothing."""
    options = api.Options(schema=schema, kinds=_choices(kind), show_values=show_values, as_is=as_is)
    _tell("plan", as_json, lambda bars: api.plan(source, target, options, bars))


@app.command()
def run(
    source: Source, target: Target, as_is: IsCopy = False, as_json: AsJson = False, schema: Schema = "public",
    kind: Kinds = None, on_reject: OnReject = "stop", workers: Workers = 2, work_dir: WorkDir = None,
    restart: Annotated[bool, typer.Option(help="Drop what an earlier move has written, and begin again.")] = False,
    no_verify: Annotated[bool, typer.Option("--no-verify", help="Leave the verification out.")] = False,
    lane: Annotated[str, typer.Option(help="auto, plain (without Arrow) or exact (value by value).")] = "auto",
    show_values: ShowValues = False, follow: Follow = None,
) -> None:  # fmt: skip
    """Move everything and verify every value; run it again after any interruption to continue."""
    options = api.Options(
        schema=schema, kinds=_choices(kind), on_reject=_checked_on_reject(on_reject), workers=workers,
        work_dir=work_dir, restart=restart, verify=not no_verify, lane=_checked_lane(lane),
        show_values=show_values, as_is=as_is, follow=follow,
    )  # fmt: skip
    _tell("run", as_json, lambda bars: api.run(source, target, options, bars))


@app.command()
def verify(
    source: Source, target: Target, as_is: IsCopy = False, as_json: AsJson = False, workers: Workers = 2,
    work_dir: WorkDir = None,
    thorough: Annotated[
        bool, typer.Option("--thorough", help="Decode every value apart from the loader's own encoder; slower.")
    ] = False,
    show_values: ShowValues = False,
) -> None:  # fmt: skip
    """Compare every value of every row of the source with a target that it was moved to."""
    options = api.Options(workers=workers, work_dir=work_dir, thorough=thorough, show_values=show_values, as_is=as_is)
    _tell("verify", as_json, lambda bars: api.verify(source, target, options, bars))


@app.command(name="catch-up")
def catch_up(
    source: Source, target: Target, as_json: AsJson = False, on_reject: OnReject = "stop",
    show_values: ShowValues = False,
) -> None:  # fmt: skip
    """Bring what the dashboard has written since; it goes on working. Repeat it as often as you like."""
    options = api.Options(on_reject=_checked_on_reject(on_reject), show_values=show_values)
    _tell("catch-up", as_json, lambda bars: api.catch_up(source, target, options, bars))


@app.command(name="cut-over")
def cut_over(
    source: Source, target: Target, as_json: AsJson = False, on_reject: OnReject = "stop", workers: Workers = 2,
    work_dir: WorkDir = None,
    no_verify: Annotated[
        bool, typer.Option("--no-verify", help="Compare only what is brought now, not everything once more.")
    ] = False,
    url_file: Annotated[
        Path | None, typer.Option("--url-file", help="Write the new address into this file (DATABASE_URL_FILE).")
    ] = None,
    then: Annotated[str, typer.Option("--then", help="Run this at once, such as 'systemctl restart nicu'.")] = "",
    show_values: ShowValues = False,
) -> None:  # fmt: skip
    """Bring and verify everything, hold writes for a moment for the rest, and close the source to service."""
    options = api.Options(
        on_reject=_checked_on_reject(on_reject), show_values=show_values, workers=workers, work_dir=work_dir,
        verify=not no_verify, url_file=url_file, then=then,
    )  # fmt: skip
    _tell("cut-over", as_json, lambda bars: api.cut_over(source, target, options, bars))


@app.command()
def abort(
    source: Annotated[str, typer.Argument(help="The SQLite file, or the database that a roll-back has closed.")],
    target: Annotated[str | None, typer.Argument(help="The PostgreSQL database, to record it there too.")] = None,
    as_json: AsJson = False,
) -> None:
    """Take every trace of a move out of the source: it is no longer followed, and serves again if it had moved."""
    _tell("abort", as_json, lambda bars: api.abort(source, target))


@app.command(name="roll-back")
def roll_back(
    source: Annotated[str, typer.Argument(help="The PostgreSQL database that a move has filled.")],
    target: Annotated[str, typer.Argument(help="The SQLite file to write; it must not exist.")],
    as_is: IsCopy = False, as_json: AsJson = False, on_reject: OnReject = "stop", show_values: ShowValues = False,
    close: Annotated[
        bool, typer.Option("--close", help="Hold writers off meanwhile, and close the database to service at the end.")
    ] = False,
) -> None:  # fmt: skip
    """Write everything the database holds now into a new SQLite file, and verify every value."""
    options = api.Options(on_reject=_checked_on_reject(on_reject), show_values=show_values, as_is=as_is, close=close)
    _tell("roll-back", as_json, lambda bars: api.roll_back(source, target, options, bars))
