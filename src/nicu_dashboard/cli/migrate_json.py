"""`nicu migrate … --json` where a command could not even begin: the same report, so that programs read one shape."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import typer
from typer.core import TyperGroup

from nicu_dashboard.cli.exits import COULD_NOT_RUN
from nicu_dashboard.migration.report import Report

AS_JSON = "--json"


class TellingGroup(TyperGroup):
    """Says what is wrong with a command line as a report, where one asks for JSON; the line for people follows."""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Read the group's own arguments."""
        with self._told(list(args)):
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: Any) -> Any:
        """Read the command's arguments and run it."""
        with self._told([*ctx._protected_args, *ctx.args]):
            return super().invoke(ctx)

    @contextmanager
    def _told(self, arguments: Sequence[str]) -> Iterator[None]:
        try:
            yield
        except typer.TyperException as error:
            if AS_JSON in arguments and (said := error.format_message()):
                named = next((word for word in arguments if word in self.commands), "")
                print_refusal(named, said, f"See `{f'nicu migrate {named}'.strip()} --help`.")
            raise


def print_report(report: Report) -> None:
    """Write a report for programs."""
    typer.echo(json.dumps(report.to_dict(), indent=2))


def print_refusal(command: str, why: str, next_step: str) -> None:
    """Write the report of a command that could not run."""
    print_report(Report(command, COULD_NOT_RUN, " ".join(why.split()), next_step))


@contextmanager
def told_as_json(command: str, as_json: bool) -> Iterator[None]:
    """Write a report also where the program itself fails, as it should not."""
    try:
        yield
    except Exception as error:
        if as_json:
            print_refusal(command, f"unexpected {type(error).__name__}.", "NICU_LOG_LEVEL=debug shows more.")
            sys.stdout.flush()
        raise
