"""Is the audit trail whole? Every seal, every link, every number, and what the anchors remember."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nicu_dashboard.adapters.sql.audit_rows import counted, ends, oldest_first
from nicu_dashboard.adapters.sql.audit_trail import sealed_content
from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.adapters.sql.seals import Seals, is_keyed
from nicu_dashboard.domain.instants import DAY_MS
from nicu_dashboard.operations.audit.anchors import Anchor, ReadAnchors

# Written by retention, sealed as every row: from which row on the trail goes, and the seal before it.
EXPIRED = "audit.expired"
# 45 CFR 164.316(b)(2)(i): six years; two leap days may lie in them.
LEAST_MS = (6 * 365 + 2) * DAY_MS
# What an outage kept back is told with its own time; nothing is kept back so long.
_AHEAD_MS = 31 * DAY_MS
_FAULTS_KEPT = 1_000


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, and with which row; None where it is not about a row."""

    seq: int | None
    text: str


@dataclass(slots=True)
class Verdict:
    """What was found; `bare` counts rows that were sealed without a key."""

    rows: int = 0
    first: int | None = None
    last: int | None = None
    bare: int = 0
    keyed: bool = False
    anchors: int = 0
    faults: list[Fault] = field(default_factory=list)
    count: int = 0

    @property
    def first_bad(self) -> Fault | None:
        """Return the fault with the lowest row."""
        located = [fault for fault in self.faults if fault.seq is not None]
        return min(located, key=lambda fault: fault.seq or 0, default=None)

    def found(self, seq: int | None, text: str) -> None:
        """Note a fault; a trail that was rewritten has one per row, so not all are kept."""
        self.count += 1
        if len(self.faults) < _FAULTS_KEPT:
            self.faults.append(Fault(seq, text))


def verify(database: Database, remembered: ReadAnchors, bare_until: int = 0) -> Verdict:
    """Return what is wrong with the trail; rows up to `bare_until` may lack a key. Raises StoreUnavailable."""
    seals = database.trail.seals
    walk = _Walk(seals, bare_until, {anchor.last.seq: anchor for anchor in remembered.anchors})
    walk.through(oldest_first(database))
    verdict = walk.verdict
    verdict.anchors = len(remembered.anchors)
    _check_start(walk)
    _check_end(verdict, counted(database), remembered.anchors)
    for line in remembered.doubtful:
        verdict.found(None, f"line {line} of the anchors is not signed by a key of this installation")
    verdict.faults.sort(key=lambda fault: (fault.seq is None, fault.seq or 0))
    return verdict


def verify_end(database: Database, rows: int) -> Verdict:
    """Return what is wrong with the last so many rows and their counter; raises StoreUnavailable."""
    found = ends(database)
    last = 0 if found is None else found[1].seq
    walk = _Walk(database.trail.seals, max(0, last - rows), {})
    walk.through(oldest_first(database, max(1, last - rows + 1)))
    _check_end(walk.verdict, counted(database), ())
    return walk.verdict


class _Walk:
    """Goes through the rows once, oldest first."""

    def __init__(self, seals: Seals, bare_until: int, anchored: Mapping[int, Anchor]) -> None:
        self.verdict = Verdict(keyed=seals.keyed)
        self.start = (1, "")
        self._removed_at: tuple[int, int] | None = None
        self.begins_after = ""
        self._seals, self._bare_until, self._anchored = seals, bare_until, anchored
        self._below: tuple[int, str] | None = None

    def through(self, rows: Iterable[Mapping[str, Any]]) -> None:
        for row in rows:
            self._number(row)
            self._seal(row)
            anchor = self._anchored.get(row["seq"])
            if anchor is not None and anchor.last.hash != row["hash"]:
                self.verdict.found(row["seq"], f"row {row['seq']} is not the one that the anchor of {anchor.at} saw")
            self._clock(row)
            self._below = (row["seq"], row["hash"])
            self.verdict.rows += 1
            self.verdict.last = row["seq"]

    def _number(self, row: Mapping[str, Any]) -> None:
        seq = row["seq"]
        if self._below is None:
            self.verdict.first, self.begins_after = seq, row["previous_hash"]
            return
        last, seal = self._below
        if seq != last + 1:
            self.verdict.found(last + 1, f"{_rows(last + 1, seq - 1)} missing")
        elif row["previous_hash"] != seal:
            self.verdict.found(seq, f"row {seq} does not follow row {last}: one of them is another than it was")

    def _seal(self, row: Mapping[str, Any]) -> None:
        seq, seal = row["seq"], row["hash"]
        if not self._seals.knows(seal):
            key = seal.partition(":")[0]
            self.verdict.found(seq, f"row {seq} is sealed with key {key}, which is not at hand: it cannot be judged")
        elif not self._seals.fits(sealed_content(row), seal):
            self.verdict.found(seq, f"row {seq} was changed or put in after it was sealed")
        elif not is_keyed(seal):
            self.verdict.bare += 1
            if self._seals.keyed and seq > self._bare_until:
                self.verdict.found(seq, f"row {seq} is sealed without a key: anybody could have written it")
            else:
                self._retention(row)
        else:
            self._retention(row)

    def _retention(self, row: Mapping[str, Any]) -> None:
        """Remember which start a row of retention left; it never removes what is younger than six years."""
        seq, detail = row["seq"], row["detail"]
        if row["action"] != EXPIRED or not isinstance(detail, dict):
            return
        first, before, at = detail.get("first"), detail.get("before"), row["at"]
        numbers = isinstance(before, int) and isinstance(at, int)
        if not isinstance(first, int) or not numbers or first > seq or before > at - LEAST_MS:
            self.verdict.found(seq, f"row {seq} says that rows younger than six years were removed")
        else:
            self.start = max(self.start, (first, str(detail.get("previous_hash"))))
            self._removed_at = (seq, at)

    def _clock(self, row: Mapping[str, Any]) -> None:
        """Six years are soon over by a clock that was put forward."""
        if self._removed_at is None or not isinstance(row["at"], int):
            return
        seq, at = self._removed_at
        if row["at"] < at - _AHEAD_MS:
            self.verdict.found(seq, f"row {seq} removed rows by a clock that was ahead: row {row['seq']} is older")
            self._removed_at = None


def _check_start(walk: _Walk) -> None:
    """The trail begins with row 1, or exactly where retention left it last.

    Anchors do not excuse another start: one taken after a theft would carry the thief's.
    """
    first = walk.verdict.first
    if first is None or (first, walk.begins_after) == walk.start:
        return
    kept = walk.start[0]
    if first > kept:
        walk.verdict.found(kept, f"{_rows(kept, first - 1)} missing at the beginning")
    elif first < kept:
        walk.verdict.found(first, f"{_rows(first, kept - 1)} there again, although retention removed them")
    else:
        walk.verdict.found(first, f"row {first} claims another row before it than there was")


def _check_end(verdict: Verdict, count: int | None, anchors: Sequence[Anchor]) -> None:
    last = verdict.last or 0
    furthest = max(anchors, key=lambda anchor: anchor.last.seq, default=None)
    if furthest is not None and furthest.last.seq > last:
        text = f"{_rows(last + 1, furthest.last.seq)} missing at the end: the anchor of {furthest.at} saw them"
        verdict.found(last + 1, text)
    elif count is not None and count > last:
        verdict.found(last + 1, f"{_rows(last + 1, count)} missing at the end: their numbers were given")
    if count is not None and count < last:
        verdict.found(count + 1, f"{_rows(count + 1, last)} past the counter: they were put in, or it was set back")


def _rows(first: int, last: int) -> str:
    return f"row {first} is" if first == last else f"rows {first} to {last} are"
