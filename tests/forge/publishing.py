"""`cachediff publish` as a process in the CI of a forge on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.commands import ROOT, run
from tests.runner_commands import run_commands

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.commands import Ended
    from tests.forge.server import Forge

VARIABLES = (
    *(
        "GITHUB_ACTIONS",
        "GITHUB_API_URL",
        "GITHUB_REPOSITORY",
        "GITHUB_EVENT_PATH",
        "GITHUB_STEP_SUMMARY",
        "GITHUB_TOKEN",
        "GH_TOKEN",
    ),
    *("GITLAB_CI", "CI_API_V4_URL", "CI_PROJECT_ID", "CI_MERGE_REQUEST_PROJECT_ID", "CI_MERGE_REQUEST_IID", "GITLAB_TOKEN"),
)
"""What publishing reads of the environment: a test says it, not the CI that runs the tests."""


def publish(
    *arguments: str,
    forge: Forge | None = None,
    cwd: Path = ROOT,
    event: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> Ended:
    """Return how `cachediff publish` ended in a job about pull request 3.

    It never shows the token, and never commands the runner.
    """
    listed = dict.fromkeys(VARIABLES, "") | {"NO_PROXY": "*"} | (forge.environment if forge else {}) | dict(env or {})
    if event:
        listed["GITHUB_EVENT_PATH"] = str(event)
    ended = run("publish", *arguments, cwd=cwd, env=listed)
    output = ended.stdout + ended.stderr
    assert "t0ken" not in output
    assert list(run_commands(output)) == []
    assert ended.returncode in (0, 2, 3, 4), output
    return ended
