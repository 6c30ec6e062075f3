"""Alarm limits as JSON text, so that a unit can keep its own profiles as data."""

import json
from collections.abc import Mapping
from typing import Any

from nicu_dashboard.domain.errors import LimitsError
from nicu_dashboard.domain.limits.model import OFF_DELAY_S, AlarmLimits, Limit, Threshold
from nicu_dashboard.domain.limits.validation import faults


def profile_to_json(profile: AlarmLimits) -> str:
    """Return the profile as JSON text that `profile_from_json` reads back unchanged."""
    limits = [_limit_document(limit) for limit in profile.limits]
    return json.dumps({"profile": profile.profile, "version": profile.version, "limits": limits}, ensure_ascii=False)


def profile_from_json(text: str) -> AlarmLimits:
    """Return the profile of JSON text; raises LimitsError with every fault that forbids its use."""
    try:
        data = json.loads(text)
        profile = AlarmLimits(str(data["profile"]), int(data["version"]), tuple(_limit(row) for row in data["limits"]))
    except KeyError as error:
        raise LimitsError(f"the profile lacks {error.args[0]!r}") from None
    except (TypeError, ValueError, AttributeError) as error:
        raise LimitsError(f"the profile cannot be read: {error}") from None
    found = faults(profile)
    if found:
        raise LimitsError(" ".join(found))
    return profile


def _limit_document(limit: Limit) -> dict[str, object]:
    return {
        "parameter": limit.parameter,
        "side": limit.side,
        "red": _threshold_document(limit.red),
        "yellow": _threshold_document(limit.yellow),
        "off_delay_s": limit.off_delay_s,
        "rule": limit.rule,
        "inclusive": limit.inclusive,
    }


def _threshold_document(threshold: Threshold | None) -> dict[str, float] | None:
    return None if threshold is None else {"value": threshold.value, "delay_s": threshold.delay_s}


def _limit(row: Mapping[str, Any]) -> Limit:
    side, rule = row["side"], row.get("rule")
    if side not in ("low", "high"):
        raise ValueError(f"side {side!r} is neither low nor high")
    if rule not in (None, "follows_fio2"):
        raise ValueError(f"rule {rule!r} is not known")
    return Limit(
        str(row["parameter"]),
        side,
        _threshold(row.get("red")),
        _threshold(row.get("yellow")),
        float(row.get("off_delay_s", OFF_DELAY_S)),
        rule,
        bool(row.get("inclusive", False)),
    )


def _threshold(row: Mapping[str, Any] | None) -> Threshold | None:
    return None if row is None else Threshold(float(row["value"]), float(row.get("delay_s", 0.0)))
