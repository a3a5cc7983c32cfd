"""Addresses as messages name them."""

from __future__ import annotations

import re

_SECRET = re.compile(r"(?<=://)[^/?#]*(?=@)|(?<=\?).*", re.DOTALL)
"""A name and password, and a query, in which signatures stand."""


def hide_secrets(address: str) -> str:
    """Return an address without what may be secret in it: messages stand in a CI's log."""
    return _SECRET.sub("…", address)
