"""Why a connection failed, in one line: libpq's and the servers' texts are recognised here and never passed on.

They hold host names, users, sometimes what was typed; the line says what is wrong and what to do.
"""

import re

from nicu_dashboard.ports.tick import StoreUnavailable

WHERE = "The PostgreSQL database"

SENTENCES = {
    "expired certificate": "its certificate has expired; renew it on the server, then try again",
    "certificate not yet valid": "its certificate is not valid yet; compare the clocks of both machines",
    "wrong host name": "its certificate is for another host name; use the name the certificate holds, or renew it",
    "unknown authority": "its certificate is by an authority unknown here; name that authority's file in sslrootcert",
    "untrusted certificate": "its certificate cannot be verified; look at it with: openssl s_client -starttls postgres",
    "server without TLS": "the server offers no TLS; turn ssl on there (sslmode in DATABASE_URL demands it)",
    "TLS demanded": "its access rules refuse this unencrypted connection; write sslmode=verify-full in DATABASE_URL",
    "client certificate missing": "the server asks for a client certificate; name yours in sslcert and sslkey",
    "client certificate refused": "the server refuses the client certificate; look at its authority, dates and name",
    "client key unusable": "the key in sslkey cannot be used; look at its rights (chmod 600), password and certificate",
    "channel binding": "the server cannot bind the log-in to TLS; take channel_binding=require out, or ask its keeper",
    "wrong password": "it refuses this user or password; look at DATABASE_URL",
    "password missing": "it asks for a password and none is set; add one to DATABASE_URL, or set DB_PASSWORD_COMMAND",
    "unknown user": "it does not know this user; look at DATABASE_URL, or create the roles: nicu db roles",
    "refused by its rules": "its access rules (pg_hba.conf) do not let this user in from this machine; ask its keeper",
    "unknown host": "the host's name in DATABASE_URL is unknown; look at its spelling and at this machine's DNS",
    "closed port": "nothing answers at this host and port; start the server, or look at DATABASE_URL",
    "no socket": "no server listens at this socket; start it, or look at the folder in DATABASE_URL",
    "no way": "there is no way through the network to this host; look at routes and firewalls",
    "time-out": "it does not answer in time; look at network, firewall and server (DB_CONNECT_TIMEOUT is the patience)",
    "unknown database": "there is no database of this name; create it (createdb), or look at DATABASE_URL",
    "too many connections": "it has no connection left; lower DB_POOL_SIZE or the workers, or raise max_connections",
    "server starting or stopping": "it is starting, stopping or recovering; try again in a moment",
    "read-only server": "it takes no writes (a standby?); name the primary in DATABASE_URL",
    "missing privilege": "this user lacks a privilege there; grant it, see: nicu db roles",
    "pooler refuses a setting": "the pooler refuses a start-up setting; add pgbouncer=true to DATABASE_URL",
    "server too old": "its version is too old; PostgreSQL 14 or newer is needed: upgrade the server",
    "wrong encoding": "its texts are not in UTF-8; make it anew: createdb --template template0 --encoding UTF8",
    "not PostgreSQL": "what answers there is not PostgreSQL; look at host and port in DATABASE_URL",
    "broken off": "it broke the connection off; look at the server's log, then try again",
    "service file": "PGSERVICE names a service that cannot be read; unset it, and write the place into DATABASE_URL",
    "unreachable": "it cannot be reached; look at DATABASE_URL, and at what begins with PG in the environment",
}

# What goes by when the server, or the way to it, comes back.
PASSING = frozenset(
    ("closed port", "no socket", "no way", "time-out", "too many connections", "server starting or stopping",
     "broken off", "unreachable")
)  # fmt: skip

# The most telling first: a host with two addresses reports on both, and the second may only be a refused port.
_SIGNS = tuple(
    (re.compile(pattern, re.IGNORECASE | re.DOTALL), kind)
    for pattern, kind in (
        (r"server certificate for .* does not match host name|could not get server's host name", "wrong host name"),
        (r"unable to get local issuer|self.signed certificate", "unknown authority"),
        (r"definition of service|service file", "service file"),
        (r"certificate verify failed", "untrusted certificate"),
        (r"does not support SSL|server does not support SSL", "server without TLS"),
        (r"alert certificate required|requires a valid client certificate", "client certificate missing"),
        (r"alert (unknown ca|bad certificate|certificate (expired|revoked|unknown))", "client certificate refused"),
        (r"certificate authentication failed", "client certificate refused"),
        (r"private key file|could not load .*(certificate|key)|key values mismatch", "client key unusable"),
        (r"channel binding", "channel binding"),
        (r"no password supplied|password is required", "password missing"),
        (r"authentication failed|SASL|wrong password|no such user|tenant or user not found", "wrong password"),
        (r"^(?!.*SSL encryption).*no encryption|connection is insecure|TLS required", "TLS demanded"),
        (r"pg_hba\.conf", "refused by its rules"),
        (r"role \".*\" (does not exist|is not permitted)", "unknown user"),
        (r"database \".*\" does not exist|no such database", "unknown database"),
        (r"too many (clients|connections)|connection slots are reserved|max.?client.?conn|no more connections allowed",
         "too many connections"),
        (r"starting up|shutting down|in recovery mode|not yet accepting|administrator command",
         "server starting or stopping"),
        (r"session is read-only|hot standby mode|read-only transaction|during recovery",
         "read-only server"),
        (r"permission denied", "missing privilege"),
        (r"unsupported startup parameter", "pooler refuses a setting"),
        (r"invalid response to (SSL|GSS)|unexpected response from server", "not PostgreSQL"),
        (r"(resolve|translate) host|Name or service not known|nodename nor servname", "unknown host"),
        (r"timed? ?out", "time-out"),
        (r"on socket .*(No such file|Connection refused)", "no socket"),
        (r"Connection refused", "closed port"),
        (r"unreachable|No route to host", "no way"),
        (r"closed the connection|Connection reset|Broken pipe|could not (send|receive)", "broken off"),
    )
)  # fmt: skip


class ConnectFault(StoreUnavailable):
    """No connection could be made; `kind` names the fault (a key of SENTENCES)."""

    def __init__(self, kind: str) -> None:
        """Take the fault's name."""
        super().__init__(f"{WHERE}: {SENTENCES[kind]}.")
        self.kind = kind


def recognised(text: str) -> str | None:
    """Return the name of the fault that a driver's text tells of, None where it tells nothing known."""
    return next((kind for sign, kind in _SIGNS if sign.search(text)), None)
