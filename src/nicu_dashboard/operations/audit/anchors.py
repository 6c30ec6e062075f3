"""Reading anchors: signed notes of how far the audit trail goes, kept outside the database, one JSON a line."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from nicu_dashboard.adapters.sql.audit_anchors import MARK, signed_content
from nicu_dashboard.adapters.sql.audit_rows import End
from nicu_dashboard.adapters.sql.seals import Seals, is_keyed
from nicu_dashboard.ports.tick import StoreUnavailable


class AnchorsUnreadable(StoreUnavailable):
    """The file of anchors cannot be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """At this instant the trail went from its first to its last row; `first` carries the start past retention."""

    at: str
    first: End
    last: End


@dataclass(frozen=True, slots=True)
class ReadAnchors:
    """The anchors of a file, and the lines that are none of ours."""

    anchors: Sequence[Anchor] = ()
    doubtful: Sequence[int] = ()


def read(path: Path, seals: Seals) -> ReadAnchors:
    """Return what a file of anchors says; a syslog's file may hold other lines too. Raises AnchorsUnreadable."""
    try:
        lines = path.read_text("utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return ReadAnchors()
    except OSError as error:
        reason = (error.strerror or "no reason given").lower()
        raise AnchorsUnreadable(f"The file of anchors {path.name} cannot be read ({reason}).") from None
    anchors, doubtful = [], []
    for number, text in _marked(lines):
        anchor = _anchor(text, seals)
        if anchor is None:
            doubtful.append(number)
        else:
            anchors.append(anchor)
    return ReadAnchors(anchors, doubtful)


def _marked(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(lines, start=1):
        if MARK in line:
            yield number, line[line.find("{") :]


def _anchor(text: str, seals: Seals) -> Anchor | None:
    """Return the anchor of a line, None when we did not sign it."""
    try:
        document = json.loads(text)
        signature = document.pop("signature")
        anchor = Anchor(document["at"], End(**document["first"]), End(**document["last"]))
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    signed = isinstance(signature, str) and seals.fits(signed_content(document), signature)
    return anchor if signed and (is_keyed(signature) or not seals.keyed) else None
