"""The program's own controls: people, log-off, emergency access, the audit trail. 164.312(a)–(d)."""

from pathlib import Path

from sqlalchemy import ColumnElement, Row, Select, func, select

from nicu_dashboard.adapters.sql.seals import KEY_FILE, SECRET_FILE, is_configured
from nicu_dashboard.adapters.sql.tables import audit_log, break_glass, device_keys, second_factors, sessions, users
from nicu_dashboard.domain.instants import DAY_MS, HOUR_MS, MINUTE_MS, parse_instant
from nicu_dashboard.operations.audit.anchors import read
from nicu_dashboard.operations.audit.places import SYSLOG, anchor_file, is_outside
from nicu_dashboard.operations.audit.verify import verify_end
from nicu_dashboard.operations.compliance.check import Check, Finding, by_hand, failed, passed, warned
from nicu_dashboard.operations.compliance.scene import Scene
from nicu_dashboard.ports.people import NO_PASSWORD
from nicu_dashboard.services.accounts import IDLE_MS, SESSION_MS

AUDIT, UNIQUE, INTEGRITY = "164.312(b)", "164.312(a)(2)(i)", "164.312(b), (c)(1), (c)(2)"
MIGHTY = ("administrator", "charge nurse", "physician")
SHARED = frozenset({"admin", "administrator", "nurse", "doctor", "user", "station", "ward", "nicu", "test", "guest"})
UNUSED_DAYS = 90
NAMED = 5
SWITCHES = ("NICU_ALLOW_INSECURE_DATABASE", "NICU_ALLOW_INSECURE_ENGINE")
TAIL = 10_000


def key(scene: Scene) -> Finding:
    """Is the key of the trail kept apart from it, and readable by its owner alone?"""
    if not is_configured(scene.environ):
        return warned("the key lies beside the database") if scene.sqlite else failed("sealed without a key")
    for name in (KEY_FILE, SECRET_FILE):
        named = scene.environ.get(name)
        if named and Path(named).expanduser().stat().st_mode & 0o077:
            return failed(f"others on this machine may read the file in {name}")
    return passed("an HMAC key outside the database")


def anchors(scene: Scene) -> Finding:
    """Is it noted outside, and lately, how far the trail goes?"""
    file = anchor_file(scene.environ, scene.app)
    if file is None:
        if scene.environ.get(SYSLOG):
            return Finding("unknown", "sent to a syslog, where this program cannot look; nicu audit anchor tries it")
        return failed("no place for anchors is set")
    kept = read(file, scene.app.trail.seals)
    if not kept.anchors:
        return failed("no anchor was kept yet")
    hours = (scene.at - max(parse_instant(anchor.at) for anchor in kept.anchors)) // HOUR_MS
    if hours > 2:
        return failed(f"the last anchor is {hours} hours old")
    told = "anchored within the last two hours"
    return passed(told) if is_outside(scene.environ) else warned(f"{told}, but beside the database")


def chain(scene: Scene) -> Finding:
    """Is the end of the trail whole? The whole of it is for nicu audit verify."""
    verdict = verify_end(scene.app, TAIL)
    if verdict.first_bad is not None:
        return failed(f"{verdict.first_bad.text} ({verdict.count} faults)")
    return passed(f"the last {verdict.rows:,} rows are whole")


def unique_users(scene: Scene) -> Finding:
    """A name that several people use proves nobody."""
    names = [row.name for row in _people(scene)]
    if not names:
        return failed("nobody has an account")
    shared = sorted(name for name in names if name.lower() in SHARED)
    if shared:
        return warned(f"{', '.join(shared)}: named after no person")
    return passed("1 person" if len(names) == 1 else f"{len(names)} people")


def second_factor(scene: Scene) -> Finding:
    """Whose account does most needs more than a password."""
    has = select(second_factors.c.user_id).where(second_factors.c.removed_at.is_(None))
    alone = users.c.id.not_in(has), users.c.password_hash != NO_PASSWORD
    bare = sorted(row.name for row in _people(scene, users.c.role.in_(MIGHTY), *alone))
    more = f" and {len(bare) - NAMED} more" if len(bare) > NAMED else ""
    if not bare:
        return passed("those in charge have a second factor")
    # Whose role must have one reaches the page Account alone: whoever guesses the password sets one up there.
    return failed(
        f"none is set up by {', '.join(bare[:NAMED])}{more}: the password alone gets in, or is enough to set one up"
    )


def unused(scene: Scene) -> Finding:
    """An account nobody uses is for somebody else to find."""
    since = scene.at - UNUSED_DAYS * DAY_MS
    lately = select(sessions.c.user_id).where(sessions.c.last_seen_at >= since)
    idle = _people(scene, users.c.created_at < since, users.c.id.not_in(lately))
    return (
        warned(f"{len(idle)} accounts were not used for {UNUSED_DAYS} days; nicu user disable NAME")
        if idle
        else passed(f"every account was used within {UNUSED_DAYS} days")
    )


def log_off(scene: Scene) -> Finding:
    """The program's own constants, and no session that was given longer; a wall never blanks."""
    longer = select(func.count()).where(sessions.c.ended_at.is_(None), sessions.c.expires_at > scene.at + SESSION_MS)
    count = _scalar(scene, longer)
    told = f"after {IDLE_MS // MINUTE_MS} min without use, {SESSION_MS // HOUR_MS} h at most"
    return failed(f"{told}, but {count} sessions were given longer") if count else passed(told)


def emergencies(scene: Scene) -> Finding:
    """Emergency access works with a reason, and somebody looks at each use."""
    waiting = select(func.count()).where(
        break_glass.c.reviewed_at.is_(None), break_glass.c.began_at < scene.at - 7 * DAY_MS
    )
    count = _scalar(scene, waiting)
    return (
        warned(f"{count} uses wait for a review for more than a week")
        if count
        else passed("with a reason, for an hour; every use was reviewed within a week")
    )


def keys(scene: Scene) -> Finding:
    """A device's key that never ends is for ever."""
    good = device_keys.c.disabled_at.is_(None)
    endless = _scalar(scene, select(func.count()).where(good, device_keys.c.expires_at.is_(None)))
    total = _scalar(scene, select(func.count()).where(good))
    return (
        warned(f"{endless} of {total} device keys have no end") if endless else passed(f"{total} device keys, all end")
    )


def insecure(scene: Scene) -> Finding:
    """A switch for trials."""
    on = [name for name in SWITCHES if scene.environ.get(name) == "1"]
    return failed(", ".join(f"{name}=1" for name in on)) if on else passed("none is set")


def reads(scene: Scene) -> Finding:
    """Looking at a baby's data leaves a row, too."""
    since = scene.at - 7 * DAY_MS
    seen = _scalar(scene, select(func.count()).where(audit_log.c.action.like("read.%"), audit_log.c.at >= since))
    used = _scalar(scene, select(func.count()).where(sessions.c.last_seen_at >= since))
    if used and not seen:
        return failed("people logged in this week and no read of patient data was recorded")
    return passed(f"{seen} rows about reading in the last week")


def _people(scene: Scene, *which: ColumnElement[bool]) -> list[Row[int, str]]:
    query = select(users.c.id, users.c.name).where(users.c.disabled_at.is_(None), *which)
    with scene.app.reading() as connection:
        return list(connection.execute(query))


def _scalar(scene: Scene, query: Select[int]) -> int:
    with scene.app.reading() as connection:
        return connection.scalar(query) or 0


CHECKS = (
    Check("app.audit_key", "The audit trail is sealed by a key kept elsewhere", INTEGRITY,
          "nicu audit new-key FILE, then NICU_AUDIT_KEY_FILE", key),
    Check("app.anchors", "How far the audit trail goes is noted outside", INTEGRITY,
          "set NICU_AUDIT_ANCHOR_FILE or NICU_AUDIT_ANCHOR_SYSLOG; nicu serve keeps one an hour, nicu audit anchor now",
          anchors),
    Check("app.chain", "The audit trail is whole", INTEGRITY, "nicu audit verify names every fault", chain),
    Check("app.reads", "Reading patient data is recorded", AUDIT, "report it: this is a fault of the program", reads),
    Check("app.users", "Everybody has an account of their own", UNIQUE, "nicu user add NAME for each person",
          unique_users),
    Check("app.second_factor", "Those in charge have a second factor", "164.312(d)",
          "let them add one on their account's page; NICU_SECOND_FACTOR names the roles that must", second_factor),
    Check("app.unused", "Accounts that nobody uses are disabled", "164.308(a)(3)(ii)(C)", "nicu user disable NAME",
          unused),
    Check("app.log_off", "Sessions end by themselves", "164.312(a)(2)(iii)",
          "nicu user disable NAME, then find out who wrote into the table of sessions", log_off),
    Check("app.emergency", "Emergency access is there, and looked through", "164.312(a)(2)(ii)",
          "review them on the page of emergencies", emergencies),
    Check("app.keys", "Device keys end", "164.312(d)",
          "nicu key add NEW --days 365, give it to the device, then nicu key disable OLD",
          keys),
    Check("app.insecure", "No switch for trials is on", "164.312(e)(1)",
          "unset what is named", insecure),
    Check("app.training", "People are trained and know the rules", "164.308(a)(5)", "keep the list of trainings",
          by_hand("who was trained, and when")),
    Check("app.agreements", "Whoever runs machines for you has signed", "164.308(b)(1)",
          "keep the business associate agreements", by_hand("business associate agreements")),
)  # fmt: skip
