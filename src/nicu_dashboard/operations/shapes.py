"""Statements without what they were about: literals go, what is left tells only which question was asked."""

import re

_LONGEST = 400
_STRING = re.compile(r"[EeBbXxNn]?'(?:[^'\\]|''|\\.)*'|\$(\w*)\$.*?\$\1\$", re.DOTALL)
_NUMBER = re.compile(r"(?<![\w$\"%])[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?\b", re.IGNORECASE)
_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_LIST = re.compile(r"\((?:\s*(?:\?|%s|\$\d+|%\(\w+\)s)\s*(?:::\w+)?,?)+\)", re.IGNORECASE)
# Questions and changes of rows; whatever else there is (ALTER ROLE … PASSWORD …) shows its first words alone.
_SHOWN = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "MERGE")


def shape(statement: str) -> str:
    """Return a statement in one line with ? for every literal, cut where it is very long."""
    text = " ".join(_NUMBER.sub("?", _STRING.sub("?", _COMMENT.sub(" ", statement))).split())
    if not text.upper().startswith(_SHOWN):
        return " ".join(text.split()[:2])
    text = _LIST.sub("(…)", text)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
