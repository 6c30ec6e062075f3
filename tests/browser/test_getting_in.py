"""Second factors, passkeys, paired screens and other sites' pages, in a real browser."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.templates import copy_of_empty_store
from tests.web.serving import ADMIN, PASSWORD, Serving, serving

NAME = "Kaur, Baby of Simran"


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """A hospital's server with a baby and people of every kind, reached as localhost: passkeys need a name."""
    store = copy_of_empty_store(tmp_path_factory.mktemp("doors") / "nicu.db")
    with serving(store, "live") as running:
        running.url = running.url.replace("127.0.0.1", "localhost")
        charge = running.log_in("charge nurse")
        assert charge.post("/api/cots", json={"label": "NICU-01"}).is_success
        baby = {"cot": "NICU-01", "mrn": "777123", "name": NAME, "ga": "28+3"}
        assert charge.post("/api/admissions", json=baby).is_success
        running.log_in("administrator")
        yield running


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page in a browser profile of its own, which notes what its policy refuses."""
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    fresh = context.new_page()
    refused: list[str] = []
    fresh.on("console", lambda line: refused.append(line.text) if "Content Security Policy" in line.text else None)
    yield fresh
    context.close()
    assert refused == []


def person(ward: Serving, name: str, role: str = "nurse") -> str:
    """Add a person for one journey."""
    ward.accounts.add_user(name, name.title(), role, PASSWORD, ADMIN)  # type: ignore[arg-type]
    return name


def sign_in(page: Page, ward: Serving, name: str, path: str = "/") -> None:
    """Type name and password."""
    page.goto(f"{ward.url}/login?next={path}")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def sign_out(page: Page) -> None:
    """Use the menu."""
    page.keyboard.press("g")
    page.get_by_role("button", name="Sign out").click()


def test_an_app_is_set_up_by_its_secret_and_asked_for_at_the_next_log_in(page: Page, ward: Serving) -> None:
    sign_in(page, ward, person(ward, "ada"), "/account")
    page.get_by_role("button", name="Add an app").click()
    page.get_by_label("Your password now").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    # A camera must be able to read it, and nobody the password that was typed a moment ago.
    expect(page.get_by_alt_text("QR code of the secret")).to_have_css("background-color", "rgb(255, 255, 255)")
    expect(page.get_by_label("Code")).to_have_value("")
    app = pyotp.TOTP(page.locator("dialog code").inner_text())
    page.get_by_label("Code").fill(app.at(ward.clock.now() // 1_000))
    page.get_by_role("button", name="Confirm").click()
    expect(page.locator("pre.codes")).to_contain_text("-")
    page.get_by_role("button", name="I have them").click()
    sign_out(page)
    sign_in(page, ward, "ada")
    expect(page.get_by_role("heading", name="Second factor")).to_be_visible()
    expect(page.get_by_label("Code of the app")).to_be_focused()
    ward.clock.forward(0.5)
    page.get_by_label("Code of the app").fill("000000")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("second factor is wrong")).to_be_visible()
    page.get_by_label("Code of the app").fill(app.at(ward.clock.now() // 1_000))
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator(".tile")).to_have_count(1)


def test_a_passkey_is_made_and_proved(page: Page, ward: Serving) -> None:
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    key = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    options = {**key, "isUserVerified": True, "automaticPresenceSimulation": True}
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    sign_in(page, ward, person(ward, "grace"), "/account")
    page.get_by_role("button", name="Add a passkey").click()
    page.get_by_label("Your password now").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    expect(page.locator("pre.codes")).to_be_visible()
    page.get_by_role("button", name="I have them").click()
    sign_out(page)
    sign_in(page, ward, "grace")
    page.get_by_role("button", name="Use the passkey").click()
    expect(page.locator(".tile")).to_have_count(1)
    assert page.evaluate("fetch('/api/account').then(r => r.json()).then(a => a.method)") == "password and passkey"


WATCHED = """
window.fewest = 99; window.seen = new Set();
new MutationObserver(() => {
  window.fewest = Math.min(window.fewest, document.querySelectorAll('.tile').length);
}).observe(document.body, {childList: true, subtree: true});
"""


def test_logging_off_at_a_paired_screen_hides_the_names_and_never_blanks_the_wall(page: Page, ward: Serving) -> None:
    sign_in(page, ward, "charge.nurse", "/people")
    page.get_by_role("button", name="Pair a screen").click()
    page.get_by_label("Where it hangs").fill("corridor")
    page.get_by_role("button", name="Make a code").click()
    code = page.locator("pre.codes").inner_text()
    page.get_by_role("button", name="Done").click()
    sign_out(page)
    page.get_by_role("link", name="Pair this screen").click()
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Pair", exact=True).click()
    expect(page.locator(".tile")).to_have_count(1)
    assert "Kaur" not in page.content()
    sign_in(page, ward, person(ward, "mary"))
    expect(page.get_by_text("Kaur").first).to_be_visible(timeout=10_000)
    page.evaluate(WATCHED)
    sign_out(page)
    expect(page.get_by_text("Kaur")).to_have_count(0, timeout=10_000)
    page.wait_for_timeout(3_000)
    assert page.evaluate("window.fewest") in (1, 99)
    expect(page.locator(".tile")).to_have_count(1)
    assert "777123" not in page.content()
    expect(page.locator(".banner.lost")).to_have_count(0)


def test_breaking_glass_shows_a_banner_and_waits_for_a_review(page: Page, ward: Serving) -> None:
    sign_in(page, ward, person(ward, "rosa"), "/emergency")
    page.get_by_label("Why").fill("arrest in cot 1, nobody else is here")
    page.get_by_role("button", name="Break glass").click()
    expect(page.get_by_text("EMERGENCY ACCESS")).to_be_visible()
    page.get_by_role("button", name="End it").click()
    expect(page.get_by_text("EMERGENCY ACCESS")).to_have_count(0)
    sign_out(page)
    sign_in(page, ward, "administrator", "/people")
    page.get_by_role("button", name="Review").click()
    page.get_by_role("button", name="Keep the verdict").click()
    expect(page.get_by_text("Nothing waits for a review")).to_be_visible()


@pytest.mark.parametrize(
    ("role", "home"), [("clerk", "/admissions"), ("engineer", "/sources"), ("researcher", "/account")]
)
def test_whose_work_is_not_the_wall_is_shown_what_is(page: Page, ward: Serving, role: str, home: str) -> None:
    sign_in(page, ward, person(ward, f"the-{role}", role))
    page.wait_for_url(f"{ward.url}{home}")
    expect(page.locator(".banner.lost")).to_have_count(0)


class Evil(BaseHTTPRequestHandler):
    """Another site on this very machine: the browser calls it the same site, so that cookies are sent along."""

    def __init__(self, target: str, *rest: object) -> None:
        self.target = target
        super().__init__(*rest)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        """Serve the page that attacks."""
        body = PAGE.replace("TARGET", self.target).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


PAGE = """<!doctype html><title>evil</title>
<form id="text" action="TARGET/api/cots" method="post" enctype="text/plain" target="hidden">
<input name='{"label": "EVIL-FORM", "x": "' value='"}'></form>
<iframe name="hidden"></iframe><iframe id="framed" src="TARGET/"></iframe>
<script>
const tries = [];
const post = (path, headers) => fetch("TARGET" + path, {method: "POST", mode: "no-cors", credentials: "include",
  headers, body: JSON.stringify({label: "EVIL-FETCH"})}).then(r => r.type, e => "error");
window.attack = async () => {
  document.getElementById("text").submit();
  const sent = [await post("/api/cots", {"Content-Type": "text/plain"})];
  const read = await fetch("TARGET/api/patients", {credentials: "include"}).then(r => r.text(), e => "unreadable");
  const asked = await fetch("TARGET/api/cots", {method: "POST", credentials: "include",
    headers: {"Content-Type": "application/json"}, body: '{"label": "EVIL-JSON"}'}).then(r => r.status, e => "refused");
  const out = await fetch("TARGET/api/session", {method: "DELETE", credentials: "include"})
    .then(r => r.status, e => "refused");
  return {sent, read, asked, out};
};
</script>"""


@contextmanager
def evil_site(target: str) -> Iterator[str]:
    """Serve the attacking page from another port."""
    site = HTTPServer(("127.0.0.1", 0), partial(Evil, target))
    threading.Thread(target=site.serve_forever, daemon=True).start()
    try:
        yield f"http://localhost:{site.server_port}"
    finally:
        site.shutdown()
        site.server_close()


def test_another_sites_page_can_do_and_read_nothing_with_the_persons_cookie(browser: Browser, ward: Serving) -> None:
    page = browser.new_context().new_page()
    sign_in(page, ward, "charge.nurse")
    expect(page.locator(".tile")).to_have_count(1)
    labels = [cot["label"] for cot in ward.log_in("physician").get("/api/cots").json()["items"]]
    with evil_site(ward.url) as evil:
        attacker = page.context.new_page()
        attacker.goto(evil)
        came = attacker.evaluate("window.attack()")
        attacker.wait_for_timeout(500)
        framed = next(frame for frame in attacker.frames if frame.parent_frame and "hidden" not in frame.name)
        assert "tile" not in framed.content()
    assert (came["read"], came["asked"], came["out"]) == ("unreadable", "refused", "refused")
    assert page.evaluate("fetch('/api/session').then(r => r.status)") == 200
    after = page.evaluate("fetch('/api/cots').then(r => r.json()).then(l => l.items.map(c => c.label))")
    assert after == labels
    page.context.close()


def test_what_is_written_into_the_page_does_not_run(browser: Browser, ward: Serving) -> None:
    page = browser.new_context().new_page()
    page.goto(f"{ward.url}/login")
    expect(page.get_by_label("Name")).to_be_visible()
    ran = page.evaluate(
        """async () => {
        window.ran = [];
        const put = (tag, fill) => { const one = document.createElement(tag); fill(one); document.body.append(one); };
        const write = html => document.body.insertAdjacentHTML('beforeend', html);
        write('<img src=x onerror="window.ran.push(1)"><style>h1 { color: rgb(1, 2, 3) }</style>');
        write('<p id="styled" style="color: rgb(1, 2, 3)">x</p>');
        put('style', s => s.textContent = 'h1 { color: rgb(1, 2, 3) }');
        await new Promise(done => setTimeout(done, 300));
        const colour = id => getComputedStyle(document.querySelector(id)).color;
        return [window.ran.length, colour('h1') === 'rgb(1, 2, 3)', colour('#styled') === 'rgb(1, 2, 3)'];
    }"""
    )
    assert ran == [0, False, False]
    page.context.close()


def test_the_cookie_is_out_of_reach_of_scripts(page: Page, ward: Serving) -> None:
    sign_in(page, ward, person(ward, "lise"))
    expect(page.locator(".tile")).to_have_count(1)
    assert page.evaluate("document.cookie") == ""
    (cookie,) = page.context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")


def test_whom_a_page_refuses_finds_nothing_to_press_in_its_head(page: Page, ward: Serving) -> None:
    sign_in(page, ward, person(ward, "eva"), "/checks")
    expect(page.locator(".refused")).to_be_visible()
    expect(page.get_by_role("button", name="Run now")).to_be_hidden()
