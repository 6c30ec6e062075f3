"""`nicu serve`: the central station in service."""

from typing import Annotated

import structlog
import typer

from nicu_dashboard import bootstrap, settings
from nicu_dashboard.bootstrap import Store
from nicu_dashboard.cli import logs
from nicu_dashboard.cli.common import in_service, refuse
from nicu_dashboard.cli.running import run_until_stopped, stoppable, url_of
from nicu_dashboard.services.station import Station
from nicu_dashboard.version import VERSION
from nicu_dashboard.web.server import Front, check_front, listen


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("serve")(serve)


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on. [NICU_HOST, else 127.0.0.1]")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65_535, help="Port; 0 takes any free one. [NICU_PORT, else 8000]")
    ] = None,
) -> None:
    """Run the central station: screens, intake, alarms, on the database in DATABASE_URL.

    Beyond this machine it is served over TLS alone: NICU_TLS_CERT and NICU_TLS_KEY, or NICU_TRUSTED_PROXIES.

    Example: nicu serve --port 8000
    """
    found = settings.load()
    if bootstrap.is_serverless():
        refuse(
            "a serverless platform stops the engine between requests, so it may not run there; see deploy/serverless"
        )
    front = Front(found.tls_cert, found.tls_key, found.proxies)
    check_front(found.host if host is None else host, front)
    logs.configure(found.log_level)
    with (
        stoppable(),
        listen(found.host if host is None else host, found.port if port is None else port) as listener,
        in_service(found) as store,
    ):
        store.claim()
        station = bootstrap.build_station(found, store, bootstrap.system_clock(), "live")

        def started(_station: Station) -> None:
            log = structlog.get_logger("nicu.serve")
            log.info(
                "serving", url=url_of(listener, front.is_tls), version=VERSION, database=store.database.engine_name
            )
            for hint in first_steps(store):
                log.warning(hint)

        run_until_stopped(bootstrap.build_app(store, station, found), station, listener, started, front)


def first_steps(store: Store) -> list[str]:
    """Return what is still to be done before this store can be worked with."""
    hints = []
    if not any(user.disabled_at is None for user in store.people.users()):
        hints.append("nobody can log in yet; next: nicu user add NAME --role administrator")
    if not store.roster.cots():
        hints.append("there are no cots yet; next: nicu cot add NICU-01")
    if not any(key.disabled_at is None for key in store.people.device_keys()):
        hints.append("no device can send yet; next: nicu key add NAME")
    return [*hints, *bootstrap.audit_doubts(store)]
