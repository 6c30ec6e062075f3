"""The command `nicu`: its commands are in catalogue.py; every known error is one line with the next step."""

import os
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import Annotated

import typer

from nicu_dashboard.cli.catalogue import Catalogue
from nicu_dashboard.cli.exits import COULD_NOT_RUN
from nicu_dashboard.domain.errors import Told
from nicu_dashboard.version import VERSION

app = typer.Typer(
    name="nicu",
    cls=Catalogue,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(VERSION)
        raise typer.Exit


@app.callback()
def nicu(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_version, help="Print the version and end.")
    ] = False,
) -> None:
    """The central station of a neonatal unit. Begin with: nicu demo

    Not a medical device. The bedside monitor is the primary alarm.
    """


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code: 0 done, 1 found wrong, 2 could not run, 130 stopped by Ctrl-C."""
    return guarded(lambda: app(list(arguments), prog_name="nicu", standalone_mode=False))


def guarded(work: Callable[[], object]) -> int:
    """Do what a command does and return its exit code: a known error is told in one line."""
    try:
        code = work()
        sys.stdout.flush()
    except Told as error:
        return _say(str(error))
    except typer.TyperException as error:
        return _misused(error)
    except typer.Abort:
        return _say("stopped; nothing was changed")
    except BrokenPipeError:
        # Whoever read our output has gone; Python must not complain when it flushes at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return COULD_NOT_RUN
    except Exception as error:
        return _unexpected(error)
    return code if isinstance(code, int) else 0


def _say(message: str) -> int:
    line = " ".join(message.split())
    typer.echo(f"nicu: {line}", err=True)
    return COULD_NOT_RUN


def _misused(error: typer.TyperException) -> int:
    context = getattr(error, "ctx", None)
    if not error.format_message():  # a group without a command: its help was printed
        return COULD_NOT_RUN
    path = "nicu" if context is None else context.command_path
    return _say(f"{error.format_message().rstrip('.')}; see: {path} --help")


def _unexpected(error: Exception) -> int:
    """Name the kind and the place only: the message of an unknown error may hold what must not be shown."""
    if os.environ.get("NICU_LOG_LEVEL") == "debug":
        traceback.print_exc()
    frame = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{frame.filename.rpartition('/')[2]}:{frame.lineno}"
    return _say(f"unexpected {type(error).__name__} at {where}; NICU_LOG_LEVEL=debug shows more, please report it")
