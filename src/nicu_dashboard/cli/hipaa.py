"""`nicu hipaa …`: what a machine can check of 45 CFR 164.312 and 164.308, and what a person stands for."""

from pathlib import Path
from typing import Annotated

import typer

from nicu_dashboard import settings
from nicu_dashboard.cli.common import checked, instant, now, opened, operator, print_json, show, table, words
from nicu_dashboard.cli.exits import DONE, FOUND_WRONG, CannotRun
from nicu_dashboard.domain.instants import DAY_MS, format_instant
from nicu_dashboard.operations.compliance import api, attestations, markdown
from nicu_dashboard.operations.compliance.run import CHECKS, ComplianceReport
from nicu_dashboard.ports.tick import StoreUnavailable
from nicu_dashboard.settings import environment

hipaa = typer.Typer(no_args_is_help=True, help="Technical checks for HIPAA, and attestations.")


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(hipaa, name="hipaa")


@hipaa.callback()
def group() -> None:
    """Technical checks for HIPAA, and attestations."""


@hipaa.command("check")
def check(
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Print a page of Markdown.")] = False,
    url: Annotated[
        str | None, typer.Option(help="A database user who may see more, such as nicu_audit. [NICU_HIPAA_URL]")
    ] = None,
    suppressions: Annotated[
        Path | None, typer.Option(help="A TOML file of accepted findings. [NICU_HIPAA_SUPPRESSIONS]")
    ] = None,
    remote: Annotated[
        bool, typer.Option("--remote", help="Judge the server as seen from the network, though it is on this machine.")
    ] = False,
) -> int:
    """Check what a machine can of 45 CFR 164.312 and 164.308; say what it cannot. Changes nothing but keeps the run.

    Exit code 0 nothing failed, 1 something did, 2 could not run.

    Example: nicu hipaa check --markdown
    """
    if json and as_markdown:
        raise CannotRun("--json and --markdown are two forms of one report; choose one")
    given = settings.load()
    environ = environment()
    environ.update({api.AUDITOR: url} if url else {})
    environ.update({api.SUPPRESSIONS: str(suppressions)} if suppressions else {})
    with opened(given) as opened_store:
        report = api.check(opened_store.database, environ, now(), given.host, remote)
        try:
            api.keep(opened_store.database, report, operator())
        except StoreUnavailable:
            words.print("This run could not be kept: the user may not write")
    if json:
        print_json(report.shape())
    elif as_markdown:
        typer.echo(markdown.page(report.shape()), nl=False)
    else:
        _show(report)
    return FOUND_WRONG if report.wrong else DONE


@hipaa.command("attest")
def attest(
    name: Annotated[str, typer.Argument(help="The check: rest.disk or backup.elsewhere.")],
    statement: Annotated[str, typer.Option(help="What holds, in your words: LUKS on both disks, keys in the safe.")],
    until: Annotated[str, typer.Option(help="The day it is to be looked at again, a year from now at most.")],
) -> None:
    """Stand for what no machine can see, for a time. It is sealed in the audit trail with your name.

    Example: nicu hipaa attest rest.disk --until 2027-01-31 --statement "LUKS on both disks"
    """
    if name not in CHECKS or not CHECKS[name].remedy.count("nicu hipaa attest"):
        known = ", ".join(one.id for one in CHECKS.values() if "nicu hipaa attest" in one.remedy)
        raise CannotRun(f"{name} is nothing to attest; these are: {known}")
    at, end = now(), instant(until) or 0
    if not at < end <= at + attestations.LONGEST_DAYS * DAY_MS:
        raise CannotRun("--until must be a day to come, within a year")
    said = checked(statement, "--statement", 500)
    with opened() as opened_store:
        opened_store.people.record(attestations.entry(name, said, end, at, operator()))
    words.print(f"{name} is attested until {format_instant(end)[:10]}")


def _show(report: ComplianceReport) -> None:
    shown = table("check", "state", "what", "seen")
    for result in report.results:
        state = result.finding.state + (" (accepted)" if result.suppressed else "")
        shown.add_row(result.check.id, state, result.check.title, result.finding.evidence)
    show(shown)
    for result in report.results:
        if result.is_wrong:
            words.print(f"{result.check.id} ({result.check.clause}): {result.check.remedy}")
    words.print(report.summary[0].upper() + report.summary[1:])
