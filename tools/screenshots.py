"""Take the pictures of the documentation from a running demo: `make screenshots`."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--autoplay-policy=no-user-gesture-required",
]
PATIENCE_S = 1_800
# The demo writes two earlier hours while it runs; the pictures wait for most of them. Percent of four hours.
ENOUGH_HISTORY = 45


class Picture(NamedTuple):
    """One picture: where it is taken, on what screen, and how many device pixels stand for one of the page."""

    name: str
    path: str
    width: int
    height: int
    scale: float = 1
    key: str = ""


# A 4K wall is drawn in full and kept at half its size: a picture, not a poster. Key 2 shows the last hour.
PICTURES = [
    Picture("wall-1920", "/", 1920, 1080),
    Picture("wall-1280", "/", 1280, 720),
    Picture("wall-4k", "/", 3840, 2160, 0.5),
    Picture("wall-phone", "/", 390, 844, 2),
    Picture("cot-1920", "/cots/{cot}", 1920, 1080, key="2"),
    Picture("cot-1280", "/cots/{cot}", 1280, 720, key="2"),
    Picture("cot-phone", "/cots/{cot}", 390, 844, 2, key="2"),
    Picture("alarms", "/alarms", 1280, 720),
]


@contextmanager
def demo() -> Iterator[str]:
    """Run a ward of 24 cots and yield its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    nicu = Path(sys.executable).with_name("nicu")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("NICU_", "DATABASE_"))}
    with tempfile.TemporaryDirectory() as folder:
        running = subprocess.Popen(
            [str(nicu), "demo", "--cots", "24", "--port", str(port), "--no-browser"], cwd=folder, env=clean
        )
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            running.terminate()
            running.wait(20)


def until_history(url: str) -> None:
    """Wait until every baby has its earlier hours."""
    for _ in range(PATIENCE_S // 5):
        time.sleep(5)
        try:
            babies = [one["baby"]["patient_id"] for one in _get(url, "/api/cots")["items"] if one["baby"]]
            shares = [_get(url, f"/api/patients/{baby}/histogram?hours=4")["valid_percent"] or 0 for baby in babies]
        except httpx.HTTPError:
            continue
        if min(shares) >= ENOUGH_HISTORY:
            return
    raise SystemExit("the demo did not write its history in half an hour")


def _get(url: str, path: str) -> Any:
    return httpx.get(url + path, timeout=30).raise_for_status().json()


def calm(url: str) -> None:
    """Acknowledge what has ended, so that the pictures show what goes on."""
    for cot in _get(url, "/api/live")["cots"]:
        for alarm in cot["alarms"]:
            if alarm["presence"] == "latched":
                httpx.post(f"{url}/api/alarms/{alarm['id']}/acknowledge", json={}, timeout=30)


def opened(browser: Browser, url: str, picture: Picture, cot: str = "") -> Page:
    """Open the page of a picture on its screen."""
    context = browser.new_context(
        viewport={"width": picture.width, "height": picture.height}, device_scale_factor=picture.scale
    )
    page = context.new_page()
    page.goto(url + picture.path.format(cot=cot))
    page.locator(".heartbeat:not(.silent)").wait_for(state="attached")
    return page


def take(page: Page, picture: Picture) -> None:
    """Wait until nothing is loading, and keep the picture."""
    if picture.key:
        page.keyboard.press(picture.key)
    page.wait_for_timeout(2_000)
    page.locator("[aria-busy=true]").first.wait_for(state="detached")
    page.screenshot(path=IMAGES / f"{picture.name}.png")


def main() -> None:
    """Wait for a baby in trouble, as every ward has one, and photograph the ward around it."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with demo() as url, sync_playwright() as playwright:
        until_history(url)
        browser = playwright.chromium.launch(executable_path=os.environ["NICU_CHROMIUM"], args=FLAGS)
        calm(url)
        walls = {picture: opened(browser, url, picture) for picture in PICTURES if picture.path == "/"}
        worst = next(iter(walls.values())).locator(".tile.high .tile-open")
        worst.first.wait_for(state="attached", timeout=PATIENCE_S * 1000)
        cot = worst.first.get_attribute("data-cot") or ""
        for picture, page in walls.items():
            take(page, picture)
        for picture in PICTURES:
            if picture not in walls:
                take(opened(browser, url, picture, cot), picture)
        browser.close()


if __name__ == "__main__":
    main()
