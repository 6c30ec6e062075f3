"""The text of an address, taken apart: URL or key=value form become pairs of key and value, still as written.

A password may hold anything, so no message repeats a part of the text that could belong to one.
"""

import re
from urllib.parse import unquote_to_bytes

from nicu_dashboard.adapters.sql.addresses.address import AddressFault

Pair = tuple[str, str]

ESCAPES = "/ is %2F, # is %23, @ is %40, ? is %3F, % is %25, a space is %20"
_RECIPE = f"write the characters of user name and password that mean something in a URL escaped: {ESCAPES}"
_TOKEN = re.compile(r"\s*([^\s='\"]+)\s*=\s*('(?:[^'\\]|\\.)*'|(?:[^\s'\\]|\\.)*)(?=\s|$)", re.DOTALL)
_HOST = re.compile(
    r"\[(?P<six>[0-9A-Fa-f:.]+(?:%25[\w.~-]+)?)\](?::(?P<six_port>[^:]*))?|(?P<name>[^:\[\]]*)(?::(?P<port>[^:]*))?"
)


def url_pairs(rest: str, setting: str) -> list[Pair]:
    """Return the pairs of what follows `postgresql://`; raises AddressFault where a password is not escaped."""
    _refuse_unescaped(rest, setting)
    before, _, query = rest.partition("?")
    authority, _, path = before.partition("/")
    userinfo, _, places = authority.rpartition("@")
    user, colon, password = userinfo.partition(":")
    pairs = [("user", user)] if user else []
    pairs += [("password", password)] if colon and password else []
    pairs += _places(places, setting)
    pairs += [("dbname", path)] if path else []
    pairs += _query(query, setting)
    return [(key, _unescaped(value, setting)) for key, value in pairs]


def dsn_pairs(text: str, setting: str) -> list[Pair]:
    """Return the pairs of `host=db port=5432 password='…'`; raises AddressFault where quotes are missing."""
    pairs: list[Pair] = []
    at = 0
    while text[at:].strip():
        found = _TOKEN.match(text, at)
        if found is None:
            raise AddressFault(
                f"{setting}: the key=value form breaks off after {len(pairs)} keys; put a value with spaces or"
                " quotes in single quotes, with \\ before ' and \\."
            )
        key, value = found.groups()
        if value.startswith("'"):
            value = value[1:-1]
        pairs.append((key, re.sub(r"\\(.)", r"\1", value, flags=re.DOTALL)))
        at = found.end()
    return pairs


def _refuse_unescaped(rest: str, setting: str) -> None:
    if re.search(r"[\s\x00-\x1f\x7f]", rest):
        raise AddressFault(f"{setting}: there is a space or a control character in the URL; {_RECIPE}.")
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    # A well-formed address has one @ at most, before its first / or ?, and never a #.
    if "#" in rest or rest.count("@") > 1 or ("@" in rest and "@" not in authority):
        raise AddressFault(f"{setting}: a / # @ or ? in it is not escaped, so the host cannot be told; {_RECIPE}.")
    if re.search(r"%(?![0-9A-Fa-f]{2})", rest):
        raise AddressFault(f"{setting}: a % is not followed by two hexadecimal digits; {_RECIPE}.")


def _places(places: str, setting: str) -> list[Pair]:
    """Return the hosts and ports of an authority as libpq's two lists."""
    names, ports = [], []
    for place in places.split(","):
        found = _HOST.fullmatch(place)
        if found is None:
            raise AddressFault(
                f"{setting}: a host is not written as NAME:PORT; an IPv6 address goes in brackets: [::1]:5432."
            )
        names.append(found["six"] or found["name"] or "")
        ports.append(found["six_port"] or found["port"] or "")
    pairs = [("host", ",".join(names))] if any(names) else []
    return [*pairs, ("port", ",".join(ports))] if any(ports) else pairs


def _query(query: str, setting: str) -> list[Pair]:
    pairs = []
    for piece in filter(None, query.split("&")):
        key, equals, value = piece.partition("=")
        if not equals:
            raise AddressFault(f"{setting}: what follows the ? is written key=value, joined by &; one piece has no =.")
        pairs.append((_unescaped(key, setting), value))
    return pairs


def _unescaped(value: str, setting: str) -> str:
    try:
        text = unquote_to_bytes(value).decode()
    except UnicodeDecodeError:
        raise AddressFault(f"{setting}: an escaped character is not UTF-8; {_RECIPE}.") from None
    if "\x00" in text:
        raise AddressFault(f"{setting}: %00 cannot be part of an address.")
    return text
