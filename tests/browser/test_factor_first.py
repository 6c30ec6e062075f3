"""Who must have a second factor is led to the page that sets it up, wherever it came in, and then goes on."""

import subprocess
from pathlib import Path

import pyotp
from playwright.sync_api import Page, expect

from tests.browser.bedside import NICU
from tests.cli.conftest import clean_environment
from tests.cli.running import started

PASSWORD = "correct horse battery"
ASKED = {"NICU_PORT": "0", "NICU_SECOND_FACTOR": "administrator", "NICU_SECRET_KEY": "0123456789abcdef" * 2}


def sign_in(page: Page) -> None:
    """Fill the form and send it."""
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")


def test_an_administrator_who_asks_for_a_page_of_its_own_is_led_to_its_second_factor(
    tmp_path: Path, page: Page
) -> None:
    command = [str(NICU), "user", "add", "ada", "--role", "administrator", "--password-stdin"]
    subprocess.run(command, cwd=tmp_path, env=clean_environment(), input=f"{PASSWORD}\n", text=True, check=True)
    with started("serve", cwd=tmp_path, **ASKED) as running:
        page.goto(f"{running.url}/people")
        sign_in(page)
        expect(page.get_by_text("Set up a second factor first")).to_be_visible(timeout=10_000)
        assert page.url.endswith("/account")
        page.get_by_role("button", name="Add an app").click()
        form = page.locator("dialog[open]")
        form.get_by_label("Your password now").fill(PASSWORD)
        form.get_by_role("button", name="Go on").click()
        secret = form.locator("code").first.inner_text().replace(" ", "")
        form.get_by_label("Code").fill(pyotp.TOTP(secret).now())
        page.keyboard.press("Enter")
        page.get_by_role("button", name="I have them").click()
        page.goto(f"{running.url}/people")
        expect(page.get_by_role("cell", name="ada").first).to_be_visible(timeout=10_000)
