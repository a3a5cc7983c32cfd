"""What commands read besides snapshots: a policy, a date."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.errors import UsageError

if TYPE_CHECKING:
    from cachediff.cli.options import FailOn
    from cachediff.policy.settings import Policy


def choose_policy(path: str | None, fail_on: FailOn | None = None) -> Policy:
    """Return the policy in a file or at `REV:PATH`, or that of the working directory, or the default; `fail_on` goes over what it says.

    Raises UsageError for an empty path, and InputError for a policy that cannot be used.
    """
    from msgspec.structs import replace

    from cachediff.cli.diff import require
    from cachediff.policy.load import find_policy, load_policy
    from cachediff.policy.settings import DEFAULT_POLICY

    if path is not None:
        require("--policy", path)
    found = path or find_policy()
    policy = load_policy(found) if found else DEFAULT_POLICY
    return replace(policy, fail_on=fail_on.value) if fail_on else policy


def parse_date(name: str, text: str) -> str:
    """Return a date as it stands, or nothing. Raises UsageError for one that does not exist."""
    from cachediff.policy.dates import is_date

    if text and not is_date(text):
        message = f"{name} {text!r} is not a date"
        raise UsageError(message, hint="a date is YYYY-MM-DD, such as 2025-06-01")
    return text
