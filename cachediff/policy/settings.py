"""What a policy says, once it is read."""

from __future__ import annotations

from msgspec import Struct

from cachediff.model import FailOn


class Policy(Struct, frozen=True):
    """How findings are judged. The default is the built-in severities, failing on errors."""

    fail_on: FailOn = "error"


DEFAULT_POLICY = Policy()
