"""What several processes say of themselves as one service."""

from pathlib import Path
from typing import Any, cast

import pytest
from fastapi import FastAPI

from nicu_dashboard.web.siblings import SILENT, Family, Siblings, whole

WELL = {"engine": "healthy", "web worker 1": "healthy", "web worker 2": "healthy"}


@pytest.mark.parametrize(
    ("mine", "others", "said"),
    [
        ("healthy", {}, "healthy"),
        ("healthy", {"engine": "starting"}, "starting"),
        ("healthy", {"web worker 2": "starting"}, "degraded"),
        ("starting", {"web worker 1": "starting"}, "starting"),
        ("healthy", {"web worker 2": SILENT}, "degraded"),
        ("degraded", {"web worker 1": "degraded"}, "degraded"),
        ("unhealthy", {"engine": "starting"}, "unhealthy"),
    ],
)
def test_one_web_worker_that_begins_again_does_not_make_the_whole_unfit(
    mine: str, others: dict[str, str], said: str
) -> None:
    assert whole(mine, WELL | others) == said


async def test_a_process_that_the_others_cannot_ask_works_all_the_same(tmp_path: Path) -> None:
    """The folder of the sockets may have been cleared away, or lie too deep for the name of a socket."""
    began: list[str] = []

    async def lives(scope: Any, *_: object) -> None:
        began.append(scope["type"])

    for folder in (tmp_path / "cleared away", tmp_path / ("deep" * 40)):
        alone = Siblings(cast("FastAPI", lives), Family(folder, ["engine"], "engine"))
        await alone({"type": "lifespan"}, cast("Any", None), cast("Any", None))
    assert began == ["lifespan"] * 2
