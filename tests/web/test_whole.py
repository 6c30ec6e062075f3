"""What several processes say of themselves as one service."""

import pytest

from nicu_dashboard.web.siblings import SILENT, whole

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
