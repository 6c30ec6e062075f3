"""Is the server's version one that still gets security fixes? 164.308(a)(1)(ii)(B)."""

from nicu_dashboard.domain.instants import DAY_MS, parse_instant
from nicu_dashboard.operations.compliance.check import Check, Finding, by_hand, failed, passed, unseen, warned
from nicu_dashboard.operations.compliance.scene import Scene

CLAUSE = "164.308(a)(1)(ii)(B), (5)(ii)(B)"
# When this list was made, from Debian's changelog of postgresql-15 and from packages of 17 and 18. Every supported
# version gets its minor release on the same day; what was not seen itself is counted on from the list of 2025-11-13
# (14.20, 15.15, 16.11, 17.7, 18.1) by the five rounds that 15 went through since, and is called so.
AS_OF = "2026-11-25"
SEEN = {15: (20, "2026-11-13"), 17: (10, "2026-07"), 18: (6, "2026-09-07")}
COUNTED = {14: 25, 15: 20, 16: 16, 17: 12, 18: 7}
# The last day of each major version, by the project's own table.
ENDS = {13: "2025-11-13", 14: "2026-11-12", 15: "2027-11-11", 16: "2028-11-09", 17: "2029-11-08", 18: "2030-11-14"}
STALE_DAYS = 120
# SQLite has one line of releases; the newest by its binding of the same number on PyPI. The fix is of CVE-2025-6965.
NEWEST_SQLITE, FIXED_SQLITE = (3, 54, 1), (3, 50, 2)


def server(scene: Scene) -> Finding:
    """A table with a date: when it is old, that is said rather than passed over."""
    number = scene.effective("server_version_num")
    return unseen("server_version_num") if number is None else judged(int(number), scene.at)


def judged(number: int, at: int) -> Finding:
    """Return what the list says of a version (150020 is 15.20) at this instant."""
    major, minor = divmod(number, 10_000)
    told = f"PostgreSQL {major}.{minor}"
    ends = ENDS.get(major)
    if major < min(ENDS) or (ends is not None and parse_instant(f"{ends}T00:00:00Z") <= at):
        return failed(f"{told}: version {major} gets no fixes any more{f' since {ends}' if ends else ''}")
    newest, day = SEEN.get(major, (0, ""))
    if minor < newest:
        return failed(f"{told}: {major}.{newest} was seen on {day}")
    if major not in COUNTED:
        return warned(f"{told}: the list of {AS_OF} does not know version {major}; compare with the project's own")
    if minor < COUNTED[major]:
        return warned(
            f"{told}: {major}.{COUNTED[major]} should be out since 2026-11-12; compare with the project's own"
        )
    if at - parse_instant(f"{AS_OF}T00:00:00Z") > STALE_DAYS * DAY_MS:
        return warned(f"{told} was not old on {AS_OF}, but that list is stale: compare with the project's own")
    return passed(f"{told}, the newest of its version on {AS_OF}")


def sqlite(scene: Scene) -> Finding:
    """The library comes with Python or the system."""
    rows = scene.ask("SELECT sqlite_version()")
    return judged_sqlite(str(rows[0][0]), scene.at) if rows else unseen("sqlite_version()")


def judged_sqlite(version: str, at: int) -> Finding:
    """Return what the list says of a library: a system's package may hold later fixes under an old number."""
    told = f"SQLite {version}"
    number = tuple(int(part) for part in version.split(".")[:3])
    newest, fixed = (".".join(map(str, one)) for one in (NEWEST_SQLITE, FIXED_SQLITE))
    if number < FIXED_SQLITE:
        return warned(
            f"{told}: lacks the fix of {fixed} (2025-06-28) unless whoever packed it brought it over;"
            f" {newest} was the newest on {AS_OF}"
        )
    if at - parse_instant(f"{AS_OF}T00:00:00Z") > STALE_DAYS * DAY_MS:
        return warned(f"{told}: the list of {AS_OF} is stale; compare with the project's own")
    return passed(f"{told}: has the known fixes; {newest} was the newest on {AS_OF}")


CHECKS = (
    Check("patch.server", "The server's version gets security fixes", CLAUSE,
          "install the newest minor release, or move to a newer major one", server, "postgresql"),
    Check("patch.sqlite", "The SQLite library has its fixes", CLAUSE,
          "update the system's package and read its changelog, or install a newer Python", sqlite, "sqlite"),
    Check("patch.control", "Changes are made by a written procedure", CLAUSE,
          "write down who updates server, program and system, and when", by_hand("who updates what, and when")),
)  # fmt: skip
