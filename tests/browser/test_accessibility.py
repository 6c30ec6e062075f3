"""Every page under axe: nothing serious, in the dark of the night and in the light of the office."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from nicu_dashboard.web.waiting import Waiting, WaitingRoom
from tests.browser.bedside import COT, Demo, Monitor, bedside
from tests.templates import copy_of_empty_store
from tests.web.serving import serving

PAGES = ["/alarms", "/events", "/admissions", "/sources", "/people", "/audit", "/checks", "/system", "/nowhere"]
THEMES = ["contrast", "colour-blind", "light", "dark"]
SERIOUS = {"serious", "critical"}


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Demo, Monitor]]:
    """One demo with a baby whose saturation is low: the colours of an alarm are part of what is judged."""
    with bedside(tmp_path_factory.mktemp("demo")) as (demo, monitor):
        demo.post("/api/cots", label="TEST-02")
        monitor.values = {"heart_rate": 70, "spo2": 71, "fio2": 25, "resp_rate": 48, "temp_skin": 36.7, "abp_mean": 34}
        monitor.start()
        yield demo, monitor


def opened(page: Page, demo: Demo, path: str) -> Page:
    """Open a page of the demo once its alarm has arrived and nothing is loading."""
    page.goto(demo.url + path)
    expect(page.locator(".worst .high").first).to_be_attached(timeout=20_000)
    expect(page.locator("[aria-busy=true]")).to_have_count(0, timeout=20_000)
    return page


def serious(page: Page) -> list[str]:
    """Return what axe finds serious or worse, one line for each."""
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html'][:120]}" for one in found if one["impact"] in SERIOUS]


def serious_in_themes(page: Page, themes: list[str]) -> dict[str, list[str]]:
    """Return the findings of each theme that has any; the page is left in the last one."""
    found = {}
    for theme in themes:
        page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
        found[theme] = serious(page)
    return {theme: faults for theme, faults in found.items() if faults}


def test_the_wall_is_fit_for_everyone_in_every_theme(room: tuple[Demo, Monitor], page: Page) -> None:
    assert serious_in_themes(opened(page, room[0], "/"), THEMES) == {}


def test_the_wall_on_paper_keeps_the_surface_under_the_words_of_an_alarm(
    room: tuple[Demo, Monitor], page: Page
) -> None:
    opened(page, room[0], "/").emulate_media(media="print")
    value = page.locator(".tile .inverse").first
    assert value.evaluate("part => getComputedStyle(part).printColorAdjust") == "exact"


def test_the_page_of_a_cot_and_its_limits_are_fit_for_everyone(room: tuple[Demo, Monitor], page: Page) -> None:
    demo = room[0]
    cot = next(one["id"] for one in demo.get("/api/cots")["items"] if one["label"] == COT)
    opened(page, demo, f"/cots/{cot}")
    expect(page.locator(".limits-card table")).to_be_visible()
    assert serious_in_themes(page, ["light", "dark"]) == {}
    page.keyboard.press("l")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert serious(page) == []


def test_the_pages_of_the_office_are_fit_for_everyone(room: tuple[Demo, Monitor], page: Page) -> None:
    found = {path: serious(opened(page, room[0], path)) for path in PAGES}
    assert {path: faults for path, faults in found.items() if faults} == {}


PEOPLE = {
    "administrator": ["/account", "/people", "/checks"],
    "charge nurse": ["/pair", "/emergency"],
    "nurse": ["/emergency"],
}
SCREENS = {"desk": {"width": 1280, "height": 720}, "phone": {"width": 390, "height": 844}}


@pytest.mark.parametrize("screen", SCREENS)
def test_the_pages_about_people_are_fit_for_everyone(browser: Browser, tmp_path: Path, screen: str) -> None:
    """As people who are logged in see them: with screens, an emergency that runs, and a run of the checks."""
    found, ids = {}, {"size": SCREENS[screen], "phone": screen == "phone"}
    with serving(copy_of_empty_store(tmp_path / "people.db"), "live") as ward:
        clients = {role: ward.log_in(role) for role in PEOPLE}
        assert clients["charge nurse"].post("/api/kiosks", json={"name": "corridor"}).is_success
        assert clients["nurse"].post("/api/emergencies", json={"reason": "the baby next door is blue"}).is_success
        for role, paths in PEOPLE.items():
            context = browser.new_context(viewport=ids["size"], is_mobile=ids["phone"], color_scheme="dark")  # type: ignore[arg-type]
            context.add_cookies(
                [{"name": "nicu_session", "value": clients[role].cookies["nicu_session"], "url": ward.url}]
            )
            page = context.new_page()
            for path in paths:
                page.goto(ward.url + path)
                expect(page.locator("h1").first).to_be_visible()
                expect(page.locator("[aria-busy=true]")).to_have_count(0)
                violations = Axe().run(page).response["violations"]
                wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
                if violations or wide:
                    found[role, path] = ([one["id"] for one in violations], wide)
            context.close()
    assert found == {}


def test_the_log_in_is_fit_for_everyone(room: tuple[Demo, Monitor], page: Page) -> None:
    page.goto(f"{room[0].url}/login")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    assert serious_in_themes(page, THEMES) == {}


def test_the_menu_and_the_form_of_admission_are_fit_for_everyone(room: tuple[Demo, Monitor], page: Page) -> None:
    opened(page, room[0], "/admissions")
    page.get_by_role("button", name="Admit a baby").click()
    assert serious(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    expect(page.get_by_role("dialog", name="Pages")).to_be_visible()
    assert serious(page) == []


@pytest.mark.parametrize("screen", SCREENS)
def test_an_alarm_is_seen_and_reached_over_a_dialog(room: tuple[Demo, Monitor], page: Page, screen: str) -> None:
    page.set_viewport_size(SCREENS[screen])  # type: ignore[arg-type]
    opened(page, room[0], "/admissions")
    page.get_by_role("button", name="Admit a baby").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Cot")).to_be_focused()
    dialog.get_by_role("button", name="Cancel").scroll_into_view_if_needed()
    alarm = dialog.locator(".worst .high").first
    expect(alarm).to_be_in_viewport(ratio=1)
    expect(alarm).to_contain_text("***")
    alarm.click()
    page.wait_for_url("**/cots/*")
    expect(dialog).to_have_count(0)


def test_a_dialog_goes_by_its_backdrop_and_not_by_its_own_edge(room: tuple[Demo, Monitor], page: Page) -> None:
    opened(page, room[0], "/admissions")
    page.get_by_role("button", name="Admit a baby").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Cot")).to_be_focused()
    box = dialog.bounding_box()
    assert box is not None
    left, middle = box["x"], box["y"] + box["height"] / 2
    page.mouse.click(left + 5, middle)
    page.mouse.move(left + 60, middle)
    page.mouse.down()  # as words are selected
    page.mouse.move(left - 60, middle)
    page.mouse.up()
    expect(dialog).to_be_visible()
    page.mouse.click(left - 60, middle)
    expect(dialog).to_have_count(0)


# Width, height and cots of walls with little room.
SMALL = [(1280, 720, 24), (1024, 768, 24), (1280, 720, 36)]
UNREADABLE = """() => {
  const box = e => e.getBoundingClientRect();
  const gone = e => e.matches('.alarm-text > *') && box(e).top > box(e.parentElement).bottom - 1;
  const spoken = [...document.querySelectorAll('.tile *, .topbar *')].filter(
    e => e.checkVisibility() && !gone(e) && [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()));
  const past = (inner, outer) => inner.bottom > outer.bottom + 1 || inner.right > outer.right + 1;
  const screen = { bottom: innerHeight, right: innerWidth };
  return [
    ...spoken.filter(e => parseFloat(getComputedStyle(e).fontSize) < 11),
    ...spoken.filter(e => past(box(e), e.closest('.tile') ? box(e.closest('.tile')) : screen)),
    ...[...document.querySelectorAll('.tile')].filter(e => past(box(e), screen)),
    ...[...document.querySelectorAll('.small > *, .alarm-text > *')].filter(e => e.scrollWidth > e.clientWidth + 1),
  ].map(e => e.outerHTML);
}"""


def with_cots(demo: Demo, cots: int) -> None:
    """Let the ward have at least so many cots."""
    for number in range(len(demo.get("/api/cots")["items"]) + 1, cots + 1):
        demo.post("/api/cots", label=f"TEST-{number:02}")


def test_every_word_of_a_small_wall_can_be_read(room: tuple[Demo, Monitor], page: Page) -> None:
    """Nothing below 11 px, every tile in sight, no word past its tile, no value into the next."""
    demo = room[0]
    for width, height, cots in SMALL:
        with_cots(demo, cots)
        page.set_viewport_size({"width": width, "height": height})
        opened(page, demo, "/")
        expect(page.locator(".tile")).to_have_count(cots, timeout=20_000)
        assert page.evaluate(UNREADABLE) == [], (width, height, cots)


def test_the_words_of_alarms_that_have_ended_are_whole_on_a_small_wall(room: tuple[Demo, Monitor], page: Page) -> None:
    """What finds no room goes as a whole word; how many more there are never goes."""
    demo, monitor = room
    with_cots(demo, 24)
    page.set_viewport_size({"width": 1024, "height": 768})
    monitor.values |= {"heart_rate": 70, "spo2": 71, "resp_rate": 12}
    opened(page, demo, "/")
    tile = page.locator(f'.tile[data-label="{COT}"]')
    expect(tile.locator(".more")).to_have_text("+2", timeout=20_000)
    monitor.values |= {"heart_rate": 150, "spo2": 93, "resp_rate": 48}
    expect(tile.locator(".tile-line.latched")).to_be_visible(timeout=20_000)
    expect(tile.locator(".more")).to_be_in_viewport(ratio=1)
    assert page.evaluate(UNREADABLE) == []
    page.set_viewport_size({"width": 1920, "height": 1080})
    expect(tile.get_by_text("· ended")).to_be_in_viewport(ratio=1)


ROOM_AROUND = """selector => {
  const button = document.querySelector(selector), words = document.createRange();
  words.selectNodeContents(button);
  const padding = 2 * parseFloat(getComputedStyle(button).paddingLeft);
  return button.clientWidth + 1 - padding - words.getBoundingClientRect().width;
}"""


def test_every_window_of_the_charts_is_in_sight_on_a_phone(room: tuple[Demo, Monitor], browser: Browser) -> None:
    demo = room[0]
    cot = next(one["id"] for one in demo.get("/api/cots")["items"] if one["label"] == COT)
    context = browser.new_context(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    page = context.new_page()
    page.goto(f"{demo.url}/cots/{cot}")
    expect(page.locator(".charts-now")).to_have_text("live")
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".charts-now")).to_have_text("→ now")
    assert page.evaluate(ROOM_AROUND, ".charts-now") >= 0
    page.locator(".charts-now").scroll_into_view_if_needed()
    assert page.evaluate("document.querySelector('.charts-tabs').scrollLeft") == 0
    context.close()


async def _first_page(room: WaitingRoom) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(room), base_url="http://nicu.test") as client:
        return await client.get("/")


def test_the_page_of_a_server_that_waits_is_read_from_a_bed_and_in_a_pocket(browser: Browser) -> None:
    room = WaitingRoom(lambda: Waiting("the server refuses connections.", 12, 1_200), "all")
    with ThreadPoolExecutor() as aside:  # this thread's loop is the browser's
        waiting = aside.submit(asyncio.run, _first_page(room)).result()
    for width, height, least in [(390, 844, 16), (3840, 2160, 32)]:
        context = browser.new_context(viewport={"width": width, "height": height}, is_mobile=width < 640)
        page = context.new_page()
        page.route("**/*", lambda asked: asked.fulfill(body=waiting.text, headers=dict(waiting.headers)))
        page.goto("http://nicu.test/")
        assert page.evaluate("[innerWidth, document.documentElement.scrollWidth]") == [width, width]
        assert float(page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)")) >= least
        context.close()
