"""Who can reach the server at all? 164.312(a)(1), 164.312(e)(1)."""

import ipaddress

from nicu_dashboard.operations.compliance.check import Check, Finding, by_hand, failed, passed, unseen, warned
from nicu_dashboard.operations.compliance.scene import Scene

CLAUSE = "164.312(a)(1), (e)(1)"
_EVERYWHERE = {"*", "0.0.0.0", "::"}
# A rule for more addresses than this is for no unit's network.
_WIDEST = {4: 8, 6: 32}


def listening(scene: Scene) -> Finding:
    """On which of its addresses does the server listen?"""
    given = scene.setting("listen_addresses")
    if given is None:
        return unseen("listen_addresses")
    everywhere = _EVERYWHERE & {part.strip() for part in given.split(",")}
    if everywhere:
        return warned(f"listen_addresses = '{given}': every network of the server")
    return passed("listens on named addresses alone" if given else "listens on no network")


def ranges(scene: Scene) -> Finding:
    """Which addresses may try to log in?"""
    rows = scene.ask(
        "SELECT line_number, address, netmask, auth_method FROM pg_hba_file_rules"
        " WHERE type LIKE 'host%' AND auth_method <> 'reject' AND error IS NULL"
    )
    if rows is None:
        return unseen("pg_hba_file_rules")
    wide = [str(line) for line, address, mask, _ in rows if _is_wide(address, mask)]
    return failed(f"line {', '.join(wide)} of pg_hba.conf is for everybody") if wide else passed("rules name networks")


def no_trust(scene: Scene) -> Finding:
    """Does anybody get in without a proof of who it is?"""
    rows = scene.ask("SELECT line_number FROM pg_hba_file_rules WHERE auth_method IN ('trust', 'password', 'ident')")
    if rows is None:
        return unseen("pg_hba_file_rules")
    lines = ", ".join(str(row[0]) for row in rows)
    return (
        failed(f"line {lines} of pg_hba.conf asks for no proof, or a readable one")
        if rows
        else passed("every rule asks for a proof")
    )


def private(scene: Scene) -> Finding:
    """Is the server's own address one of a private network?"""
    if scene.by_socket:
        return passed("reached by a Unix socket")
    rows = scene.ask_as_app("SELECT host(inet_server_addr())")
    if not rows or rows[0][0] is None:
        return unseen("the server's address")
    address = ipaddress.ip_address(rows[0][0])
    return passed("a private address") if address.is_private or address.is_loopback else failed("a public address")


def _is_wide(address: str | None, netmask: str | None) -> bool:
    if address == "all":
        return True
    try:
        network = ipaddress.ip_network(f"{address}/{netmask}" if netmask else str(address), strict=False)
    except ValueError:
        return False
    return network.prefixlen < _WIDEST[network.version] and not network.is_loopback


CHECKS = (
    Check("net.listen", "The server listens on named addresses alone", CLAUSE,
          "ALTER SYSTEM SET listen_addresses = 'ADDRESS'; then restart the server", listening, "postgresql"),
    Check("net.ranges", "Access rules are for named networks", CLAUSE,
          "in pg_hba.conf name the networks of the program instead of all or 0.0.0.0/0", ranges, "postgresql"),
    Check("net.proof", "Nobody logs in without a proof", "164.312(d)",
          "in pg_hba.conf write scram-sha-256 or cert instead of trust, password and ident", no_trust, "postgresql"),
    Check("net.private", "The server's address is private", CLAUSE,
          "move the server into a private network", private, "postgresql"),
    Check("net.isolation", "The network keeps others away", CLAUSE,
          "write down the segment, the firewall's rules, private link or peering",
          by_hand("segments and firewalls between the unit, the program and the database")),
)  # fmt: skip
