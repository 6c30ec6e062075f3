"""An unfinished move and the folder of its snapshot: where it is looked for, and what is said where it is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from nicu_dashboard.migration import api
from nicu_dashboard.migration.progress import Silent
from tests.migration.files import make


class Impatient(Silent):
    """Stops the move when the rows begin to come."""

    def start(self, stage: str, total: int, unit: str) -> None:
        """Press Ctrl-C."""
        if stage == "copy":
            raise KeyboardInterrupt


@pytest.fixture
def begun(tmp_path: Path, postgres_url: str) -> tuple[str, Path]:
    """A move stopped on its way, its snapshot in a folder named for it: the source and that folder."""
    source, work = make(tmp_path / "x.db", "CREATE TABLE t (v INT); INSERT INTO t VALUES (1), (2);"), tmp_path / "work"
    with pytest.raises(KeyboardInterrupt):
        api.run(str(source), postgres_url, api.Options(as_is=True, work_dir=work), Impatient())
    return str(source), work


def like_an_earlier_version(work: Path) -> None:
    """Put the snapshot where earlier versions kept it: into the named folder itself."""
    (snapshot,) = work.glob(".x.db.migration/snapshot-*")
    snapshot.rename(work / snapshot.name)
    snapshot.parent.rmdir()


@pytest.mark.parametrize("restart", [False, True])
def test_a_move_that_an_earlier_version_began_goes_on_or_begins_again(
    begun: tuple[str, Path], postgres_url: str, restart: bool
) -> None:
    source, work = begun
    like_an_earlier_version(work)
    (work / "snapshot-of-grandma.jpg").write_text("precious")
    report = api.run(source, postgres_url, api.Options(as_is=True, work_dir=work, restart=restart))
    assert (report.exit_code, "snapshot" in report.seconds) == (0, restart), report.summary
    assert [path.name for path in work.iterdir()] == ["snapshot-of-grandma.jpg"]


def test_a_snapshot_that_is_elsewhere_is_told_with_what_goes_and_what_stays(
    begun: tuple[str, Path], postgres_url: str
) -> None:
    source, work = begun
    report = api.run(source, postgres_url, api.Options(as_is=True))
    (snapshot,) = work.glob(".x.db.migration/snapshot-*")
    assert (report.exit_code, snapshot.name in report.summary) == (2, True), report.summary
    assert str(Path(source).parent / ".x.db.migration") in report.summary
    for word in ("--work-dir", "--restart", "source stays", "is dropped"):
        assert word in report.next_step
    assert api.run(source, postgres_url, api.Options(as_is=True, work_dir=work)).exit_code == 0
