"""A connection that does not wait for ever: a network that swallows every packet gives no error by itself."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import psycopg

# A statement that waits longer than this is given up as soon as the server is known not to answer.
FORSAKEN_S = 2.0


def never() -> bool:
    """Return False: nobody says that the server is gone."""
    return False


@dataclass(slots=True)
class Patience:
    """How long one statement may wait for any answer (None: for ever), and who knows that none will come."""

    most_s: float | None = None
    is_gone: Callable[[], bool] = never

    def is_over(self, waited_s: float) -> bool:
        """Return whether a statement has waited long enough."""
        return (self.most_s is not None and waited_s > self.most_s) or (waited_s > FORSAKEN_S and self.is_gone())


class BoundedConnection(psycopg.Connection[tuple[Any, ...]]):
    """Closes itself when its patience ends, and says so as an OperationalError."""

    patience: Patience | None = None

    def wait(self, gen: Any, *arguments: Any, **named: Any) -> Any:
        """Wait for the server's answer as psycopg does, but not longer than its patience."""
        if self.patience is None:
            return super().wait(gen, *arguments, **named)
        return super().wait(self._within(gen, self.patience), *arguments, **named)

    def _within(self, gen: Any, patience: Patience) -> Generator[Any, Any, Any]:
        began = perf_counter()
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                if not ready and patience.is_over(perf_counter() - began):
                    self.pgconn.finish()
                    raise psycopg.OperationalError("timed out: the server does not answer")
                wanted = gen.send(ready)
        except StopIteration as end:
            return end.value
