"""One night at the wall: a number appears, a source falls silent, the server hangs, a baby desaturates."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.bedside import COT, Demo, Monitor, bedside
from tests.waiting import within

TILE = f'.tile[data-label="{COT}"]'


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Demo, Monitor]]:
    """One demo for the whole shift."""
    with bedside(tmp_path_factory.mktemp("demo")) as found:
        yield found


@contextmanager
def no_longer_than(seconds: float) -> Iterator[None]:
    """Fail when what stands in the block took longer than a ward may wait."""
    began = time.monotonic()
    yield
    assert time.monotonic() - began <= seconds


def seconds_until(page: Page, condition: str, most: float) -> float:
    """Return after how many seconds the page fulfils a condition, looked at every 20 ms."""
    began = time.monotonic()
    while not page.evaluate(condition):
        assert time.monotonic() - began <= most, condition
        page.wait_for_timeout(20)
    return time.monotonic() - began


def standing(demo: Demo) -> set[str]:
    """The keys of the alarms that stand at the test's cot."""
    cots = demo.get("/api/live")["cots"]
    return {alarm["key"] for cot in cots if cot["label"] == COT for alarm in cot["alarms"]}


def until_standing(demo: Demo, *keys: str) -> None:
    """Wait until exactly these alarms stand."""
    within(20, lambda: standing(demo) == set(keys), f"exactly these stand: {keys}")


def test_a_reading_is_on_the_tile_within_a_second(room: tuple[Demo, Monitor], page: Page) -> None:
    demo, monitor = room
    page.goto(demo.url)
    expect(page.locator(TILE)).to_be_visible()
    monitor.values = {"heart_rate": 150, "spo2": 93, "fio2": 25}
    monitor.send()
    with no_longer_than(1.0):
        expect(page.locator(f'{TILE} [data-parameter="spo2"]')).to_have_text("93", timeout=1_000)
    expect(page.locator(".banner.demo")).to_contain_text("DEMO")


def test_a_silent_source_is_stale_within_five_seconds_and_alarms_within_ten(
    room: tuple[Demo, Monitor], page: Page
) -> None:
    demo, monitor = room
    page.goto(demo.url)
    monitor.values = {"heart_rate": 151, "spo2": 92, "fio2": 25}
    monitor.send()
    silent_since = time.monotonic()
    expect(page.locator(f'{TILE} [data-parameter="spo2"]')).to_have_text("92")
    gone = f"document.querySelector('{TILE} [data-parameter=\"spo2\"]').textContent === '--'"
    seconds_until(page, gone, 6)
    stale_after = time.monotonic() - silent_since
    alarmed = f"document.querySelector('{TILE} .tile-line.alarm')?.textContent.includes('!! Signal lost')"
    seconds_until(page, alarmed, 6)
    alarm_after = time.monotonic() - silent_since
    assert stale_after <= 5.0
    assert alarm_after <= 10.0


def test_a_frozen_server_is_seen_as_lost_within_five_seconds_on_every_tile(
    room: tuple[Demo, Monitor], page: Page
) -> None:
    demo, monitor = room
    page.goto(demo.url)
    monitor.start()
    expect(page.locator(f'{TILE} [data-parameter="spo2"]')).to_have_text("92", timeout=10_000)
    monitor.stop()
    demo.freeze()
    try:
        lost = "document.querySelector('.banner.lost')?.textContent.includes('CONNECTION LOST')"
        assert seconds_until(page, lost, 6) <= 5.0
        assert {tile.inner_text() for tile in page.locator('.tile [data-parameter="spo2"]').all()} == {"--"}
        seconds_until(page, "window.heard.length > 0", 5)
    finally:
        demo.thaw()
    expect(page.locator(".banner.lost")).to_have_count(0, timeout=10_000)


def test_a_spell_turns_the_tile_red_sounds_latches_and_is_acknowledged_by_keyboard(
    room: tuple[Demo, Monitor], page: Page
) -> None:
    demo, monitor = room
    page.goto(demo.url)
    monitor.values = {"heart_rate": 150, "spo2": 92, "fio2": 25}
    monitor.start()
    expect(page.locator(f'{TILE} [data-parameter="heart_rate"]')).to_have_text("150", timeout=10_000)
    until_standing(demo)
    monitor.values = {"heart_rate": 64, "spo2": 71, "fio2": 25}
    expect(page.locator(f"{TILE}.high")).to_be_visible(timeout=3_000)
    expect(page.locator(f"{TILE} .tile-line")).to_contain_text("*** HR 64 < 80")
    seconds_until(page, "window.heard.some(burst => burst.priority === 'high')", 3)
    until_standing(demo, "heart_rate:low", "spo2:low")
    monitor.values = {"heart_rate": 150, "spo2": 92, "fio2": 25}
    expect(page.locator(f"{TILE}.latched")).to_be_visible(timeout=10_000)
    for _ in range(2):
        page.locator(f"{TILE} .tile-open").focus()
        page.keyboard.press("a")
        page.wait_for_timeout(700)
    expect(page.locator(f"{TILE} .tile-line.alarm")).to_have_count(0, timeout=5_000)
    acknowledged = [row for row in demo.get("/api/audit")["items"] if row["action"] == "alarm.acknowledge"]
    assert len(acknowledged) == 2
    assert acknowledged[0]["actor"] == "Demo charge nurse"
    monitor.stop()


def test_the_cot_page_answers_why(room: tuple[Demo, Monitor], page: Page) -> None:
    demo, monitor = room
    monitor.values = {"heart_rate": 150, "spo2": 92, "fio2": 25}
    monitor.start()
    page.goto(demo.url)
    page.locator(f"{TILE} .tile-open").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Kaur, Baby of Simran")).to_be_visible(timeout=10_000)
    expect(page.get_by_text("Limits", exact=False).first).to_be_visible()
    monitor.stop()


SCREENS = [(1280, 720), (1920, 1080), (3840, 2160), (390, 844)]
OF_A_BABY = re.compile(r"/api/patients/\d+")
PARTS = ".cot-header, .cot-alarms, .cot-numbers, .charts-tabs button, .cot-side .panel, .cot-switch button"
PLACES = f"""() => {{
  const page = document.querySelector('.cot-page').getBoundingClientRect();
  const place = ({{ x, y }}) => [x - page.x, y - page.y];
  const parts = [...document.querySelectorAll('{PARTS}')];
  return parts.map(part => [part.className, ...place(part.getBoundingClientRect())]);
}}"""
FRAMES = "async () => { for (let n = 0; n < 30; n += 1) await new Promise(requestAnimationFrame); }"


@pytest.fixture(scope="module")
def page_of_cot(room: tuple[Demo, Monitor]) -> Iterator[str]:
    """The address of the page of a baby who is calm again after a bradycardia."""
    demo, monitor = room
    monitor.values = {"heart_rate": 150, "spo2": 92, "fio2": 25}
    monitor.send_earlier([150] * 10 + [60] * 20 + [150] * 10)
    monitor.start()
    cot = next(one for one in demo.get("/api/cots")["items"] if one["label"] == COT)
    events = f"/api/patients/{cot['baby']['patient_id']}/events"
    within(20, lambda: demo.get(events)["items"], "the bradycardia is on record")
    within(20, lambda: calmed(demo), "the baby's alarms are over and acknowledged")
    yield f"{demo.url}/cots/{cot['id']}"
    monitor.stop()


def calmed(demo: Demo) -> bool:
    """Acknowledge what has ended at the test's cot; return whether nothing stood there."""
    alarms = [alarm for cot in demo.get("/api/live")["cots"] if cot["label"] == COT for alarm in cot["alarms"]]
    for alarm in alarms:
        if alarm["presence"] == "latched":
            demo.post(f"/api/alarms/{alarm['id']}/acknowledge")
    return not alarms


def press(page: Page, part: str) -> None:
    """Press on the middle of the first such part of the page, and do not let go."""
    found = page.locator(part).first
    expect(found).to_be_visible()
    found.scroll_into_view_if_needed()
    box = found.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()


@pytest.mark.parametrize("screen", SCREENS)
def test_nothing_moves_under_a_finger_while_the_page_of_a_cot_loads(
    page_of_cot: str, page: Page, screen: tuple[int, int]
) -> None:
    """An event is pressed as soon as it is there; every other answer comes before the finger goes."""
    page.set_viewport_size({"width": screen[0], "height": screen[1]})
    held: list[Route] = []
    page.route(OF_A_BABY, lambda asked: held.append(asked))
    page.goto(page_of_cot)
    expect(page.locator(".cot-lists [aria-busy=true]")).to_be_attached()
    expect(page.locator(".banner.silent")).to_have_count(0)
    before = page.evaluate(PLACES)
    page.route(OF_A_BABY, lambda asked: asked.continue_())
    events = [asked for asked in held if "/events" in asked.request.url]
    for asked in events:
        asked.continue_()
    press(page, ".cot-event")
    for asked in held:
        if asked not in events:
            asked.continue_()
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    expect(page.locator(".histogram-facts")).to_contain_text(re.compile(r"valid: \d"))
    assert page.evaluate(PLACES) == before
    page.mouse.up()
    expect(page.get_by_role("dialog")).to_contain_text("definition")


# A browser that does not trust the page with sound: every context waits until it is asked to go on.
DISTRUST = "window.AudioContext = class extends AudioContext { constructor() { super(); void this.suspend(); } };"


def test_the_press_that_lets_the_sound_on_opens_what_was_pressed(page_of_cot: str, page: Page) -> None:
    """The banner that goes with it makes the page move: not before the finger has gone."""
    page.add_init_script(DISTRUST)
    page.goto(page_of_cot)
    expect(page.locator(".banner.silent")).to_be_visible()
    press(page, ".cot-event")
    page.evaluate(FRAMES)
    page.mouse.up()
    expect(page.get_by_role("dialog")).to_contain_text("definition")
    expect(page.locator(".banner.silent")).to_have_count(0)


def test_a_list_that_loads_moves_nothing_that_could_be_pressed(room: tuple[Demo, Monitor], page: Page) -> None:
    held: list[Route] = []
    page.route("**/api/kiosks", lambda asked: held.append(asked))
    page.goto(f"{room[0].url}/people")
    expect(page.get_by_role("heading", name="Screens")).to_be_visible()
    below = page.get_by_role("heading", name="Emergency access", include_hidden=True)
    expect(below).to_be_attached()
    expect(below).to_be_hidden()
    held[0].continue_()
    expect(below).to_be_visible()


def test_an_alarm_moves_no_cot_on_a_phone(page_of_cot: str, room: tuple[Demo, Monitor], page: Page) -> None:
    demo, monitor = room
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(demo.url)
    tile = page.locator(f"{TILE}:not(.empty-cot)")
    expect(tile).to_be_visible()
    calm = tile.bounding_box()
    monitor.values = {"heart_rate": 64, "spo2": 92, "fio2": 25}
    expect(page.locator(f"{TILE}.high")).to_be_visible(timeout=5_000)
    assert tile.bounding_box() == calm
