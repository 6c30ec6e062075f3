"""What the wall costs a browser: how busy the page's main thread is, and how large the program it loads is."""

import gzip
import time
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import CDPSession, sync_playwright

from bench.load.ward import Served
from nicu_dashboard import bootstrap

_FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]


@dataclass(frozen=True, slots=True)
class PageCost:
    """Tiles shown, shares of one core meanwhile, and the page's heap in MB at the beginning and at the end."""

    tiles: int
    tasks: float
    scripts: float
    layout: float
    process: float
    heap_mb: tuple[float, float]


def wall_cost(served: Served, chromium: Path, seconds: float) -> PageCost:
    """Show the wall of every cot for so many seconds in a real browser of 3840×2160."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(chromium), args=_FLAGS)
        context = browser.new_context(viewport={"width": 3840, "height": 2160})
        context.add_cookies([{"name": served.screen[0], "value": served.screen[1], "url": served.url}])
        # A wall pages above 36 cots unless it is told otherwise; here every tile is to be paid for.
        context.add_init_script(f"localStorage.setItem('nicu.preferences', '{{\"perPage\": {len(served.labels)}}}')")
        page = context.new_page()
        page.goto(served.url)
        page.locator(".tile").first.wait_for(timeout=60_000)
        page.wait_for_timeout(5_000)
        tiles = page.locator(".tile").count()
        inside, outside = context.new_cdp_session(page), browser.new_browser_cdp_session()
        inside.send("Performance.enable")
        before, cpu_before, began = _metrics(inside), _renderer_s(outside), time.monotonic()
        page.wait_for_timeout(seconds * 1_000)
        after, cpu_after, took = _metrics(inside), _renderer_s(outside), time.monotonic() - began
        browser.close()
    spent = {name: (after[name] - before[name]) / took for name in before}
    return PageCost(
        tiles,
        spent["TaskDuration"],
        spent["ScriptDuration"],
        spent["LayoutDuration"] + spent["RecalcStyleDuration"],
        (cpu_after - cpu_before) / took,
        (before["JSHeapUsedSize"] / 1e6, after["JSHeapUsedSize"] / 1e6),
    )


def bundle() -> tuple[dict[str, int], dict[str, int]]:
    """Return the gzipped bytes of each script and style a browser fetches before the wall stands, and afterwards."""
    folder = bootstrap.pages_folder()
    document = (folder / "index.html").read_text()
    files = sorted(path for path in (folder / "assets").glob("*") if path.suffix in (".js", ".css"))
    sizes = {path.name: len(gzip.compress(path.read_bytes(), 9)) for path in files}
    first = {name: size for name, size in sizes.items() if name in document or name.startswith("watchdog.worker")}
    return first, {name: size for name, size in sizes.items() if name not in first}


def _metrics(session: CDPSession) -> dict[str, float]:
    return {metric["name"]: metric["value"] for metric in session.send("Performance.getMetrics")["metrics"]}


def _renderer_s(session: CDPSession) -> float:
    """Return the computing time of every page process so far, in seconds."""
    found = session.send("SystemInfo.getProcessInfo")["processInfo"]
    return float(sum(process["cpuTime"] for process in found if process["type"] == "renderer"))
