"""How the rules on the policy's own acceptances name an entry: its rule, what it is about, its date and its owner."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from cachediff.domain.finding import name_fields
from cachediff.text.words import number

if TYPE_CHECKING:
    from cachediff.domain.finding import AcceptanceUse, Subject


def subject_of(entry: AcceptanceUse) -> Subject:
    """Return what a finding about an entry is about: the entry's own globs."""
    return msgspec.structs.replace(entry.subject, rule=entry.rule)


def name_entry(entry: AcceptanceUse) -> str:
    """Return an entry in words: `acceptance of stack-removed stack=e4s`."""
    return " ".join(["acceptance of", entry.rule, *name_fields(entry.subject)])


def name_owner(entry: AcceptanceUse) -> str:
    """Return whom to ask, after a comma; empty where the entry does not say."""
    return f", owner {entry.acceptance.owner}" if entry.acceptance.owner else ""


def name_lack(entry: AcceptanceUse) -> str:
    """Return what is the matter with an entry that accepts nothing."""
    some = number(entry.partly, "finding")
    verb = "tells" if entry.partly == 1 else "tell"
    return f"accepts nothing: {some} {verb} of its cells and of others" if entry.partly else "matches nothing"
