"""Where a comment and a page lead: the run of the CI that made the report, its reports, what rules mean.

https://docs.github.com/actions/reference/workflows-and-actions/variables and
https://docs.gitlab.com/ci/variables/predefined_variables
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from cachediff.cli.stderr import say
from cachediff.errors import UsageError
from cachediff.render.options import Links
from cachediff.text.urls import hide_secrets

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# Without what markdown or HTML could take for their own, and without a name and password before the host.
_URL = re.compile(r"https?://[A-Za-z0-9.-]+(?::\d+)?(?:/[A-Za-z0-9._~:/?#@&+=%-]*)?")
MAX_URL = 1000
"""Characters of the longest address: in a comment that has to be short, a longer one takes the room of findings."""


class _Run(Struct):
    id: int = 0


class _Event(Struct):
    workflow_run: _Run | None = None


def find_links(environment: Mapping[str, str], event: bytes = b"") -> Links:
    """Return where this run's log and reports are, as far as the CI's environment says; what is no address is not known.

    `event` is GitHub's, as JSON: of a workflow that follows another, the reports are in the other's run.
    """
    if environment.get("GITHUB_ACTIONS"):
        server, repository = environment.get("GITHUB_SERVER_URL", ""), environment.get("GITHUB_REPOSITORY", "")
        id = _find_followed(event) or environment.get("GITHUB_RUN_ID", "")
        run = f"{server}/{repository}/actions/runs/{id}"
        is_known = bool(server and repository) and id.isascii() and id.isdigit() and _is_url(run)
        return Links(run, f"{run}#artifacts") if is_known else Links()
    pipeline = environment.get("CI_PIPELINE_URL", "") if environment.get("GITLAB_CI") else ""
    return Links(pipeline) if _is_url(pipeline) else Links()


def add_links(links: Links, words: Iterable[str]) -> Links:
    """Return links with those of `NAME=URL` words; one without an address changes nothing. Raises UsageError.

    What is no address is left out with a warning: a CI makes them of its variables, and the report is worth more.
    """
    for word in words:
        name, _, url = word.partition("=")
        if name not in Links.__struct_fields__:
            message = f"--link {word!r} is not NAME=URL"
            raise UsageError(message, hint=f"names are {', '.join(Links.__struct_fields__)}")
        if url and not _is_url(url):
            message = f"warning: --link {hide_secrets(word)!r} has no address that a link can have"
            say(message, "such as https://example.org/reports/1")
        # Where a CI has no such thing, its variable is empty.
        elif url:
            links = replace(links, **{name: url})
    return links


def _is_url(text: str) -> bool:
    return len(text) <= MAX_URL and bool(_URL.fullmatch(text))


def _find_followed(event: bytes) -> str:
    """Return the number of the run that a workflow follows, empty where it follows none."""
    try:
        followed = msgspec.json.decode(event, type=_Event).workflow_run if event else None
    # Whoever needs the event to know where the comment goes says that it is none.
    except (msgspec.DecodeError, RecursionError):
        return ""
    return str(followed.id) if followed and followed.id > 0 else ""
