"""Is this reading about now? Judged by the receiving clock, whatever the device believes the time to be."""

from collections import deque
from collections.abc import Iterable, Sequence
from itertools import pairwise

# A reading this much later than its source's usual delay is history: stored at its own time, never alarmed as now.
LATE_MS = 10_000
# A reading this far ahead of the server is refused: it would stay "the latest" for as long.
FUTURE_MS = 60_000
# A source that catches up: its instants pass at least a fifth faster than ours. No clock of a device does that.
CATCH_UP = 0.2
# So much may the delay of a device's messages differ from one to the next.
SHAKY_MS = 3_000
# So many of the instants of a message are kept until the next: a gateway may repeat its last ones.
MOST_SAID = 1_000
# INTEROP: a source's clock is flagged beyond 60 s.
OFFSET_FLAG_MS = 60_000


class SecondClock:
    """Tells a second device under one name from a backlog: late readings that go on and come no nearer to now.

    Two devices at one cot with one source are judged by the faster clock; the slower one is stored and never live.
    They may speak in messages of their own, or both in one.
    """

    def __init__(self, window_ms: int) -> None:
        self._window_ms = window_ms
        self._began: tuple[int, int] | None = None
        self._heard: tuple[int, int] = (0, 0)

    def heard(self, at: int, behind_ms: int, silent_ms: int) -> None:
        """Note how late a message is, or its late part, and for how long its source had been silent before."""
        kept_ms = max(self._window_ms, 2 * silent_ms)
        if self._began is None or at - self._heard[0] > kept_ms or not self._keeps_pace(at, behind_ms):
            self._began = (at, behind_ms)
        self._heard = (at, behind_ms)

    def behind_ms(self, at: int) -> int | None:
        """Return by how much, once it has lasted one and a half windows: a clock set back is live again after one."""
        if self._began is None or at - self._heard[0] > self._window_ms:
            return None
        return self._heard[1] if self._heard[0] - self._began[0] >= self._window_ms * 3 // 2 else None

    def _keeps_pace(self, at: int, behind_ms: int) -> bool:
        began_at, began_behind = self._began or (at, behind_ms)
        return abs(began_behind - behind_ms) <= CATCH_UP * (at - began_at) + SHAKY_MS


class SourceClock:
    """Learns one source's clock offset: the smallest delay seen in a sliding window of receive time.

    A device two years behind is alive as long as its time runs on; a burst of old readings after an outage is not. When
    a device's clock is set back, the old offset is forgotten after one window and its readings count as live again.
    A gateway that comes back after an outage may send what it kept one by one, the oldest first: the offset of a source
    that spoke steadily before holds for another window, and as long as the source catches up: then its delay falls.
    """

    def __init__(self, window_ms: int = LATE_MS) -> None:
        self._window_ms = window_ms
        self._delays: deque[tuple[int, int]] = deque()
        self._heard_at: int | None = None
        self._steady, self._carried = False, False
        self._marked: tuple[int, int] | None = None
        self._second = SecondClock(window_ms)
        self._said: frozenset[int] = frozenset()

    def observe(self, received_at: int, recorded: Iterable[int]) -> None:
        """Take the device times (epoch ms) of one message in; call it before asking whether they are live."""
        instants = sorted(set(recorded), reverse=True)
        if not instants:
            return
        delay, silent_ms = received_at - instants[0], 0 if self._heard_at is None else received_at - self._heard_at
        self._note_silence(received_at)
        if self._carried:
            self._hold(received_at, delay)
        while self._delays and self._delays[0][0] < received_at - self._window_ms:
            self._delays.popleft()
        while self._delays and self._delays[-1][1] >= delay:
            self._delays.pop()
        self._delays.append((received_at, delay))
        self._carried = self._carried and delay > self.offset_ms() + LATE_MS
        second_at = instants[0] if delay - self.offset_ms() > LATE_MS else self._apart(instants)
        if second_at is not None:
            self._second.heard(received_at, received_at - second_at - self.offset_ms(), silent_ms)
        self._said = frozenset(instants[:MOST_SAID])

    def _apart(self, instants: Sequence[int]) -> int | None:
        """Return the newest instant that a second device says in this message, given the newest first.

        One device says what is new since its last message, or the same again. Here is something new that is older than
        what was said before, and apart from what stands above it.
        """
        for above, instant in pairwise(instants):
            if above - instant > LATE_MS and self._said and instant < max(self._said) and instant not in self._said:
                return instant
        return None

    def second_clock_ms(self, at: int) -> int | None:
        """Return how far a second device under this source's name lies behind the first, None where there is none."""
        return self._second.behind_ms(at)

    def _note_silence(self, received_at: int) -> None:
        silent = self._heard_at is None or received_at - self._heard_at > self._window_ms
        if silent and self._delays:
            known = (received_at, self.offset_ms())
            self._delays.clear()
            if self._steady and not self._carried:
                self._delays.append(known)
                self._carried, self._marked = True, None
        self._heard_at, self._steady = received_at, not silent

    def _hold(self, received_at: int, delay: int) -> None:
        """Twice in a window see whether the source still catches up; if so the offset of before holds for another."""
        at, was = self._marked or (received_at, delay)
        if self._marked is not None and received_at - at < self._window_ms // 2:
            return
        if received_at > at and was - delay >= CATCH_UP * (received_at - at):
            self._delays[0] = (received_at, self._delays[0][1])
        self._marked = (received_at, delay)

    def offset_ms(self) -> int:
        """Return how far the source's clock lies behind ours (negative: ahead), network delay included."""
        return self._delays[0][1] if self._delays else 0

    def is_live(self, recorded_at: int, received_at: int) -> bool:
        """Return whether a reading with this device time is about now."""
        return received_at - recorded_at - self.offset_ms() <= LATE_MS
