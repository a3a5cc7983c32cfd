"""What a forge's answer means, or that there is none: try again, write less, or give up. One reading for both forges.

https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api
https://docs.gitlab.com/administration/settings/user_and_ip_rate_limits/#response-headers
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachediff.publish.forge import BusyError, RefusedError, TooLongError
from cachediff.text.problems import shorten

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cachediff.errors import PublishError

MAX_TEXT = 200
MAX_READ = 10_000
"""How many characters of what a forge says are looked at."""

_LIMITED = "rate limit"
_FAULT = "something went wrong"
_HINTS = {
    401: "is the token out of date, or of another forge?",
    403: (
        "the token may not write comments (GitHub: pull-requests: write, GitLab: scope api); "
        "that of a fork's pull request never may"
    ),
    404: "there is no such pull request, or the token may not see it",
}


def explain_answer(forge: str, status: int, text: str, headers: Mapping[str, str], now: float) -> PublishError:
    """Return the error that an answer stands for; `headers` has names in lower case, `now` is in seconds since 1970."""
    # Cut before it is split: an answer may have megabytes.
    said = " ".join(text[:MAX_READ].split())
    message = f"{forge} answers {status}{f': {shorten(said, MAX_TEXT)}' if said else ''}"
    # GitHub says 403 for too many requests, too, and GraphQL 200 for any trouble; that passes.
    is_busy = (status in (200, 403) and _is_limit(said, headers)) or (status == 200 and _FAULT in said.lower())
    if status >= 500 or status in (408, 429) or is_busy:
        return BusyError(message, wait=_seconds_to_wait(headers, now))
    # GitHub says 422 for a body that is too long, GitLab 400, and a proxy before either 413.
    if status == 413 or (status in (400, 422) and "too long" in said.lower()):
        return TooLongError(message)
    return RefusedError(message, hint=_HINTS.get(status, ""))


def explain_silence(forge: str, error: OSError) -> PublishError:
    """Return the error for a forge that cannot be reached, with the reason that the system has."""
    message = f"{forge} cannot be reached: "
    seen: BaseException | None = error
    while seen is not None:
        # Libraries wrap what the system said, in errors that have no words of the system's.
        if said := getattr(seen, "verify_message", ""):
            hint = "REQUESTS_CA_BUNDLE names a file of certificates that are trusted"
            return RefusedError(f"{message}its certificate is not trusted ({said})", hint=hint)
        if isinstance(seen, OSError) and seen.strerror:
            return BusyError(message + seen.strerror.lower())
        seen = seen.__cause__ or seen.__context__
    return BusyError(message + type(error).__name__)


def _is_limit(text: str, headers: Mapping[str, str]) -> bool:
    """Return whether GitHub's 403 means too many requests, not that the token may not."""
    return "retry-after" in headers or headers.get("x-ratelimit-remaining") == "0" or _LIMITED in text.lower()


def _seconds_to_wait(headers: Mapping[str, str], now: float) -> float:
    """Return how long a forge wants to be left alone, 0 where it does not say. A reset is a second since 1970."""
    after = headers.get("retry-after", "")
    # The header may also be a date. `isdigit` alone takes `²`, which is no number for float.
    if after.isascii() and after.isdigit():
        # Cut, since a number of hundreds of digits is infinite, and nobody can wait for that.
        return float(after[:9])
    reset = headers.get("x-ratelimit-reset", "") or headers.get("ratelimit-reset", "")
    # Both headers come with any answer: only where nothing is left do they say to wait.
    is_used_up = "0" in (headers.get("x-ratelimit-remaining"), headers.get("ratelimit-remaining"))
    return max(0.0, float(reset[:12]) - now + 1) if is_used_up and reset.isascii() and reset.isdigit() else 0.0
