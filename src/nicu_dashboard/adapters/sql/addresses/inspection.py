"""A second look at a certificate that libpq refused: it says only `certificate verify failed`, never why."""

import contextlib
import socket
import ssl
import struct

from nicu_dashboard.adapters.sql.addresses.address import Address, Host

_SSL_REQUEST = struct.pack("!ii", 8, 80_877_103)
# Reasons of OpenSSL (X509_V_ERR_…).
_REASONS = {
    9: "certificate not yet valid",
    10: "expired certificate",
    18: "unknown authority",
    19: "unknown authority",
    20: "unknown authority",
    21: "unknown authority",
    62: "wrong host name",
    64: "wrong host name",
}


def why_untrusted(address: Address) -> str:
    """Return the name of the fault of the first host's certificate that does not verify."""
    for host in address.hosts:
        if not host.is_socket and (kind := _fault(host, address)):
            return kind
    return "untrusted certificate"


def _fault(host: Host, address: Address) -> str | None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = address.sslmode == "verify-full"
    with contextlib.suppress(OSError):
        _trust(context, address.options.get("sslrootcert", "system"))
        place = (address.options.get("hostaddr") or host.name, host.port)
        with socket.create_connection(place, address.pool.connect_timeout_s) as plain:
            plain.sendall(_SSL_REQUEST)
            if plain.recv(1) != b"S":
                return None
            try:
                context.wrap_socket(plain, server_hostname=host.name).close()
            except ssl.SSLCertVerificationError as error:
                return _REASONS.get(error.verify_code, "untrusted certificate")
    return None


def _trust(context: ssl.SSLContext, root: str) -> None:
    if root == "system":
        context.load_default_certs()
    else:
        context.load_verify_locations(root)
