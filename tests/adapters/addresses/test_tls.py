"""A real server, a real authority: what is trusted connects, and every fault of TLS is named in one line."""

import os
import stat
from pathlib import Path

import pytest

from nicu_dashboard.adapters.sql.addresses.address import AddressFault
from nicu_dashboard.adapters.sql.addresses.dialling import dial
from nicu_dashboard.adapters.sql.addresses.reading import read_address
from nicu_dashboard.adapters.sql.addresses.tls import is_open_to_others
from tests.adapters.addresses.authority import Authority
from tests.adapters.addresses.conftest import ESCAPED, GuardedServer, fault
from tests.postgres import PostgresServer


def encrypted(url: str, environ: dict[str, str] | None = None) -> bool:
    """Return whether the connection made from a URL is encrypted, as the server sees it."""
    with dial(read_address(url, environ or {})) as connection:
        row = connection.execute("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").fetchone()
    assert row is not None
    return bool(row[0])


def test_a_certificate_of_a_named_authority_is_trusted(guarded: GuardedServer) -> None:
    assert encrypted(guarded.url())


def test_a_certificate_of_the_machines_authorities_is_trusted(guarded: GuardedServer) -> None:
    url = guarded.url(query="sslmode=verify-full&sslrootcert=system")
    assert encrypted(url, {"SSL_CERT_FILE": str(guarded.authority.certificate)})


def test_the_authority_in_the_home_folder_is_found_as_libpq_does(guarded: GuardedServer, tmp_path: Path) -> None:
    home = tmp_path / ".postgresql"
    home.mkdir()
    (home / "root.crt").write_bytes(guarded.authority.certificate.read_bytes())
    assert encrypted(guarded.url(query="sslmode=verify-full"), {"HOME": str(tmp_path)})


def test_require_encrypts_though_nothing_is_verified(guarded: GuardedServer) -> None:
    assert encrypted(guarded.url(query="sslmode=require"))


def test_an_expired_certificate_is_named(guarded: GuardedServer, authority: Authority) -> None:
    guarded.show(authority.sign("localhost", "expired", days=-1))
    assert fault(guarded.url()) == "expired certificate"


def test_a_certificate_for_another_host_is_named(guarded: GuardedServer, authority: Authority) -> None:
    guarded.show(authority.sign("another.example.org", "another"))
    assert fault(guarded.url()) == "wrong host name"


def test_an_authority_that_is_not_trusted_is_named(guarded: GuardedServer, tmp_path: Path) -> None:
    stranger = Authority(tmp_path, "A stranger").found()
    guarded.show(stranger.sign("localhost", "strange"))
    assert fault(guarded.url()) == "unknown authority"


def test_the_machines_authorities_do_not_know_a_wards_own(guarded: GuardedServer) -> None:
    assert fault(guarded.url(query="sslmode=verify-full&sslrootcert=system")) == "unknown authority"


def test_verify_ca_does_not_look_at_the_name(guarded: GuardedServer, authority: Authority) -> None:
    guarded.show(authority.sign("another.example.org", "another"))
    assert encrypted(guarded.url(query=f"sslmode=verify-ca&sslrootcert={authority.certificate}"))


def test_a_server_without_tls_is_named(postgres_server: PostgresServer, authority: Authority) -> None:
    url = f"{postgres_server.url('postgres')}?sslmode=verify-full&sslrootcert={authority.certificate}"
    assert fault(url) == "server without TLS"


def test_a_server_that_demands_tls_is_named(guarded: GuardedServer) -> None:
    assert fault(guarded.url(f"tls_only:{ESCAPED}", query="sslmode=disable")) == "TLS demanded"


def test_a_client_certificate_opens_the_door(guarded: GuardedServer, authority: Authority) -> None:
    client = authority.sign("certified", "client")
    assert encrypted(guarded.url("certified", query=f"sslcert={client.certificate}&sslkey={client.key}"))


def test_a_missing_client_certificate_is_named(guarded: GuardedServer) -> None:
    assert fault(guarded.url("certified")) == "client certificate missing"


def test_a_client_certificate_for_another_user_is_named(guarded: GuardedServer, authority: Authority) -> None:
    client = authority.sign("somebody", "somebody")
    url = guarded.url("certified", query=f"sslcert={client.certificate}&sslkey={client.key}")
    assert fault(url) == "client certificate refused"


def test_a_client_certificate_of_a_stranger_is_named(guarded: GuardedServer, tmp_path: Path) -> None:
    client = Authority(tmp_path, "A stranger").found().sign("certified", "client")
    url = guarded.url("certified", query=f"sslcert={client.certificate}&sslkey={client.key}")
    assert fault(url) == "client certificate refused"


def test_a_key_that_does_not_fit_is_named(guarded: GuardedServer, authority: Authority) -> None:
    client, other = authority.sign("certified", "client"), authority.sign("certified", "other")
    url = guarded.url("certified", query=f"sslcert={client.certificate}&sslkey={other.key}")
    assert fault(url) == "client key unusable"


@pytest.mark.parametrize(
    ("mode", "by_root", "by_another"), [(0o600, 0, 0), (0o640, 0, 1), (0o644, 1, 1), (0o660, 1, 1)]
)
def test_a_key_has_no_more_rights_than_libpq_lets_it_have(
    mode: int, by_root: bool, by_another: bool, authority: Authority
) -> None:
    key = authority.sign("certified", "client").key
    key.chmod(mode)
    status = list(key.stat())
    for owner, is_open in ((0, by_root), (1_000, by_another)):
        status[stat.ST_UID] = owner
        assert is_open_to_others(os.stat_result(status)) == bool(is_open)


def test_a_key_that_others_may_read_is_refused_before_it_is_used(guarded: GuardedServer, authority: Authority) -> None:
    client = authority.sign("certified", "client")
    client.key.chmod(0o644)
    with pytest.raises(AddressFault, match="can be read by others; run: chmod 600 on it"):
        read_address(guarded.url("certified", query=f"sslcert={client.certificate}&sslkey={client.key}"), {})
