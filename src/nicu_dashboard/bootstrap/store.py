"""The store behind its ports: opened, brought up, looked at."""

from dataclasses import dataclass
from pathlib import Path

from nicu_dashboard.adapters.notebook import FileNotebook
from nicu_dashboard.adapters.sql import revisions
from nicu_dashboard.adapters.sql.addresses.reading import read_address
from nicu_dashboard.adapters.sql.attempts import SqlAttempts
from nicu_dashboard.adapters.sql.chart import SqlChart
from nicu_dashboard.adapters.sql.emergencies import SqlEmergencies
from nicu_dashboard.adapters.sql.engines import Database, connect
from nicu_dashboard.adapters.sql.factors import SqlFactors
from nicu_dashboard.adapters.sql.journal import SqlJournal
from nicu_dashboard.adapters.sql.kiosks import SqlKiosks
from nicu_dashboard.adapters.sql.limit_book import SqlLimitBook
from nicu_dashboard.adapters.sql.people import SqlPeople
from nicu_dashboard.adapters.sql.roster import SqlRoster
from nicu_dashboard.adapters.sql.sight import SqlSight
from nicu_dashboard.operations.optimizing import indexes
from nicu_dashboard.operations.reporting import Report
from nicu_dashboard.operations.sessions import must_be_at_home, one_at_a_time
from nicu_dashboard.ports.attempts import Attempts
from nicu_dashboard.ports.chart import Chart
from nicu_dashboard.ports.emergencies import Emergencies
from nicu_dashboard.ports.factors import Factors
from nicu_dashboard.ports.kiosks import Kiosks
from nicu_dashboard.ports.limit_book import LimitBook
from nicu_dashboard.ports.people import People
from nicu_dashboard.ports.roster import Roster
from nicu_dashboard.ports.sight import Sight
from nicu_dashboard.ports.tick import Journal
from nicu_dashboard.settings import Settings, environment


@dataclass(frozen=True, slots=True)
class Store:
    """The open store behind its ports."""

    database: Database
    journal: Journal
    roster: Roster
    chart: Chart
    book: LimitBook
    people: People
    sight: Sight
    attempts: Attempts
    factors: Factors
    emergencies: Emergencies
    kiosks: Kiosks

    def claim(self) -> None:
        """Keep other servers away from this store; raises StoreUnavailable when one is at work on it."""
        self.database.claim()

    def close(self) -> None:
        """Close every connection."""
        self.database.close()
        if self.database.trail.notebook is not None:
            self.database.trail.notebook.close()


def open_store(settings: Settings, *, set_up: bool = True) -> Store:
    """Return the store, an empty one set up unless told not to; raises StoreUnavailable where it cannot be used."""
    database = revisions.open_store(
        settings.store_url,
        settings.db_pool_size,
        settings.db_connect_timeout,
        settings.db_idle_timeout,
        environ=environment(),
        set_up=set_up,
    )
    database.trail.notebook = FileNotebook(notes_folder(settings, database), "owed")
    return Store(
        database,
        SqlJournal(database),
        SqlRoster(database),
        SqlChart(database),
        SqlLimitBook(database),
        SqlPeople(database),
        SqlSight(database),
        SqlAttempts(database),
        SqlFactors(database),
        SqlEmergencies(database),
        SqlKiosks(database),
    )


def notes_folder(settings: Settings, database: Database) -> Path:
    """Return where notes wait for the store: beside a SQLite file, else in the folder of the spool."""
    if database.engine_name == "sqlite":
        file = Path(database.address.database).expanduser()
        return file.with_name(f"{file.name}.notes")
    return settings.spool_dir / "notes"


def is_sqlite(settings: Settings) -> bool:
    """Return whether the settings name a SQLite file; nothing is opened. Raises StoreUnavailable for no address."""
    return read_address(settings.store_url, environment()).dialect == "sqlite"


def bring_up(settings: Settings, report: Report) -> bool:
    """Bring the store to this version's schema; return whether there was anything to do. Raises StoreUnavailable."""
    database = connect(
        settings.store_url,
        settings.db_pool_size,
        settings.db_connect_timeout,
        settings.db_idle_timeout,
        environ=environment(),
        purpose="migrations",
    )
    try:
        with one_at_a_time(database):
            if revisions.is_older(database):
                must_be_at_home(database)
                indexes.prepare(database, report)
                report.stage(f"bringing the schema from {revisions.current(database)} to {revisions.head()}")
            return revisions.bring_up(database)
    finally:
        database.close()
