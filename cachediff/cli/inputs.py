"""What commands read besides snapshots: a policy, a date, a JSON report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cachediff.errors import InputError, UsageError

if TYPE_CHECKING:
    from cachediff.cli.options import FailOn
    from cachediff.model import Report
    from cachediff.policy.settings import Policy


def choose_policy(path: str | None, fail_on: FailOn | None = None) -> Policy:
    """Return the policy in a file, or that of the working directory, or the default; `fail_on` goes over what it says.

    Raises UsageError for an empty path, and InputError for a policy that cannot be used.
    """
    from msgspec.structs import replace

    from cachediff.cli.diff import require
    from cachediff.policy.load import find_policy, load_policy
    from cachediff.policy.settings import DEFAULT_POLICY

    if path is not None:
        require("--policy", path)
    found = Path(path) if path else find_policy()
    policy = load_policy(found) if found else DEFAULT_POLICY
    return replace(policy, fail_on=fail_on.value) if fail_on else policy


def parse_date(name: str, text: str) -> str:
    """Return a date as it stands, or nothing. Raises UsageError for one that does not exist."""
    from cachediff.policy.dates import is_date

    if text and not is_date(text):
        message = f"{name} {text!r} is not a date"
        raise UsageError(message, hint="a date is YYYY-MM-DD, such as 2025-06-01")
    return text


def read_report(path: str) -> Report:
    """Return the report in a JSON file. Raises InputError where it cannot be read, or is no report that this version understands."""
    import msgspec

    from cachediff.model import Report
    from cachediff.policy.report import FORMAT_VERSION

    try:
        data = Path(path).read_bytes()
    except (OSError, ValueError) as error:
        message = f"report {path} cannot be read: {(getattr(error, 'strerror', None) or str(error)).lower()}"
        raise InputError(message, hint="cachediff OLD NEW --report json=report.json writes one") from error
    try:
        raw = msgspec.json.decode(data)
        version = raw.get("format_version") if isinstance(raw, dict) else None
        if version == FORMAT_VERSION:
            return msgspec.convert(raw, Report)
    except (msgspec.DecodeError, RecursionError) as error:
        message = f"{path} is not a JSON report: {str(error).lower()}"
        raise InputError(message, hint="cachediff schema report prints the format") from error
    what = f"of format version {version}" if version is not None else "not a JSON report of cachediff"
    message = f"{path} is {what}; this version reads format version {FORMAT_VERSION}"
    raise InputError(message, hint="write the report again: cachediff OLD NEW --report json=report.json")
