"""Notes that outlive the process, for what the store has not taken yet."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol


class Notebook(Protocol):
    """Lines of text on this machine; whatever cannot be noted is left to memory, said by `failing`."""

    failing: bool

    def add(self, lines: Sequence[str], durably: bool = False) -> None:
        """Note lines; a killed process loses none, `durably` nor does a machine without power. Never raises."""
        ...

    def replace(self, lines: Sequence[str]) -> None:
        """Have these lines and no others. Never raises."""
        ...

    def close(self) -> None:
        """Let go of the notes; they are left behind if there are any."""
        ...

    def left_behind(self) -> AbstractContextManager[list[str]]:
        """Enter the lines of processes that have ended; they are gone afterwards, unless the block fails."""
        ...
