"""What stands between the network and the server: TLS, proxies, names, policies, and whom to tell."""

import json
import os
import re
import ssl
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from nicu_dashboard.web.server import Front, listen
from tests.adapters.addresses.authority import Authority
from tests.cli.conftest import program
from tests.templates import copy_of_empty_store
from tests.web.serving import ADMIN, PASSWORD, Serving, serving
from tools.audit import main as audit_main
from tools.audit import python_report, screens_report


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """Who signs the server's certificate."""
    folder = tmp_path / "authority"
    folder.mkdir()
    return Authority(folder).found()


@pytest.fixture
def safe(tmp_path: Path, authority: Authority) -> Iterator[tuple[Serving, httpx.Client]]:
    """A server that speaks TLS, and a client that trusts its authority."""
    signed = authority.sign("localhost", "server")
    front = Front(signed.certificate, signed.key)
    with serving(copy_of_empty_store(tmp_path / "tls.db"), "live", front) as running:
        context = ssl.create_default_context(cafile=str(authority.certificate))
        url = running.url.replace("http://127.0.0.1", "https://localhost")
        with httpx.Client(base_url=url, verify=context, timeout=20) as client:
            yield running, client


def test_over_tls_the_cookie_has_the_prefix_and_browsers_are_told_to_stay(safe: tuple[Serving, httpx.Client]) -> None:
    running, client = safe
    running.accounts.add_user("osei", "M. Osei", "nurse", PASSWORD, ADMIN)
    answer = client.post("/api/session", json={"name": "osei", "password": PASSWORD})
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-nicu_session=")
    assert all(part in cookie for part in ("HttpOnly", "Secure", "Path=/", "SameSite=strict"))
    assert "Domain" not in cookie
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    assert client.get("/api/cots").status_code == 200
    token = client.cookies["__Host-nicu_session"]
    client.cookies.clear()
    # A cookie that another host of the domain, or plain HTTP, could have set is none of ours.
    assert client.get("/api/cots", headers={"Cookie": f"nicu_session={token}"}).status_code == 401
    assert (
        client.post("/api/cots", json={}, headers={"Origin": str(client.base_url).replace("https", "http")}).status_code
        == 403
    )


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "nicu.example.org"])
def test_it_does_not_listen_beyond_this_machine_in_the_clear(tmp_path: Path, host: str) -> None:
    said = program("serve", "--host", host, "--port", "0", cwd=tmp_path)
    assert said.code == 2
    assert "NICU_TLS_CERT" in said.err
    assert "NICU_TRUSTED_PROXIES" in said.err
    assert said.err.count("\n") == 1
    assert not list(tmp_path.glob("*.db"))


def test_a_certificate_that_does_not_fit_is_one_line(tmp_path: Path, authority: Authority) -> None:
    one, other = authority.sign("localhost", "one"), authority.sign("localhost", "other")
    both = {"NICU_TLS_CERT": str(one.certificate), "NICU_TLS_KEY": str(other.key)}
    said = program("serve", "--port", "0", cwd=tmp_path, **both)
    assert (said.code, said.err.count("\n")) == (2, 1)
    assert "NICU_TLS_CERT" in said.err
    half = program("serve", "--port", "0", cwd=tmp_path, NICU_TLS_CERT=str(one.certificate))
    assert half.code == 2
    assert "go together" in half.err


def test_only_a_named_proxy_is_believed(tmp_path: Path) -> None:
    forwarded = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
    with serving(copy_of_empty_store(tmp_path / "a.db"), "live", Front(proxies=["127.0.0.1"])) as behind:
        behind.accounts.add_user("osei", "M. Osei", "nurse", PASSWORD, ADMIN)
        body = {"name": "osei", "password": PASSWORD}
        answer = behind.client.post("/api/session", json=body, headers=forwarded)
        assert answer.headers["set-cookie"].startswith("__Host-")
        # By plain HTTP through the proxy: whoever asked was elsewhere, and so would the password be read.
        clear = behind.client.post("/api/session", json=body, headers={"X-Forwarded-For": "203.0.113.9"})
        assert clear.status_code == 403
        assert behind.client.get("/api/health", headers={"X-Forwarded-For": "203.0.113.9"}).status_code in (200, 503)
        rows = behind.store.people.audit()
        assert {row["address"] for row in rows if row["action"] == "session.open"} == {"203.0.113.9"}
    with serving(copy_of_empty_store(tmp_path / "b.db"), "live") as bare:
        answer = bare.client.post("/api/session", json={"name": "x", "password": PASSWORD}, headers=forwarded)
        assert {row["address"] for row in bare.store.people.audit()} == {"127.0.0.1"}
        assert "strict-transport-security" not in answer.headers


def test_it_answers_to_its_own_names_only(tmp_path: Path) -> None:
    with serving(
        copy_of_empty_store(tmp_path / "a.db"), "live", NICU_TRUSTED_HOSTS="nicu.example.org, 10.0.0.7"
    ) as named:
        for host, status in (
            ("nicu.example.org", 401),
            ("NICU.example.org:8443", 401),
            ("evil.example", 421),
            ("", 421),
        ):
            assert named.client.get("/api/cots", headers={"Host": host}).status_code == status


def test_it_says_whom_to_tell_of_a_weakness(tmp_path: Path) -> None:
    contact = "mailto:security@hospital.example"
    with serving(copy_of_empty_store(tmp_path / "a.db"), "live", NICU_SECURITY_CONTACT=contact) as named:
        lines = named.client.get("/.well-known/security.txt").text.splitlines()
        assert lines[0] == f"Contact: {contact}"
        assert re.fullmatch(r"Expires: 20\d\d-\d\d-\d\dT[\d:.]+Z", lines[1])
    with serving(copy_of_empty_store(tmp_path / "b.db"), "live") as nobody:
        assert nobody.client.get("/.well-known/security.txt").status_code == 404


def test_each_page_has_a_number_of_its_own_and_runs_nothing_else(ward: Serving) -> None:
    numbers = set()
    for _ in range(2):
        answer = ward.client.get("/people")
        policy = answer.headers["content-security-policy"]
        found = re.search(r"script-src 'nonce-([\w-]{20,})' 'strict-dynamic'", policy)
        assert found is not None
        numbers.add(found[1])
        assert "unsafe" not in policy
        assert answer.text.count("<script") == answer.text.count(f'nonce="{found[1]}"') > 0
        assert answer.headers["cache-control"] == "no-store"
    assert len(numbers) == 2


def test_answers_of_the_api_are_kept_nowhere_and_run_nothing(ward: Serving) -> None:
    headers = ward.client.get("/api/cots").headers
    assert headers["cache-control"] == "no-store"
    assert headers["content-security-policy"].startswith("default-src 'none'; frame-ancestors 'none'")
    assert headers["cross-origin-resource-policy"] == "same-origin"


def test_what_was_not_checked_is_no_pass() -> None:
    skipped = {"dependencies": [{"name": "a", "skip_reason": "not found"}, {"name": "b", "version": "1", "vulns": []}]}
    found = python_report(json.dumps(skipped))
    assert (found.checked, found.unchecked, found.affected) == (1, ["a: not found"], [])
    bad = {"dependencies": [{"name": "b", "version": "1", "vulns": [{"id": "CVE-1"}]}]}
    assert python_report(json.dumps(bad)).affected == ["b 1: CVE-1"]
    assert python_report(None).unchecked
    assert screens_report('{"message": "405"}').unchecked
    known = {"metadata": {"dependencies": {"total": 7}}, "vulnerabilities": {"x": {"severity": "high"}}}
    assert (screens_report(json.dumps(known)).checked, screens_report(json.dumps(known)).affected) == (7, ["x: high"])


def test_the_command_that_asks_says_which_way_it_ended(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tools.audit.run", lambda *_: None)
    assert (audit_main([]), audit_main(["--lenient"])) == (2, 0)
    assert "NOT CHECKED" in capsys.readouterr().out


def test_a_process_that_comes_to_a_shared_door_lets_nobody_who_stands_there_wait() -> None:
    # To block or not is told for all duplicates at once: one that could block would hold the others' event loops.
    with listen("127.0.0.1", 0) as door, door.dup() as first, door.dup():
        assert not os.get_blocking(first.fileno())
        with pytest.raises(BlockingIOError):
            first.accept()
