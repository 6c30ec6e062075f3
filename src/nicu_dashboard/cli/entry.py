"""The program `nicu` from its first instruction: Ctrl-C is one line at any moment, also while it is still loading."""

from __future__ import annotations

import os
import signal
import sys

STOPPED = 130
"""The exit code that a shell, and typer too, gives to a program ended by Ctrl-C."""


def main() -> None:
    """Load and run the command, and end with its exit code; 130 after Ctrl-C."""
    signal.signal(signal.SIGINT, _leave)  # while it loads, an exception could end in any library's hands
    from nicu_dashboard.cli.catalogue import load_named
    from nicu_dashboard.cli.main import run

    load_named(sys.argv[1:])
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        code = STOPPED
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # nothing is left to do that a second one could break
    if code == STOPPED:
        _say_so()
    sys.exit(code)


def _leave(*_: object) -> None:
    _say_so()
    os._exit(STOPPED)


def _say_so() -> None:
    goes_on = "; run the same command again to go on" if sys.argv[1:2] == ["migrate"] else ""
    os.write(2, f"nicu: stopped{goes_on}.\n".encode())
