"""May the program and others do no more than they need? 164.308(a)(4), 164.312(a)(1), 164.312(c)(1)."""

from nicu_dashboard.adapters.sql.tables.guards import TRIGGERS
from nicu_dashboard.domain.instants import DAY_MS
from nicu_dashboard.operations.audit.partitions import is_due
from nicu_dashboard.operations.audit.partitions import parts as trail_parts
from nicu_dashboard.operations.compliance.check import Check, Finding, by_hand, failed, passed, unseen, warned
from nicu_dashboard.operations.compliance.scene import Scene
from nicu_dashboard.operations.roles.tables import APPENDED, SEEN

CLAUSE = "164.308(a)(4)(ii)(B), 164.312(a)(1)"
ROLES = "nicu db roles --apply, and the role nicu_app in DATABASE_URL"
# So long after the turn of the year its part of the audit trail may still be open.
GRACE_MS = 31 * DAY_MS
_FLAGS = ("superuser", "createrole", "createdb", "replication", "bypassrls")
_SCHEMA = "relnamespace = current_schema()::regnamespace"
# The trail and every part of it.
_TRAIL = (
    "SELECT to_regclass('audit_log')::oid UNION SELECT inhrelid FROM pg_inherits"
    " WHERE inhparent = to_regclass('audit_log')"
)


def flags(scene: Scene) -> Finding:
    """Is the program's role an ordinary one, also by the roles it belongs to?"""
    listed = ", ".join(f"bool_or(rol{'super' if name == 'superuser' else name})" for name in _FLAGS)
    rows = scene.ask_as_app(f"SELECT {listed} FROM pg_roles WHERE pg_has_role(current_user, oid, 'MEMBER')")
    if not rows:
        return unseen("pg_roles")
    held = [name for name, has in zip(_FLAGS, rows[0], strict=True) if has]
    return failed(f"the program's role has {', '.join(held)}") if held else passed("none of " + ", ".join(_FLAGS))


def owns(scene: Scene) -> Finding:
    """Whoever owns a table may drop it and switch its triggers off."""
    rows = scene.ask_as_app(
        f"SELECT count(*) FROM pg_class WHERE {_SCHEMA} AND relkind IN ('r', 'p')"
        " AND pg_has_role(current_user, relowner, 'MEMBER')"
    )
    count = rows[0][0] if rows else None
    if count is None:
        return unseen("pg_class")
    return failed(f"the program's role owns {count} tables") if count else passed("owns no table")


def creates(scene: Scene) -> Finding:
    """Something of one's own in the schema goes before something of the server's."""
    rows = scene.ask_as_app(
        "SELECT has_schema_privilege(current_schema(), 'CREATE'),"
        " EXISTS (SELECT FROM pg_namespace AS n, aclexplode(n.nspacl) AS a"
        " WHERE n.nspname = current_schema() AND a.grantee = 0 AND a.privilege_type = 'CREATE')"
    )
    if not rows:
        return unseen("the schema's rights")
    mine, everybody = rows[0]
    who = "everybody" if everybody else "the program's role"
    return failed(f"{who} may create in the schema") if mine or everybody else passed("nobody but the owner creates")


def appends(scene: Scene) -> Finding:
    """May the program change what is written once?"""
    wanted = " OR ".join(f"has_table_privilege(oid, '{right}')" for right in ("UPDATE", "DELETE", "TRUNCATE"))
    listed = ", ".join(f"'{name}'" for name in sorted(APPENDED))
    ours = f"({_SCHEMA} AND relname IN ({listed}) OR oid IN ({_TRAIL}))"
    rows = scene.ask_as_app(f"SELECT relname FROM pg_class WHERE {ours} AND ({wanted})")
    if rows is None:
        return unseen("the tables' rights")
    names = ", ".join(sorted(row[0] for row in rows))
    return failed(f"the program may change {names}") if rows else passed("the program only appends to the audit trail")


def triggers(scene: Scene) -> Finding:
    """Does the database itself refuse changes of the audit trail?"""
    if scene.sqlite:
        rows = scene.ask("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_log'")
        there = {row[0] for row in rows or ()}
        missing = {"audit_log_keeps_content", "audit_log_keeps_rows"} - there
        return failed(f"missing: {', '.join(sorted(missing))}") if missing else passed("changes are refused")
    always = " AND ".join(
        f"EXISTS (SELECT FROM pg_trigger WHERE tgrelid = c.oid AND tgname = '{name}' AND tgenabled = 'A')"
        for name in TRIGGERS
    )
    rows = scene.ask(f"SELECT relname, {always} FROM pg_class AS c WHERE c.oid IN ({_TRAIL}) ORDER BY relname")
    if rows is None:
        return unseen("pg_trigger")
    open_ = [name for name, refuses in rows if not refuses]
    return (
        failed(f"not ENABLE ALWAYS, or missing, on {', '.join(open_)}")
        if open_ or not rows
        else passed(f"changes are refused, for replicas' sessions too, in every part of the trail ({len(rows) - 1})")
    )


def parts(scene: Scene) -> Finding:
    """Only a year that was closed can be dropped as a whole when its six years are over."""
    with scene.app.reading() as connection:
        found = trail_parts(connection)
        late = is_due(connection, scene.at - GRACE_MS)
    if not found:
        return failed("the audit trail is one table: whole years cannot be dropped")
    told = f"parts: {len(found)}; rows go into {found[-1].name}"
    return warned(f"{told}, which holds an earlier year, too") if late else passed(told)


def row_security(scene: Scene) -> Finding:
    """Is it on and forced for every table with patients' data?"""
    listed = ", ".join(f"'{name}'" for name in sorted([*SEEN, "audit_log"]))
    rows = scene.ask(
        f"SELECT relname FROM pg_class WHERE {_SCHEMA} AND relname IN ({listed})"
        " AND NOT (relrowsecurity AND relforcerowsecurity) ORDER BY relname"
    )
    if rows is None:
        return unseen("pg_class")
    return (
        failed(f"not forced on {len(rows)} tables, {rows[0][0]} among them")
        if rows
        else passed(f"forced on {len(SEEN) + 1} tables")
    )


CHECKS = (
    Check("priv.flags", "The program's role is an ordinary one", CLAUSE, ROLES, flags, "postgresql"),
    Check("priv.owns", "The program's role owns no table", CLAUSE, ROLES, owns, "postgresql"),
    Check("priv.creates", "Nobody but the owner creates in the schema", CLAUSE, ROLES, creates, "postgresql"),
    Check("priv.appends", "The program cannot change the audit trail", "164.312(b), (c)(1)", ROLES, appends,
          "postgresql"),
    Check("priv.triggers", "The database refuses changes of the audit trail", "164.312(b), (c)(1)",
          "as the owner: nicu db upgrade; on PostgreSQL: ALTER TABLE audit_log ENABLE ALWAYS TRIGGER NAME", triggers),
    Check("priv.trail_parts", "The audit trail is divided, so that it can be kept six years and no longer",
          "164.316(b)(2)(i)", "as the owner, daily: nicu db maintain", parts, "postgresql"),
    Check("priv.row_security", "Row level security is forced on patients' data", CLAUSE, ROLES, row_security,
          "postgresql"),
    Check("priv.review", "Who may do what is looked through regularly", "164.308(a)(4)(ii)(C)",
          "go through nicu user list and nicu db roles every quarter",
          by_hand("who looks the access through, and when")),
)  # fmt: skip
