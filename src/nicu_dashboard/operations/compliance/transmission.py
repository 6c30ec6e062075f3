"""Is what travels between program and database, and between browser and program, protected? 164.312(e)."""

import ipaddress
import socket
import ssl
import struct
from dataclasses import replace
from datetime import UTC, datetime

import psycopg

from nicu_dashboard.adapters.sql.addresses.arguments import connect_arguments
from nicu_dashboard.adapters.sql.addresses.tokens import mint
from nicu_dashboard.domain.instants import DAY_MS, from_datetime
from nicu_dashboard.operations.compliance.check import Check, Finding, by_hand, failed, passed, unseen, warned
from nicu_dashboard.operations.compliance.scene import Hop, Scene

CLAUSE = "164.312(e)(1), (e)(2)(ii)"
CERTIFICATE_WARN_DAYS = 30
_SSL_REQUEST = struct.pack("!ii", 8, 80_877_103)
_WAIT_S = 5.0


def own_connection(scene: Scene) -> Finding:
    """Both ends are asked: behind a pooler the server knows only the pooler's hop."""
    hops = {"program": scene.first_hop}
    if scene.app.address.pool_mode != "direct":
        hops["pooler"] = scene.last_hop
    told = "; ".join(f"from the {name}: {_told(hop)}" for name, hop in hops.items())
    open_hops = [hop for hop in hops.values() if not hop.encrypted and not hop.local]
    return failed(told) if open_hops else passed(told)


def plain_refused(scene: Scene) -> Finding:
    """Really tries to connect without TLS."""
    if scene.by_socket:
        return passed("reached by a Unix socket, which stays on this machine")
    address = replace(scene.app.address, sslmode="disable")
    arguments = {**connect_arguments(address), "password": mint(address) or address.password}
    if arguments.get("channel_binding") == "require":
        del arguments["channel_binding"]
    try:
        psycopg.connect(**{name: value for name, value in arguments.items() if value is not None}).close()
    except psycopg.OperationalError:
        return passed("a connection with sslmode=disable was refused")
    if scene.local:
        return warned("a connection with sslmode=disable was accepted; only loopback reaches this far")
    return failed("a connection with sslmode=disable was accepted")


def identity(scene: Scene) -> Finding:
    """Is it proved who answers?"""
    mode = scene.app.address.sslmode
    if mode == "verify-full":
        return passed("sslmode=verify-full")
    if scene.local:
        return passed(f"sslmode={mode}, but the way stays on this machine")
    return (
        warned(f"sslmode={mode} encrypts and proves no name")
        if mode in ("require", "verify-ca")
        else failed(f"sslmode={mode}")
    )


def oldest_protocol(scene: Scene) -> Finding:
    """Which versions of TLS does the server take?"""
    if scene.effective("ssl") == "off":
        return warned("ssl is off; only this machine can reach it") if scene.local else failed("ssl is off")
    oldest = scene.setting("ssl_min_protocol_version")
    if oldest is None:
        return unseen("ssl_min_protocol_version")
    good = oldest in ("TLSv1.2", "TLSv1.3")
    return passed(f"at least {oldest}") if good else failed(f"takes {oldest or 'any version'}")


def no_plain_rule(scene: Scene) -> Finding:
    """Does any rule of pg_hba.conf let plain connections in from beyond this machine?"""
    rows = scene.ask(
        "SELECT line_number, type, address, netmask FROM pg_hba_file_rules"
        " WHERE type IN ('host', 'hostnossl') AND auth_method <> 'reject' AND error IS NULL"
    )
    if rows is None:
        return unseen("pg_hba_file_rules")
    lines = [str(row[0]) for row in rows if not is_loopback(row[2], row[3])]
    if lines:
        return failed(f"line {', '.join(lines)} of pg_hba.conf lets plain connections in from other machines")
    return passed("rules for other machines demand TLS (hostssl)")


def certificate(scene: Scene) -> Finding:
    """How long is the server's certificate still good?"""
    if scene.by_socket or scene.effective("ssl") == "off":
        return passed("no TLS here") if scene.local else failed("ssl is off")
    root = scene.app.address.options.get("sslrootcert")
    try:
        until = _not_after(scene, None if root == "system" else root)
    except ssl.SSLCertVerificationError as error:
        return failed("it has expired") if error.verify_code == 10 else warned(f"not verified: {error.verify_message}")
    except (OSError, ValueError):
        return Finding("unknown", "the certificate could not be fetched past this way; look at it on the server")
    days = (until - scene.at) // DAY_MS
    told = f"good for {days} days more"
    return warned(told) if days < CERTIFICATE_WARN_DAYS else passed(told)


def browsers(scene: Scene) -> Finding:
    """Does the program itself listen beyond this machine without TLS?"""
    if scene.environ.get("NICU_TLS_CERT"):
        return passed("the program speaks TLS itself")
    if scene.environ.get("NICU_TRUSTED_PROXIES"):
        return passed("a trusted proxy is named; whoever it says came without TLS is refused")
    if _is_loopback_name(scene.host):
        return passed("listens on this machine alone; what stands before it is not seen")
    return failed(f"NICU_HOST={scene.host} listens to the network without TLS")


def is_loopback(address: str | None, netmask: str | None) -> bool:
    """Return whether an address of pg_hba.conf means this machine alone."""
    if address in ("localhost", "samehost"):
        return True
    try:
        return ipaddress.ip_network(f"{address}/{netmask}" if netmask else str(address), strict=False).is_loopback
    except ValueError:
        return False


def _told(hop: Hop) -> str:
    return hop.how + (", on this machine" if hop.local else "")


def _is_loopback_name(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _not_after(scene: Scene, root: str | None) -> int:
    """Return until when the certificate is good, epoch ms, by a handshake of our own as PostgreSQL begins one."""
    address = scene.app.address
    context = ssl.create_default_context(cafile=root)
    context.check_hostname = False
    with socket.create_connection((address.host, address.port or 5432), timeout=_WAIT_S) as plain:
        plain.sendall(_SSL_REQUEST)
        if plain.recv(1) != b"S":
            raise ValueError("no TLS")
        with context.wrap_socket(plain, server_hostname=address.host) as secure:
            shown = secure.getpeercert() or {}
    written = datetime.strptime(str(shown["notAfter"]), "%b %d %H:%M:%S %Y %Z")  # noqa: DTZ007 (it says GMT)
    return from_datetime(written.replace(tzinfo=UTC))


CHECKS = (
    Check("tls.connection", "The program's connection is encrypted", CLAUSE,
          "turn ssl on at the server and write sslmode=verify-full in DATABASE_URL", own_connection, "postgresql"),
    Check("tls.plain_refused", "A connection without TLS is refused", CLAUSE,
          "in pg_hba.conf make every host rule a hostssl rule, then reload the server", plain_refused, "postgresql"),
    Check("tls.identity", "The server proves its name", CLAUSE,
          "write sslmode=verify-full and sslrootcert in DATABASE_URL", identity, "postgresql"),
    Check("tls.protocol", "The server takes TLS 1.2 or newer alone", CLAUSE,
          "ALTER SYSTEM SET ssl_min_protocol_version = 'TLSv1.2'; SELECT pg_reload_conf()", oldest_protocol,
          "postgresql"),
    Check("tls.rules", "No rule lets plain connections in from other machines", CLAUSE,
          "in pg_hba.conf write hostssl instead of host for every address beyond loopback", no_plain_rule,
          "postgresql"),
    Check("tls.certificate", "The server's certificate is good for some time", CLAUSE,
          "renew the certificate and reload the server", certificate, "postgresql"),
    Check("tls.browsers", "Browsers reach the program by TLS", CLAUSE,
          "set NICU_TLS_CERT and NICU_TLS_KEY, or NICU_TRUSTED_PROXIES", browsers),
    Check("tls.custody", "The keys of the authority are kept safe", CLAUSE,
          "write down who holds them and how they are replaced",
          by_hand("who holds the authority's key, and how it is replaced")),
)  # fmt: skip
