"""Does the server log who came, and nothing of patients? 164.312(b), 164.308(a)(1)(ii)(D)."""

from nicu_dashboard.operations.compliance.check import Check, Finding, by_hand, failed, passed, unseen, warned
from nicu_dashboard.operations.compliance.scene import Scene

ACCESS = "164.312(b)"
SECRECY = "164.312(a)(1), 164.502(b)"
REVIEW = "164.308(a)(1)(ii)(D)"
# What each line must say, and the escapes of log_line_prefix that say it.
_SAID = {"time": "tmn", "user": "u", "database": "d", "host": "hr"}
_STRUCTURED = ("csvlog", "jsonlog")


def connections(scene: Scene) -> Finding:
    """A boolean before 18, a list of stages since."""
    return _on(scene, "log_connections")


def disconnections(scene: Scene) -> Finding:
    """Is every end of a session logged?"""
    return _on(scene, "log_disconnections")


def prefix(scene: Scene) -> Finding:
    """Does each line say when, who, where from, in which database?"""
    if any(kind in (scene.setting("log_destination") or "") for kind in _STRUCTURED):
        return passed("log_destination is structured and names them all")
    given = scene.setting("log_line_prefix")
    if given is None:
        return unseen("log_line_prefix")
    missing = [what for what, escapes in _SAID.items() if not any(f"%{one}" in given for one in escapes)]
    return failed(f"lines do not say {', '.join(missing)}") if missing else passed(f"log_line_prefix = '{given}'")


def statements(scene: Scene) -> Finding:
    """A logged statement may hold values."""
    given = scene.effective("log_statement")
    return passed(f"log_statement = {given}") if given in ("none", "ddl") else _failed("log_statement", given)


def parameters(scene: Scene) -> Finding:
    """A duration threshold logs the parameters with the statement."""
    given = scene.effective("log_parameter_max_length")
    if given == "0":
        return passed("log_parameter_max_length = 0 on the program's connection")
    thresholds = ("log_min_duration_statement", "log_min_duration_sample")
    logs = [name for name in thresholds if scene.effective(name) not in ("-1", None)]
    if logs or scene.effective("log_duration") == "on":
        return failed(f"log_parameter_max_length = {given} while {', '.join(logs) or 'log_duration'} logs statements")
    return warned(f"log_parameter_max_length = {given}: the day a threshold is set, parameters are logged")


def parameters_on_error(scene: Scene) -> Finding:
    """An error may log them too."""
    given = scene.effective("log_parameter_max_length_on_error")
    return (
        passed("0 on the program's connection") if given == "0" else _failed("log_parameter_max_length_on_error", given)
    )


def verbosity(scene: Scene) -> Finding:
    """The DETAIL of a broken rule holds the row's values."""
    given = scene.effective("log_error_verbosity")
    return passed("log_error_verbosity = terse") if given == "terse" else _failed("log_error_verbosity", given)


def error_statements(scene: Scene) -> Finding:
    """A statement logged with its error may hold values."""
    given = scene.effective("log_min_error_statement")
    good = given in ("panic", "fatal")
    return passed(f"log_min_error_statement = {given}") if good else _failed("log_min_error_statement", given)


def extensions(scene: Scene) -> Finding:
    """pgaudit and auto_explain write parameters when they are told to."""
    audit, explain = scene.effective("pgaudit.log_parameter"), scene.effective("auto_explain.log_parameter_max_length")
    if audit == "on":
        return failed("pgaudit.log_parameter = on")
    if explain not in (None, "0") and scene.effective("auto_explain.log_min_duration") != "-1":
        return failed(f"auto_explain.log_parameter_max_length = {explain}")
    loaded = [name for name, value in (("pgaudit", audit), ("auto_explain", explain)) if value is not None]
    return passed(
        f"{' and '.join(loaded)} log no parameters" if loaded else "neither pgaudit nor auto_explain is at work"
    )


def own_log(scene: Scene) -> Finding:
    """Debugging prints what errors hold."""
    level = scene.environ.get("NICU_LOG_LEVEL", "info")
    if level == "debug":
        return warned("NICU_LOG_LEVEL=debug: commands print whole errors to the terminal")
    return passed(f"NICU_LOG_LEVEL={level}; errors are told by kind and place alone")


def _on(scene: Scene, name: str) -> Finding:
    given = scene.effective(name)
    return failed(f"{name} = {given or 'empty'}") if given in ("off", "", None) else passed(f"{name} = {given}")


def _failed(name: str, given: str | None) -> Finding:
    return failed(f"{name} = {given} on the program's connection")


def _quiet(setting: str) -> str:
    return f"nicu db roles --apply sets it; or: ALTER ROLE nicu_app SET {setting}"


CHECKS = (
    Check("log.connections", "Every connection is logged", ACCESS,
          "ALTER SYSTEM SET log_connections = on (18: 'all'); SELECT pg_reload_conf()", connections, "postgresql"),
    Check("log.disconnections", "Every end of a connection is logged", ACCESS,
          "ALTER SYSTEM SET log_disconnections = on; SELECT pg_reload_conf()", disconnections, "postgresql"),
    Check("log.prefix", "Each line of the server's log says when, who, from where, which database", ACCESS,
          "ALTER SYSTEM SET log_line_prefix = '%m [%p] %u@%d %r '; SELECT pg_reload_conf()", prefix, "postgresql"),
    Check("phi.statements", "Statements of the program are not logged", SECRECY,
          "ALTER SYSTEM SET log_statement = 'ddl'; SELECT pg_reload_conf()", statements, "postgresql"),
    Check("phi.parameters", "Slow statements are logged without their parameters", SECRECY,
          _quiet("log_parameter_max_length = 0"), parameters, "postgresql"),
    Check("phi.parameters_on_error", "Failed statements are logged without their parameters", SECRECY,
          _quiet("log_parameter_max_length_on_error = 0"), parameters_on_error, "postgresql"),
    Check("phi.verbosity", "Errors are logged without the row's values", SECRECY,
          _quiet("log_error_verbosity = terse"), verbosity, "postgresql"),
    Check("phi.error_statements", "Errors are logged without their statement", SECRECY,
          _quiet("log_min_error_statement = panic"), error_statements, "postgresql"),
    Check("phi.extensions", "pgaudit and auto_explain log no parameters", SECRECY,
          "ALTER SYSTEM SET pgaudit.log_parameter = off", extensions, "postgresql"),
    Check("phi.own_log", "The program's own log holds no patient data", SECRECY,
          "set NICU_LOG_LEVEL=info", own_log),
    Check("log.shipping", "Logs are kept where the server's keepers cannot change them", REVIEW,
          "ship them to a log host; keep them six years", by_hand("where the logs go, and for how long")),
    Check("log.review", "Somebody reads the logs and the audit trail", REVIEW,
          "name who, and how often", by_hand("who reads them, and how often")),
)  # fmt: skip
