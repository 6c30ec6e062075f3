"""The answer to an act: 200 once it is on record, 202 with a notice while it waits on the engine's machine."""

from collections.abc import Mapping
from typing import Any

from fastapi import Response

from nicu_dashboard.services.kept import Kept

MAY_WAIT: dict[int | str, dict[str, Any]] = {202: {"description": "Done; it waits on this machine for the database."}}


def told(kept: Kept, shape: Mapping[str, Any], answer: Response) -> dict[str, Any]:
    """Return what was done with `kept`, where it is durable, and say with status and `notice` what is not on record."""
    if kept.notice is None:
        return {**shape, "kept": kept.place}
    answer.status_code = 202
    return {**shape, "kept": kept.place, "notice": kept.notice}
