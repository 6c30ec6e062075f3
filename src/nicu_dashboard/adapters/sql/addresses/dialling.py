"""Opening one connection: the password is minted, the fault is named, a server that is too old is turned down."""

from typing import Any

import psycopg

from nicu_dashboard.adapters.sql.addresses.address import Address
from nicu_dashboard.adapters.sql.addresses.arguments import connect_arguments, session_settings
from nicu_dashboard.adapters.sql.addresses.bounded import BoundedConnection, Patience
from nicu_dashboard.adapters.sql.addresses.faults import ConnectFault, recognised
from nicu_dashboard.adapters.sql.addresses.inspection import why_untrusted
from nicu_dashboard.adapters.sql.addresses.tokens import mint

OLDEST_SERVER = 140_000
_ASLEEP = {"broken off", "time-out", "closed port", "server starting or stopping", "unreachable"}

Connection = psycopg.Connection[tuple[Any, ...]]


def dial(address: Address, patience: Patience | None = None, **more: Any) -> Connection:
    """Return a new connection to a PostgreSQL address; `more` goes to psycopg.connect and wins.

    Raises ConnectFault, or AddressFault where no password could be minted.
    """
    try:
        return _dial(address, patience, more)
    except ConnectFault as fault:
        if not address.sleeps or fault.kind not in _ASLEEP:
            raise
    return _dial(address, patience, more)


def _dial(address: Address, patience: Patience | None, more: dict[str, Any]) -> Connection:
    arguments = {**connect_arguments(address), **more}
    password = mint(address)
    if password is not None:
        arguments["password"] = password
    try:
        connection = BoundedConnection.connect(**arguments)
    except psycopg.Error as error:
        raise ConnectFault(_kind(error, address)) from None
    connection.patience = patience
    if connection.info.server_version < OLDEST_SERVER:
        connection.close()
        raise ConnectFault("server too old")
    if (connection.info.parameter_status("server_encoding") or "UTF8") != "UTF8":
        connection.close()
        raise ConnectFault("wrong encoding")
    if address.prepared_max is not None:
        connection.prepared_max = address.prepared_max
    if settings := session_settings(address):
        for name, value in settings.items():
            connection.execute("SELECT set_config(%s, %s, false)", (name, value))
        connection.commit()
    return connection


def _kind(error: psycopg.Error, address: Address) -> str:
    if isinstance(error, psycopg.errors.ConnectionTimeout):
        return "time-out"
    kind = recognised(str(error)) or "unreachable"
    return why_untrusted(address) if kind == "untrusted certificate" else kind
