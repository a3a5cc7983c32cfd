"""What commands read besides snapshots: a policy, limits, a date, a selection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cachediff.cli.options import FailOn
    from cachediff.domain.selection import Selection
    from cachediff.limits import Limits, PublishLimits
    from cachediff.policy.settings import Policy


def choose_policy(
    path: str | None, fail_on: FailOn | None, limit: Sequence[str] | None, wanted: Sequence[str] | None = None
) -> Policy:
    """Return the policy in a file or at `REV:PATH`, or that of the working directory, or the default.

    `fail_on`, `limit` and `wanted` go over what it says. Raises UsageError for an empty path and for a limit that is none,
    and InputError for a policy that cannot be used.
    """
    from msgspec.structs import replace

    from cachediff.policy.load import find_policy, load_policy
    from cachediff.policy.settings import DEFAULT_POLICY

    for name, value in (("--policy", path), *(("--wanted", one) for one in wanted or ())):
        require(name, value)
    found = path or find_policy()
    # Within the default limits: no policy can loosen those under which it is read itself.
    policy = load_policy(found) if found else DEFAULT_POLICY
    policy = replace(policy, limits=parse_limits(limit or (), policy.limits), wanted=tuple(wanted or policy.wanted))
    return replace(policy, fail_on=fail_on.value) if fail_on else policy


def parse_limits(values: Sequence[str], limits: Limits) -> Limits:
    """Return limits with those that `NAME=VALUE` words set.

    Raises UsageError for a name that is none, or a number out of bounds.
    """
    if not values:
        return limits
    from msgspec import convert, to_builtins

    from cachediff.text.schema import load_schema

    return convert(
        # The bounds are the schema's, so that the option takes what a policy may say.
        _set_limits(values, to_builtins(limits), load_schema("policy")["$defs"]["limits"]["properties"], "specs=50000"),
        type(limits),
    )


def parse_publish_limits(values: Sequence[str]) -> PublishLimits:
    """Return what publishing may cost, as `NAME=VALUE` words set it. Raises UsageError as `parse_limits` does."""
    from msgspec import convert, to_builtins

    from cachediff.limits import DEFAULT_PUBLISH_LIMITS, PUBLISH_MAXIMA, PublishLimits

    said = to_builtins(DEFAULT_PUBLISH_LIMITS)
    known = {name: {"minimum": 1, "maximum": most, "default": said[name]} for name, most in PUBLISH_MAXIMA.items()}
    return convert(_set_limits(values, said, known, "seconds=600"), PublishLimits)


def _set_limits(
    values: Sequence[str], said: dict[str, int], known: dict[str, dict[str, int]], example: str
) -> dict[str, int]:
    """Return limits, by name, with those that words set. Raises UsageError."""
    from cachediff.text.typos import nearest

    for value in values:
        name, _, number = value.partition("=")
        if name not in known:
            message = f"--limit {value!r} names no limit{nearest(name, known)}"
            raise UsageError(message, hint=f"limits are {', '.join(known)}, as in --limit {example}")
        least, most = known[name]["minimum"], known[name]["maximum"]
        # Few digits first: Python refuses to convert thousands, with an error of its own.
        if not (number.isascii() and number.isdecimal() and len(number) < 20 and least <= int(number) <= most):
            message = f"--limit {value!r} is not a number from {least:,} to {most:,}"
            raise UsageError(message, hint=f"such as --limit {name}={known[name]['default']}")
        said[name] = int(number)
    return said


def parse_selection(
    package: Sequence[str] | None, stack: Sequence[str] | None, os: Sequence[str] | None, target: Sequence[str] | None
) -> Selection:
    """Return the part of two snapshots that globs choose, of each dimension all without any.

    Raises UsageError for an empty glob.
    """
    from cachediff.domain.selection import Selection, join_globs

    chosen = {"package": package or (), "stack": stack or (), "os": os or (), "target": target or ()}
    for name, values in chosen.items():
        for value in values:
            if any(not glob.strip().removeprefix("!").strip() for glob in value.split(",")):
                message = f"--{name} {value!r} has an empty glob"
                raise UsageError(message, hint="is a variable unset? globs are separated by commas, as in 'py-*,!py-pip'")
    return Selection(**{name: join_globs(values) for name, values in chosen.items()})


def find_today() -> str:
    """Return the day that it is, in UTC: the same wherever a job runs."""
    from datetime import UTC, datetime

    return datetime.now(UTC).date().isoformat()


def parse_date(name: str, text: str) -> str:
    """Return a date as it stands, or nothing. Raises UsageError for one that does not exist."""
    from cachediff.domain.tags import is_date

    if text and not is_date(text):
        message = f"{name} {text!r} is not a date"
        raise UsageError(message, hint="a date is YYYY-MM-DD, such as 2025-06-01")
    return text


def require(name: str, value: str | None) -> None:
    """Raise UsageError for an empty argument; None is one that was not given.

    As a path it would be the current directory, and it is nearly always an unset variable.
    """
    if value is not None and not value.strip():
        message = f"{name} is empty"
        raise UsageError(message, hint="is a variable unset?")
