"""The live wall under load: delay from POST to every screen, computing and memory of the server, cost in the browser.

    python -m bench live [--cots 100] [--screens 50] [--per-message 1] [--seconds 60 | --minutes 10] [--storm]
                         [--postgres [--role split --workers 2]]

A real `nicu serve` on SQLite in a temporary folder, or on a PostgreSQL server of its own, takes eight vitals of every
cot once a second over loopback HTTP, while screens follow the stream from a process of their own. Then Chromium shows
the wall for half a minute.
"""

from __future__ import annotations

import argparse
import bisect
import multiprocessing
import tempfile
import time
from array import array
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path

import httpx

from bench.load.browser import PageCost, bundle, wall_cost
from bench.load.gateways import Sent, drive
from bench.load.processes import Usage, each_usage, load_average, together
from bench.load.screens import Seen, watch
from bench.load.ward import Served, served_ward, store_in
from tools.ensure import find

WARM_UP_S = 8.0
BROWSER_S = 30.0
SAMPLE_EVERY_S = 5.0
# The goals of promises 3 and 10.
DELAY_GOAL_MS, STORM_GOAL_MS, SERVER_GOAL, PAGE_GOAL, BUNDLE_GOAL = 150, 500, 0.25, 0.10, 60_000


def line(what: str, measured: str, goal: str = "") -> None:
    """Print one figure beside its goal."""
    print(f"{what:46}{measured:>34}{'   goal ' + goal if goal else ''}", flush=True)


def delays_ms(sent: Sent, seen: Seen, from_ns: int, to_ns: int) -> array[float]:
    """Return for every sample of the measured time and every screen the ms from POST to arrival, in order."""
    turns: dict[int, int] = {}
    last: dict[int, int] = {}
    found: array[float] = array("d")
    for cot, number, began in sent.samples:
        if number < last.get(cot, -1):
            turns[cot] = turns.get(cot, 0) + 1
        last[cot] = number
        seq = seen.first.get((cot, turns.get(cot, 0), number))
        if seq is None or not from_ns <= began < to_ns:
            continue
        for stream in seen.streams:
            place = bisect.bisect_left(stream.seqs, seq)
            if place < len(stream.seqs):
                found.append((stream.arrived[place] - began) / 1e6)
    return array("d", sorted(found))


def quantiles(ordered: Sequence[float]) -> str:
    """Return p50, p99 and the worst."""
    if not ordered:
        return "none arrived"
    p50, p99 = (ordered[min(len(ordered) - 1, int(len(ordered) * share))] for share in (0.5, 0.99))
    return f"p50 {p50:.0f}  p99 {p99:.0f}  max {ordered[-1]:.0f} ms"


Observed = Sequence[tuple[float, Sequence[Usage]]]


def observe(served: Served, seconds: float) -> Observed:
    """Return the usage of the server's processes at the beginning, every few seconds, and at the end."""
    began = time.monotonic()
    taken = [(0.0, each_usage(served.pid))]
    while (gone := time.monotonic() - began) < seconds:
        time.sleep(min(SAMPLE_EVERY_S, seconds - gone))
        taken.append((time.monotonic() - began, each_usage(served.pid)))
    return taken


def show_server(taken: Observed) -> None:
    """Print what the server used, of several processes each by itself, too."""
    (_, each_first), (took, each_last) = taken[0], taken[-1]
    first, last = together(each_first), together(each_last)
    main, others = (last.main_s - first.main_s) / took, (last.cpu_s - first.cpu_s - last.main_s + first.main_s) / took
    line("server, share of one core", f"{main + others:.1%}", f"< {SERVER_GOAL:.0%}")
    line("  event loop / other threads (commits)", f"{main:.1%} / {others:.1%}")
    begin, half, end = (round(together(taken[place][1]).pss_mb) for place in (0, len(taken) // 2, -1))
    line("server, memory begin / half / end", f"{begin} / {half} / {end} MB", "flat")
    if len(each_last) == 1:
        return
    names = ["supervisor", "engine", *(f"web worker {number}" for number in range(1, len(each_last) - 1))]
    for name, before, after in zip(names, each_first, each_last, strict=False):
        memory = f"{after.pss_mb:.0f} MB of its own and its share ({after.rss_mb:.0f} MB resident)"
        line(f"  {name}", f"{(after.cpu_s - before.cpu_s) / took:.1%}, {memory}")


def show_stream(sent: Sent, seen: Seen, from_ns: int, to_ns: int, storm: bool) -> None:
    """Print what reached the screens, and how late."""
    seconds = (to_ns - from_ns) / 1e9
    goal = f"p99 ≤ {STORM_GOAL_MS if storm else DELAY_GOAL_MS} ms"
    line("POST to every screen", quantiles(delays_ms(sent, seen, from_ns, to_ns)), goal)
    trips = array("d", sorted(trip / 1e6 for trip in sent.round_trips))
    line("POST to acknowledgement (after the commit)", quantiles(trips))
    line("  the machine's own delay in waking a sleeper", quantiles(sorted(late / 1e6 for late in sent.overslept)))
    line("refused readings", f"{sent.refused} of {len(sent.samples):,}")
    counts = [sum(from_ns <= at < to_ns for at in stream.arrived) / seconds for stream in seen.streams]
    bytes_each = sum(stream.received for stream in seen.streams) / max(1, sum(len(one.seqs) for one in seen.streams))
    line("snapshots to one screen", f"{sum(counts) / len(counts):.1f}/s (fewest {min(counts):.1f})")
    whole = seen.unpacked / max(1, len(seen.streams[0].seqs))
    line("one snapshot, packed / unpacked", f"{bytes_each / 1_000:.1f} / {whole / 1_000:.1f} kB")
    line("to all screens", f"{sum(counts) * bytes_each / 1e6:.1f} MB/s")
    line("  the screens' own process, share of one core", f"{seen.share:.1%}")


def show_alarms(served: Served) -> None:
    """Print how the alarms of the storm are kept: every cot must have had its high ones."""
    with httpx.Client(base_url=served.url, cookies=dict([served.screen]), timeout=30) as client:
        kept = [alarm for alarm in client.get("/api/live").json()["cots"] for alarm in alarm["alarms"]]
        high = {alarm["cot_id"] for alarm in kept if alarm["priority"] == "high"}
    line("alarms standing at the end", f"{len(kept)}, high ones in {len(high)} of {len(served.labels)} cots")


def show_page(cost: PageCost, seconds: float) -> None:
    """Print what the wall costs a browser."""
    line(f"browser's main thread, {cost.tiles} tiles, over {seconds:.0f} s", f"{cost.tasks:.1%}", f"< {PAGE_GOAL:.0%}")
    line("  scripts / style and layout", f"{cost.scripts:.1%} / {cost.layout:.1%}")
    line("  page process, all its threads", f"{cost.process:.1%}")
    line("  heap begin / end", f"{cost.heap_mb[0]:.1f} / {cost.heap_mb[1]:.1f} MB")


def show_bundle() -> None:
    """Print the size of what a browser loads, before the wall stands and when it is idle."""
    first, later = bundle()
    line("scripts and style of the first load", f"{sum(first.values()) / 1e3:.1f} kB", f"< {BUNDLE_GOAL / 1e3:.0f} kB")
    line("  fetched afterwards", f"{sum(later.values()) / 1e3:.1f} kB")
    for name, size in {**first, **later}.items():
        line(f"  {name}", f"{size / 1e3:.1f} kB")


def run(chosen: argparse.Namespace) -> None:
    """Start everything, measure, print."""
    browser = None if chosen.no_browser else find("chromium")
    seconds = chosen.minutes * 60 if chosen.minutes else chosen.seconds
    workers = chosen.workers if chosen.role == "split" else 1
    with (
        tempfile.TemporaryDirectory(prefix="nicu-bench-") as folder,
        store_in(Path(folder), chosen.postgres) as url,
        served_ward(Path(folder), chosen.cots, url, workers) as served,
    ):
        line("process of the server (for a profiler)", str(served.pid))
        processes = ProcessPoolExecutor(2, multiprocessing.get_context("spawn"))
        whole = WARM_UP_S + seconds
        with processes:
            screens: Future[Seen] = processes.submit(watch, served, chosen.screens, whole)
            gateways: Future[Sent] = processes.submit(drive, served, chosen.per_message, whole, chosen.storm)
            time.sleep(WARM_UP_S)
            load, from_ns = load_average(), time.monotonic_ns()
            taken = observe(served, seconds - 2)
            to_ns = time.monotonic_ns()
            sent, seen = gateways.result(), screens.result()
            line("load of the machine, begin / end", f"{load} / {load_average()}")
            show_server(taken)
            show_stream(sent, seen, from_ns, to_ns, chosen.storm)
            if chosen.storm:
                show_alarms(served)
            if browser is not None:
                gateways = processes.submit(drive, served, chosen.per_message, BROWSER_S + 30, chosen.storm)
                show_page(wall_cost(served, browser, BROWSER_S), BROWSER_S)
        show_bundle()


def main() -> None:
    """Read the options and run."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--cots", type=int, default=100)
    options.add_argument("--screens", type=int, default=50)
    options.add_argument("--per-message", type=int, default=1, help="cots in one POST: 1, or 10 behind one gateway")
    options.add_argument("--seconds", type=float, default=60)
    options.add_argument("--minutes", type=float, default=0, help="instead of --seconds; 10 for the soak")
    options.add_argument("--storm", action="store_true", help="every cot beyond its limits at once, 20 s of 40 s")
    options.add_argument("--postgres", action="store_true", help="on a PostgreSQL server of its own")
    options.add_argument("--role", choices=("all", "split"), default="all", help="split: engine and web workers apart")
    options.add_argument("--workers", type=int, default=2, help="web workers of --role split, at least 2")
    options.add_argument("--no-browser", action="store_true")
    chosen = options.parse_args()
    if chosen.role == "split" and (not chosen.postgres or chosen.workers < 2):
        options.error("--role split needs --postgres and at least two --workers")
    run(chosen)


if __name__ == "__main__":
    main()
