"""How a move tells how far it is."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Called by the move; `stage` is snapshot, look, copy, build or verify, `unit` pages, tables, rows or steps."""

    def start(self, stage: str, total: int, unit: str) -> None:
        """Begin a stage of `total` units; what an earlier start has done comes as the first advance."""
        ...

    def advance(self, stage: str, done: int, note: str = "") -> None:
        """Say that `done` more units are through; `note` names what is worked on."""
        ...

    def finish(self, stage: str) -> None:
        """End a stage."""
        ...


class Silent:
    """Tells nobody."""

    def start(self, stage: str, total: int, unit: str) -> None:
        """Do nothing."""

    def advance(self, stage: str, done: int, note: str = "") -> None:
        """Do nothing."""

    def finish(self, stage: str) -> None:
        """Do nothing."""
