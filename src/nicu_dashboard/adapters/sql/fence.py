"""What may refuse a transaction at its end: only the engine that holds the lease changes the ward's record."""

from collections.abc import Callable

from sqlalchemy import Connection

from nicu_dashboard.ports.tick import StoreUnavailable

Fence = Callable[[Connection], None]


def no_fence(_connection: Connection) -> None:
    """Let every transaction pass: nobody else is at work, or a person acts at the command line."""


def never(_connection: Connection) -> None:
    """Let no transaction pass: a web worker leaves all this to the engine. Raises StoreUnavailable."""
    raise StoreUnavailable("this is a web worker; only the engine may do this. Send it again.")
