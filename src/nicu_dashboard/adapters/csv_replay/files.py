"""Recordings as CSV: a column recorded_at and columns named after vital signs; every fault is told with its line."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TextIO

from nicu_dashboard.domain.errors import Told
from nicu_dashboard.domain.instants import InstantError, parse_instant
from nicu_dashboard.domain.vitals import VITALS, Measured, ValueRefused, check_value

TIME_COLUMN = "recorded_at"
_LONGEST_LINE = 1_000_000


class FileFault(Told):
    """The file cannot be used at all; the message names the file, the reason and what is expected."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line that says something: its number in the file, its instant (epoch ms), its values."""

    line: int
    at: int
    values: Mapping[str, Measured]


@dataclass(frozen=True, slots=True)
class BadLine:
    """What is wrong with one line; `kept` tells that the rest of the line was taken."""

    line: int
    reason: str
    kept: bool = False


class CsvRecording:
    """A recording to be read once from its beginning; `unknown` names the columns that are no vital sign."""

    def __init__(self, path: Path) -> None:
        """Look at the heading; raises FileFault."""
        self.path = path
        self.passed = 0  # characters read so far, for a progress bar
        self._names = self._checked(self._heading())
        self.size = path.stat().st_size
        self.vitals = tuple(name for name in self._names if name in VITALS)
        self.unknown = tuple(name for name in self._names if name not in VITALS and name not in (TIME_COLUMN, ""))

    def lines(self) -> Iterator[Row | BadLine]:
        """Yield each line that holds values, and each fault, in the order of the file; raises FileFault."""
        with self._opened() as file:
            reader = csv.reader(self._counted(file))
            try:
                next(reader, None)
                for cells in reader:
                    if any(cell.strip() for cell in cells):
                        yield from self._line(reader.line_num, cells)
            except csv.Error as error:
                raise FileFault(
                    f"{self.path.name}, line {reader.line_num}: {error}; nothing after it was read"
                ) from None
            except UnicodeDecodeError:
                raise FileFault(f"{self.path.name} is not text in UTF-8; save it as CSV in UTF-8") from None

    def _heading(self) -> Sequence[str] | None:
        with self._opened() as file:
            try:
                return next(csv.reader(iter(lambda: file.readline(_LONGEST_LINE), "")), None)
            except (csv.Error, UnicodeDecodeError):
                raise FileFault(f"{self.path.name} is not CSV text in UTF-8; save it as CSV in UTF-8") from None

    def _line(self, number: int, cells: Sequence[str]) -> Iterator[Row | BadLine]:
        if len(cells) != len(self._names):
            yield BadLine(number, f"{len(cells)} columns instead of {len(self._names)}")
            return
        fields = dict(zip(self._names, cells, strict=True))
        try:
            at = parse_instant(fields[TIME_COLUMN])
        except InstantError as error:
            yield BadLine(number, f"{TIME_COLUMN}: {error}")
            return
        values: dict[str, Measured] = {}
        faults: list[str] = []
        for name in self.vitals:
            if text := fields[name].strip():
                try:
                    values[name] = check_value(name, _number(name, text))
                except ValueRefused as error:
                    faults.append(str(error))
        for fault in faults:
            yield BadLine(number, fault, kept=bool(values))
        if values:
            yield Row(number, at, values)

    def _opened(self) -> TextIO:
        try:
            # utf-8-sig: spreadsheets put a byte order mark before the first heading.
            return self.path.open(newline="", encoding="utf-8-sig")
        except OSError as error:
            raise FileFault(f"{self.path} cannot be read: {error.strerror}; look at its name") from None

    def _counted(self, file: TextIO) -> Iterator[str]:
        # A line without end must not fill the memory before the reader refuses it.
        while line := file.readline(_LONGEST_LINE):
            self.passed += len(line)
            yield line

    def _checked(self, heading: Sequence[str] | None) -> tuple[str, ...]:
        names = tuple(name.strip().lower() for name in heading or ())
        if TIME_COLUMN not in names:
            raise FileFault(f"{self.path.name} has no column {TIME_COLUMN}; the first line names the columns")
        doubled = sorted({name for name in names if name and names.count(name) > 1})
        if doubled:
            raise FileFault(f"{self.path.name} names a column twice: {', '.join(doubled)}; rename one")
        if not any(name in VITALS for name in names):
            raise FileFault(f"{self.path.name} has no column of a vital sign; known are: {', '.join(VITALS)}")
        return names


def meant(column: str) -> str:
    """Return ` (did you mean spo2?)` for a column whose name is nearly that of a vital sign, else nothing."""
    near = get_close_matches(column, VITALS, 1)
    return f" (did you mean {near[0]}?)" if near else ""


def _number(name: str, text: str) -> float:
    try:
        if "_" in text:  # Python reads 1_50 as 150
            raise ValueError
        return float(text)
    except ValueError:
        raise ValueRefused(f"{name}: {text[:40]!r} is not a number") from None
