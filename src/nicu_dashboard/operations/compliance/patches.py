"""Is the server's version one that still gets security fixes? 164.308(a)(1)(ii)(B)."""

import sqlite3

from nicu_dashboard.domain.instants import DAY_MS, format_instant, parse_instant
from nicu_dashboard.operations.compliance.check import Check, Finding, by_hand, failed, passed, unseen, warned
from nicu_dashboard.operations.compliance.scene import Scene

CLAUSE = "164.308(a)(1)(ii)(B), (5)(ii)(B)"
# The minor releases of this day, and the last day of each major version, by the PostgreSQL project's announcements.
AS_OF = "2025-11-13"
MINORS = {14: 20, 15: 15, 16: 11, 17: 7, 18: 1}
ENDS = {13: "2025-11-13", 14: "2026-11-12", 15: "2027-11-11", 16: "2028-11-09", 17: "2029-11-08", 18: "2030-11-14"}
STALE_DAYS = 120
OLDEST_SQLITE = (3, 40, 0)


def server(scene: Scene) -> Finding:
    """A table with a date: when it is old, that is said rather than passed over."""
    number = scene.effective("server_version_num")
    if number is None:
        return unseen("server_version_num")
    major, minor = divmod(int(number), 10_000)
    told = f"PostgreSQL {major}.{minor}"
    ends = ENDS.get(major)
    if major < min(ENDS) or (ends is not None and parse_instant(f"{ends}T00:00:00Z") <= scene.at):
        return failed(f"{told}: version {major} gets no fixes any more{f' since {ends}' if ends else ''}")
    if minor < MINORS.get(major, 0):
        return failed(f"{told}: {major}.{MINORS[major]} was out on {AS_OF}")
    if scene.at - parse_instant(f"{AS_OF}T00:00:00Z") > STALE_DAYS * DAY_MS:
        return warned(f"{told} was not old on {AS_OF}, but that list is stale: compare with the project's own")
    return passed(f"{told}, the newest of its version on {AS_OF}")


def sqlite(scene: Scene) -> Finding:
    """The library comes with Python."""
    told = f"SQLite {sqlite3.sqlite_version}, seen {format_instant(scene.at)[:10]}"
    return (
        passed(told) if sqlite3.sqlite_version_info >= OLDEST_SQLITE else warned(f"{told}: old; install a newer Python")
    )


CHECKS = (
    Check("patch.server", "The server's version gets security fixes", CLAUSE,
          "install the newest minor release, or move to a newer major one", server, "postgresql"),
    Check("patch.sqlite", "The SQLite library is a recent one", CLAUSE, "install a newer Python", sqlite, "sqlite"),
    Check("patch.control", "Changes are made by a written procedure", CLAUSE,
          "write down who updates server, program and system, and when", by_hand("who updates what, and when")),
)  # fmt: skip
