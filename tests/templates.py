"""A store set up once and copied for each test: building a schema costs more than most tests."""

import shutil
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from nicu_dashboard.adapters.sql import revisions


@cache
def _template() -> Path:
    path = Path(mkdtemp(prefix="nicu-template-")) / "nicu.db"
    revisions.open_store(f"sqlite:///{path}").close()
    return path


def copy_of_empty_store(path: Path) -> Path:
    """Put an empty store with the newest schema at this path and return it."""
    return Path(shutil.copy(_template(), path))
