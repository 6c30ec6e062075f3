"""The figures of bench/migration.py side by side, and what they come to against the goals."""

from __future__ import annotations

from bench.processes import Figure

WIDTH = 45
BARE, FULL, PLAIN = "nicu migrate run --no-verify", "nicu migrate run", "nicu migrate run --no-verify --lane plain"


def line_of(figure: Figure) -> str:
    """Return one figure as a line."""
    phases = "  ".join(f"{name} {value:.2f} s" for name, value in figure.seconds.items())
    cpu = "  ".join(f"{name} {value:.1f}" for name, value in figure.cpu.items())
    rest = f"{figure.memory_mb:.0f} MB  others {figure.others:.2f} cores  {figure.note}"
    return f"{figure.name:{WIDTH}}  {phases}  [processor s: {cpu}]  {rest}"


def show(rows: int, all_rows: int, figures: list[Figure]) -> None:
    """Print every figure, then the best of each way against the goals; `rows` are those of vitals."""
    for line in [*map(line_of, figures), "", *verdicts(rows, all_rows, figures)]:
        print(line)


def verdicts(rows: int, all_rows: int, figures: list[Figure]) -> list[str]:
    """Return one line per goal that these figures speak of."""
    said = []
    one, two = (_best(figures, f"limit: COPY FROM a binary file, {number} session(s)", "copy") for number in (1, 2))
    for label, figure in (("one session", one), ("two sessions at once", two)):
        if figure:
            said.append(f"limit, {label}: {rows / figure.seconds['copy'] / 1e6:.2f} M rows/s")
    for label, name, goal in (("load", BARE, 75), ("load without the columnar packages", PLAIN, 40)):
        if (loaded := _best(figures, name, "copy")) and one:
            said.append(_share(label, rows, all_rows, loaded, one, goal))
    peer = _best(figures, "pgloader (unverified)", "all")
    for label, name, goal in (("unverified", BARE, 5), ("with every value verified", FULL, 3)):
        if (done := _best(figures, name, "all")) and peer:
            times, less = peer.seconds["all"] / done.seconds["all"], peer.cpu["all"] / done.cpu["all"]
            said.append(
                f"end to end, {label}: {times:.1f} x pgloader unverified (goal {goal} x); processor: {less:.1f} x"
            )
    mine = [figure.memory_mb for figure in figures if figure.name in (BARE, FULL, PLAIN)]
    return [*said, f"peak memory, all processes: {max(mine):.0f} MB (goal 400 MB)"] if mine else said


def _best(figures: list[Figure], name: str, phase: str) -> Figure | None:
    return min((one for one in figures if one.name == name), key=lambda one: one.seconds[phase], default=None)


def _share(label: str, rows: int, all_rows: int, loaded: Figure, top: Figure, goal: int) -> str:
    rate, most = all_rows / loaded.seconds["copy"], rows / top.seconds["copy"]
    each, least = loaded.cpu["copy"] / all_rows * 1e6, top.cpu["copy"] / rows * 1e6
    return (
        f"{label}: {rate / 1e6:.2f} M rows/s, {rate / most:.0%} of the limit of one session (goal {goal} %);"
        f" processor: {each:.2f} µs a row, the limit {least:.2f} µs"
    )
