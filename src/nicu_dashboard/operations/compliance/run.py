"""All checks together: looked at one after the other, whatever one of them runs into."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from nicu_dashboard.domain.instants import format_instant
from nicu_dashboard.operations.compliance import (
    application,
    backups,
    logging,
    network,
    patches,
    privilege,
    rest,
    transmission,
)
from nicu_dashboard.operations.compliance.check import Check, Finding
from nicu_dashboard.operations.compliance.scene import Scene
from nicu_dashboard.operations.compliance.suppressions import Suppression

GROUPS: Mapping[str, tuple[Check, ...]] = {
    "Transmission": transmission.CHECKS,
    "Data at rest": rest.CHECKS,
    "Logs": logging.CHECKS,
    "Network": network.CHECKS,
    "Backups": backups.CHECKS,
    "Least privilege": privilege.CHECKS,
    "Versions": patches.CHECKS,
    "The program": application.CHECKS,
}
CHECKS: Mapping[str, Check] = {check.id: check for group in GROUPS.values() for check in group}


@dataclass(frozen=True, slots=True)
class Result:
    """What one check found, and whether somebody accepted it for a time."""

    group: str
    check: Check
    finding: Finding
    suppression: Suppression | None = None

    @property
    def suppressed(self) -> bool:
        """Return whether an unexpired suppression holds."""
        return self.suppression is not None and not self.suppression.expired and self.finding.state != "pass"

    @property
    def is_wrong(self) -> bool:
        """Return whether the check failed and nobody accepted it."""
        return self.finding.state == "fail" and not self.suppressed

    def shape(self) -> dict[str, Any]:
        """Return the result for JSON."""
        return {
            "id": self.check.id,
            "group": self.group,
            "title": self.check.title,
            "state": self.finding.state,
            "evidence": self.finding.evidence,
            "clause": self.check.clause,
            "remedy": self.check.remedy,
            "suppression": None if self.suppression is None else asdict(self.suppression),
        }


@dataclass(frozen=True, slots=True)
class ComplianceReport:
    """A run: when (epoch ms), on which database, and every result."""

    at: int
    engine: str
    version: str
    results: Sequence[Result]

    @property
    def wrong(self) -> int:
        """Return how many checks failed and are not suppressed."""
        return sum(result.is_wrong for result in self.results)

    @property
    def counts(self) -> dict[str, int]:
        """Return how many results there are of each state."""
        counted = Counter(result.finding.state for result in self.results)
        return {state: counted[state] for state in ("pass", "fail", "warn", "unknown", "manual")}

    @property
    def summary(self) -> str:
        """Return what may be claimed: never that anybody complies with anything."""
        manual = self.counts["manual"]
        return f"verifies {len(self.results) - manual} technical items; {manual} remain manual"

    def shape(self) -> dict[str, Any]:
        """Return the report for JSON."""
        return {
            "at": format_instant(self.at),
            "engine": self.engine,
            "version": self.version,
            "summary": self.summary,
            "counts": self.counts,
            "suppressed": sum(result.suppressed for result in self.results),
            "failed": self.wrong,
            "checks": [result.shape() for result in self.results],
        }


def run(scene: Scene, suppressions: Mapping[str, Suppression], version: str) -> ComplianceReport:
    """Return the report; raises StoreUnavailable when the store cannot be used at all."""
    with scene.app.reading() as connection:
        connection.exec_driver_sql("SELECT 1")
    results = [
        Result(group, check, _looked(check, scene), suppressions.get(check.id))
        for group, checks in GROUPS.items()
        for check in checks
        if check.engines in ("both", scene.app.engine_name)
    ]
    return ComplianceReport(scene.at, scene.app.engine_name, version, results)


def _looked(check: Check, scene: Scene) -> Finding:
    """A check that breaks has seen nothing: that is unknown, never a pass, and no reason to stop the others."""
    try:
        return check.look(scene)
    except Exception as error:
        return Finding("unknown", f"the check itself failed ({type(error).__name__}); the others went on")
