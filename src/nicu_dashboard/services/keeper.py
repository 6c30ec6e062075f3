"""Where ticks are kept: in the store, or while it cannot take them in the spool; in one order, each exactly once."""

import asyncio
from collections.abc import Callable, Iterable, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from itertools import takewhile
from pathlib import Path
from traceback import extract_tb
from typing import ParamSpec, TypeVar

import structlog

from nicu_dashboard.ports.clock import Clock
from nicu_dashboard.ports.lease import LeaseLost
from nicu_dashboard.ports.spool import Said, Spool, Spooled, SpoolFull, SpoolState
from nicu_dashboard.ports.tick import (
    AlarmRow,
    AlreadyWritten,
    Fate,
    Journal,
    Mark,
    Refused,
    StoreUnavailable,
    SuspensionRow,
    Tick,
)
from nicu_dashboard.services.late import Late
from nicu_dashboard.services.measures import Measures

Asked = ParamSpec("Asked")
Answer = TypeVar("Answer")
Fates = Sequence[Fate | Refused]

# Readings that one transaction takes out of the spool: about a tenth of a second on two cores.
BATCH = 2_000
# Without the store for longer than a lease lasts, an engine may have been followed by another.
FOLLOWED_MS = 5_000
# Numbers go on rising over a restart by the clock, however many ticks there were.
_PER_MS = 1_000
_NOTHING = SpoolState(0, 0, 0, 0, None)


class ReadingsNotKept(StoreUnavailable):
    """The spool has room for what was decided and not for the readings: their senders must keep them."""


class Keeper:
    """Has a thread of its own for the store and one for the spool: nobody else's work holds an alarm up."""

    def __init__(self, journal: Journal, spool: Spool | None, clock: Clock, measures: Measures) -> None:
        self.journal = journal
        self.failing: StoreUnavailable | None = None
        self.full = False
        # Of the lease, 0 without one. What was decided under an epoch that another engine followed is late.
        self.epoch = 0
        self._own: Set[int] = frozenset((0,))
        self._late: Late | None = None
        self._spool = spool
        self._clock = clock
        self._measures = measures
        self._store = ""
        self._number = 0
        self._batch = BATCH
        self._open = False
        self._one_after_another = asyncio.Lock()
        self._waits = asyncio.Event()
        self._store_thread = ThreadPoolExecutor(1, "commits")
        self._spool_thread = ThreadPoolExecutor(1, "spool")

    @property
    def waiting(self) -> SpoolState:
        """What waits in the spool."""
        return _NOTHING if self._spool is None else self._spool.state()

    @property
    def has_spool(self) -> bool:
        """Whether there is a spool at all."""
        return self._spool is not None

    async def open(self) -> None:
        """Take possession of the spool; raises StoreUnavailable or SpoolUnusable."""
        spool = self._spool
        if spool is None or self._open:
            return
        self._open = True
        await self._in_spool(spool.claim, await self._in_store(self.journal.identity))
        written = await self._in_store(self.journal.last_mark, spool.writer)
        self._number = max(spool.last_number(), written, self._clock.now() * _PER_MS)
        self._own = _ours(await self._in_spool(spool.said), self.epoch)
        if self.waiting.ticks:
            structlog.get_logger("nicu.spool").info("ticks of before wait in the spool", readings=self.waiting.readings)
        self._waits.set()

    def do_without_spool(self) -> None:
        """Keep ticks in the store alone: another process has the spool's folder, and the ward must not wait for it."""
        self._spool = None

    def numbered(self, tick: Tick) -> Spooled:
        """Return a new tick with its number, which it keeps until it is in the store."""
        self._number += 1
        return Spooled(self._number, tick, self.epoch)

    async def keep(self, one: Spooled) -> Fates:
        """Make a tick durable, in the store or in the spool; return the fate of each reading.

        Raises StoreUnavailable when neither is possible, and ReadingsNotKept when only what was decided is kept.
        """
        async with self._one_after_another:
            if not self.waiting.ticks:
                try:
                    return await self._committed([one])
                except LeaseLost:
                    raise
                except StoreUnavailable:
                    if self._spool is None:
                        raise
            return await self._put_by(one)

    async def drain_forever(self, told: Callable[[], None], retry_s: float) -> None:
        """Take the oldest out of the spool into the store whenever something waits; `told` after each try."""
        while True:
            await self._waits.wait()
            answered = await self.drain()
            told()
            if not answered:
                await asyncio.sleep(retry_s)

    async def drain(self) -> bool:
        """Bring one batch of the spool into the store; return whether the store took it."""
        if self._spool is None:
            return True
        try:
            await self._bring_in(self._spool)
        except LeaseLost:
            raise
        except StoreUnavailable:
            self._batch = max(1, self._batch // 2)  # a slow store may manage less
            return False
        self._batch = min(BATCH, 2 * self._batch)
        if not self.waiting.ticks and not await self._moved_on(self._spool):
            self._waits.clear()
        return True

    async def _bring_in(self, spool: Spool) -> bool:
        """Bring the oldest ticks into the store, own ones or late ones but never both; return whether there were any.

        May raise StoreUnavailable.
        """
        batch = await self._in_spool(spool.oldest, self._batch)
        if not batch:
            return False
        own = batch[0].epoch in self._own
        batch = list(takewhile(lambda one: (one.epoch in self._own) == own, batch))
        fates = await self._committed(batch, None if own else await self._followed(spool))
        await self._in_spool(spool.forget, batch[-1].number)
        duplicates, refused = fates.count("duplicate"), sum(isinstance(fate, Refused) for fate in fates)
        self._measures.took(len(fates) - duplicates - refused, duplicates, refused)
        return True

    async def _followed(self, spool: Spool) -> Late:
        """Return the last words of the engines that were followed before these reached the store."""
        if self._late is None:
            said = await self._in_spool(spool.said)
            self._late = Late([one for one in said if one.epoch not in self._own])
        return self._late

    async def clear(self, epoch: int, go_on: Callable[[], bool]) -> None:
        """Bring what engines of this machine have left into the store as late, while another works under `epoch`.

        What was decided under that epoch itself stays: whoever takes over next goes on from there. Raises
        StoreUnavailable.
        """
        spool = self._spool
        if spool is None or self._open:
            return
        self._store = self._store or await self._in_store(self.journal.identity)
        if not await self._in_spool(spool.claim_left, self._store):
            return
        try:
            said = await self._in_spool(spool.said)
            self._own, self._late = frozenset(one.epoch for one in said if one.epoch >= epoch), None
            oldest_is_late = bool(said) and said[0].epoch < epoch
            while oldest_is_late and go_on() and await self._bring_in(spool):
                waiting = await self._in_spool(spool.oldest, 1)
                oldest_is_late = bool(waiting) and waiting[0].epoch < epoch
        finally:
            await self._in_spool(spool.close)

    async def _moved_on(self, spool: Spool) -> bool:
        """Take up what another server has left, once nothing of our own waits; its ticks have a writer of their own."""
        async with self._one_after_another:
            if self.waiting.ticks or not await self._in_spool(spool.move_on):
                return bool(self.waiting.ticks)
            self._number = max(self._number, spool.last_number())
            if self.epoch:
                self._own, self._late = frozenset((self.epoch,)), None
            return True

    def in_words(self, away_ms: int = 0) -> str:
        """Return what the wall says while not everything is in the store, which was away for so long."""
        if self._spool is None or self.full:
            return "Store unavailable: readings are not saved"
        count = self.waiting.readings
        about = _about(count)
        if self.failing is None:
            return f"Store is back: {about} reading{' is' if count == 1 else 's are'} being written"
        said = f"Store unavailable: {about} reading{' waits' if count == 1 else 's wait'} on this machine"
        tell = self.may_be_followed(away_ms)
        return f"{said}. If another engine works meanwhile, acknowledge there too" if tell else said

    def may_be_followed(self, away_ms: int) -> bool:
        """Return whether another engine may work since the store is away.

        Acts of an engine that was followed are history there: whoever stands before its screens must know.
        """
        return self.epoch > 0 and away_ms >= FOLLOWED_MS

    def standing(
        self, alarms: Sequence[AlarmRow], silences: Sequence[SuspensionRow]
    ) -> tuple[list[AlarmRow], list[SuspensionRow]]:
        """Return what stands by the record (given) and by what the spool says since."""
        if not self.waiting.ticks or self._spool is None:
            return list(alarms), list(silences)
        own = [one for one in self._spool.said() if one.epoch in self._own]
        newer_alarms = [row for one in own for row in one.alarms]
        newer_silences = [row for one in own for row in one.silences]
        by_id = {row.alarm.id: row for row in (*alarms, *newer_alarms)}
        by_key = {(row.cot_id, row.kind, row.scope, row.began_at): row for row in (*silences, *newer_silences)}
        standing = [row for _, row in sorted(by_id.items()) if row.alarm.presence != "off"]
        return standing, [row for row in by_key.values() if row.ended_at is None]

    def close(self) -> None:
        """Give the spool back; what waits stays for the next start."""
        self._store_thread.shutdown(wait=False)
        self._spool_thread.shutdown()
        if self._spool is not None:
            self._spool.close()

    async def _put_by(self, one: Spooled) -> Fates:
        assert self._spool is not None
        self._waits.set()
        try:
            await self._in_spool(self._spool.append, one.number, one.tick, self._clock.now(), one.epoch)
        except SpoolFull as full:
            self.full = True
            if not one.tick.readings:
                raise
            one.tick.readings = []
            if one.tick:
                await self._in_spool(self._spool.append, one.number, one.tick, self._clock.now(), one.epoch)
            raise ReadingsNotKept(str(full)) from None
        self.full = False
        return ["spooled"] * len(one.tick.readings)

    async def _committed(self, batch: Sequence[Spooled], late: Late | None = None) -> Fates:
        """Commit ticks in one transaction; of those that are in the store already the readings are duplicates."""
        whole = _joined(one.tick for one in batch)
        tick, at = (whole, None) if late is None else (late.history(whole), late.followed_at)
        try:
            fates = await self._in_store(self._commit, tick, self._mark(batch), at)
        except AlreadyWritten as there:
            rest = [one for one in batch if one.number > there.last]
            known: Fates = ["duplicate"] * sum(len(one.tick.readings) for one in batch[: len(batch) - len(rest)])
            return [*known, *(await self._committed(rest, late) if rest else [])]
        except LeaseLost:
            raise
        except StoreUnavailable as error:
            self.failing = error
            raise
        self.failing = None
        return fates

    def _mark(self, batch: Sequence[Spooled]) -> Mark | None:
        return None if self._spool is None else Mark(self._spool.writer, batch[0].number, batch[-1].number)

    def _commit(self, tick: Tick, mark: Mark | None, followed_at: int | None) -> Fates:
        with self._measures.commit_time():
            try:
                return self.journal.commit(tick, mark, followed_at)
            except (StoreUnavailable, AlreadyWritten):
                raise
            except Exception as error:
                kind = type(error).__name__
            structlog.get_logger("nicu.engine").error("the store refused a tick; its parts go one by one", kind=kind)
            try:
                return self.journal.sift(tick, mark, followed_at)
            except (StoreUnavailable, AlreadyWritten):
                raise
            except Exception as error:
                kind, where = type(error).__name__, extract_tb(error.__traceback__)[-1]
                place = f"{Path(where.filename).name}:{where.lineno}"
                structlog.get_logger("nicu.engine").critical("a tick cannot be written", kind=kind, place=place)
                raise StoreUnavailable(f"the store takes nothing that is written ({kind}); see the log") from None

    async def _in_store(self, work: Callable[Asked, Answer], *given: Asked.args, **named: Asked.kwargs) -> Answer:
        return await asyncio.get_running_loop().run_in_executor(self._store_thread, lambda: work(*given, **named))

    async def _in_spool(self, work: Callable[Asked, Answer], *given: Asked.args, **named: Asked.kwargs) -> Answer:
        return await asyncio.get_running_loop().run_in_executor(self._spool_thread, lambda: work(*given, **named))


def _about(count: int) -> str:
    """Return a count to two figures, so that words on the wall change seldom: 12,000."""
    size = 10 ** max(0, len(str(count)) - 2)
    return f"{count // size * size:,}"


def _ours(said: Sequence[Said], epoch: int) -> Set[int]:
    """Return the epochs that lead to this one without a gap: between them no engine but those of this spool worked.

    0 is of a spool that was written before epochs were noted.
    """
    ours = [epoch]
    for one in reversed(said):
        if one.epoch not in (0, ours[-1], ours[-1] - 1):
            break
        if one.epoch != ours[-1]:
            ours.append(one.epoch)
    return frozenset(ours)


def _joined(ticks: Iterable[Tick]) -> Tick:
    whole = Tick()
    for tick in ticks:
        for name in Tick.__slots__:
            getattr(whole, name).extend(getattr(tick, name))
    return whole
