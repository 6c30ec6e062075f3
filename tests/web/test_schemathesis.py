"""Requests made up from our own description: whatever they say, no answer is a fault of ours."""

import os
import subprocess
import sys
from pathlib import Path

from tests.web.serving import Serving

PROGRAM = str(Path(sys.executable).with_name("schemathesis"))
SECONDS = 25


def test_no_request_that_our_description_allows_makes_the_server_fail(demo: Serving, tmp_path: Path) -> None:
    words = [
        PROGRAM, "run", f"{demo.url}/api/openapi.json", "--checks", "not_a_server_error", "--seed", "1",
        "--max-examples", "8", "--max-time", str(SECONDS), "--request-timeout", "20",
    ]  # fmt: skip
    environment = {**os.environ, "NO_COLOR": "1"}
    done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=3 * SECONDS)
    assert done.returncode == 0, done.stdout[-4_000:]
    assert "generated" in done.stdout
    assert demo.client.get("/api/health").json()["status"] == "healthy"
