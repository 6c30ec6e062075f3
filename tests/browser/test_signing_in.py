"""A real server with people and keys: what a display does before, while and after somebody is signed in."""

import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.bedside import NICU
from tests.cli.conftest import clean_environment
from tests.cli.running import started

PASSWORD = "correct horse battery"


class Serving(NamedTuple):
    """Where it answers, and a key for its monitors."""

    url: str
    key: str


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """`nicu serve` with a nurse, two cots and a baby in the first."""
    folder = tmp_path_factory.mktemp("serve")

    def nicu(*arguments: str, said: str = "") -> str:
        command = [str(NICU), *arguments]
        ended = subprocess.run(command, cwd=folder, env=clean_environment(), input=said, text=True, capture_output=True)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout.strip()

    nicu("user", "add", "osei", "--role", "charge nurse", "--password-stdin", said=f"{PASSWORD}\n")
    nicu("cot", "add", "NICU-01", "NICU-02")
    nicu("admit", "--mrn", "48231", "--cot", "NICU-01", "--name", "Kaur, Baby of Simran", "--ga", "28+3")
    key = nicu("key", "add", "monitor-1")
    with started("serve", cwd=folder, NICU_PORT="0") as running:
        yield Serving(running.url, key)


def send(serving: Serving, **values: object) -> None:
    """One reading of now, as a monitor sends it."""
    reading = {"cot": "NICU-01", "recorded_at": datetime.now(UTC).isoformat(), **values}
    key = {"Authorization": f"Bearer {serving.key}"}
    httpx.post(f"{serving.url}/api/readings", json=reading, headers=key).raise_for_status()


def sign_in(page: Page) -> None:
    """Fill the form and send it."""
    page.get_by_label("Name").fill("osei")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")


def test_a_display_that_waited_for_a_log_in_streams_and_is_heard_at_once(serving: Serving, page: Page) -> None:
    page.goto(serving.url)
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    # Longer than a lost connection takes to be called one, and than three failures took to turn to polling.
    page.wait_for_timeout(6_000)
    expect(page.locator(".banner, .topbar")).to_have_count(0)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.removeprefix(serving.url)))
    with page.expect_response(lambda answer: answer.url.endswith("/api/displays") and answer.ok, timeout=5_000):
        sign_in(page)
    expect(page.locator('.tile[data-label="NICU-01"]')).to_be_visible(timeout=5_000)
    expect(page.locator(".footbar .state")).to_contain_text("Live · 1 with sound", timeout=5_000)
    assert not [path for path in asked if path.startswith("/api/live?after")]


def test_the_page_fills_the_screen_with_and_without_bar_and_banners(serving: Serving, page: Page) -> None:
    page.goto(serving.url)
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    ends_at = "document.querySelector('.footbar').getBoundingClientRect().bottom"
    assert page.evaluate(ends_at) == pytest.approx(720, abs=1)
    sign_in(page)
    expect(page.locator('.tile[data-label="NICU-01"]')).to_be_visible(timeout=5_000)
    expect(page.locator(".banner")).to_have_count(0, timeout=15_000)
    assert page.evaluate(ends_at) == pytest.approx(720, abs=1)
    main = page.locator("main").bounding_box()
    assert main is not None
    assert main["height"] > 600


def test_signing_out_takes_the_ward_away_and_raises_no_alarm(serving: Serving, page: Page) -> None:
    page.goto(serving.url)
    sign_in(page)
    expect(page.locator('.tile[data-label="NICU-01"]')).to_be_visible(timeout=5_000)
    page.keyboard.press("g")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible(timeout=5_000)
    page.wait_for_timeout(6_000)
    expect(page.locator(".banner, .tile, .topbar")).to_have_count(0)


def test_a_session_that_ends_by_itself_is_said_and_sounds(serving: Serving, page: Page) -> None:
    page.goto(serving.url)
    sign_in(page)
    expect(page.locator('.tile[data-label="NICU-01"]')).to_be_visible(timeout=5_000)
    page.request.delete(f"{serving.url}/api/session", headers={"X-Nicu-Request": "1"})
    expect(page.locator(".banner.lost")).to_contain_text("SIGNED OUT", timeout=10_000)
    expect(page.locator(".tile")).to_have_count(0)


def test_simulated_values_on_a_real_server_name_their_cots(serving: Serving, page: Page) -> None:
    page.goto(serving.url)
    sign_in(page)
    send(serving, heart_rate=150, spo2=94, synthetic=True)
    expect(page.locator(".banner.demo")).to_contain_text("values of NICU-01 are simulated", timeout=5_000)


def test_a_free_cot_opens_the_form_of_admission_with_itself(serving: Serving, page: Page) -> None:
    page.goto(serving.url)
    sign_in(page)
    page.locator('.tile[data-label="NICU-02"] .tile-open').focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Admit a baby").click()
    form = page.get_by_role("dialog", name="Admit a baby")
    expect(form.get_by_label("Cot")).to_have_value("NICU-02", timeout=5_000)
