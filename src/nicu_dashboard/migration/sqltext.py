"""Reading the text of a CREATE TABLE: the few facts SQLite keeps nowhere else."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

TOKEN = re.compile(
    r"""\s+ | --[^\n]* | /\*.*?(?:\*/|\Z)
    | (?P<string>'(?:[^']|'')*')
    | (?P<name>"(?:[^"]|"")*" | `(?:[^`]|``)*` | \[[^\]]*\])
    | (?P<word>[^\W\d][\w$]*)
    | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class Token:
    """One token, where it starts and ends, and how deep in brackets it stands."""

    kind: str
    text: str
    start: int
    end: int
    depth: int

    def is_word(self, *words: str) -> bool:
        """Return whether this is one of the bare words, which are given in capitals."""
        return self.kind == "word" and self.text.upper() in words


@dataclass
class ColumnText:
    """What a column definition says beyond the pragmas."""

    name: str
    collation: str = "BINARY"
    generated: str | None = None


@dataclass
class TableText:
    """What a table definition says beyond the pragmas."""

    columns: list[ColumnText] = field(default_factory=list)
    checks: list[str] = field(default_factory=list)
    autoincrement: bool = False
    deferred: bool = False


def tokens(text: str) -> Iterator[Token]:
    """Yield the tokens of SQL text, without spaces and comments."""
    depth = 0
    for match in TOKEN.finditer(text):
        kind = match.lastgroup
        if kind is None:
            continue
        depth -= match.group() == ")"
        yield Token(kind, match.group(), match.start(), match.end(), depth)
        depth += match.group() == "("


def unquoted(token: Token) -> str:
    """Return the name a token stands for."""
    text = token.text
    if token.kind == "word" or len(text) < 2:
        return text
    inner = text[1:-1]
    return inner if text[0] == "[" else inner.replace(text[0] * 2, text[0])


def _items(found: Sequence[Token]) -> list[list[Token]]:
    items: list[list[Token]] = [[]]
    for token in found:
        if token.depth == 0 and token.text == ")":
            break
        if token.depth == 1 and token.text == ",":
            items.append([])
        elif token.depth >= 1:
            items[-1].append(token)
    return [item for item in items if item]


def _bracketed(text: str, item: Sequence[Token], opening: int) -> str | None:
    if opening >= len(item) or item[opening].text != "(":
        return None
    depth = item[opening].depth
    for token in item[opening + 1 :]:
        if token.depth == depth and token.text == ")":
            return text[item[opening].end : token.start].strip()
    return None


def _read_item(text: str, item: Sequence[Token], found: TableText) -> None:
    constraint = item[0].is_word("CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN") and item[0].kind == "word"
    column = None if constraint else ColumnText(unquoted(item[0]))
    if column:
        found.columns.append(column)
    for place, token in enumerate(item):
        if token.depth != 1:
            continue
        if token.is_word("CHECK") and (check := _bracketed(text, item, place + 1)):
            found.checks.append(check)
        elif token.is_word("DEFERRED"):
            found.deferred = True
        elif token.is_word("AUTOINCREMENT"):
            found.autoincrement = True
        elif column and token.is_word("AS"):
            column.generated = _bracketed(text, item, place + 1)
        elif column and token.is_word("COLLATE") and place + 1 < len(item):
            column.collation = unquoted(item[place + 1]).upper()


def read_table_text(text: str) -> TableText:
    """Return what the CREATE TABLE text says; unknown parts are passed over."""
    found = TableText()
    for item in _items(list(tokens(text))):
        _read_item(text, item, found)
    return found


def module_of(text: str) -> str:
    """Return in lower case the module of a CREATE VIRTUAL TABLE, "" of any other text."""
    found = list(tokens(text))
    is_virtual = len(found) > 1 and found[1].is_word("VIRTUAL")
    using = next((place for place, token in enumerate(found) if token.is_word("USING")), len(found)) + 1
    return unquoted(found[using]).lower() if is_virtual and using < len(found) else ""


def has_no_text(text: str) -> bool:
    """Return whether a full-text search was made with `content=''`: it finds rows and gives none of their text."""
    found = [token.text.lower() for token in tokens(text)]
    return any(
        found[place : place + 2] == ["content", "="] and found[place + 2 :][:1] in (["''"], ['""'])
        for place in range(len(found))
    )


def where_of_index(text: str) -> str | None:
    """Return the condition of a partial CREATE INDEX, or None."""
    for token in tokens(text):
        if token.depth == 0 and token.is_word("WHERE"):
            return text[token.end :].strip()
    return None


def keys_of_index(text: str) -> list[str]:
    """Return the key expressions of a CREATE INDEX as they are written."""
    found = list(tokens(text))
    opening = next((place for place, token in enumerate(found) if token.text == "(" and token.depth == 0), None)
    if opening is None:
        return []
    return [text[item[0].start : item[-1].end] for item in _items(found[opening:])]
