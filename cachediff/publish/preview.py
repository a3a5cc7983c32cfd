"""The request that would create the comment, for people to read: made of what is known, without asking anybody."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cachediff.publish.comment import write_body

if TYPE_CHECKING:
    from cachediff.publish.place import Place
    from cachediff.publish.post import Sticky


def preview(place: Place, sticky: Sticky) -> str:
    """Return method, address and JSON of the request; what only the forge or an option can say stands in braces."""
    # Where a head is known, the forge is asked for the number all the same.
    number = str(place.number) if place.number and not place.head else "{number}"
    if place.forge == "github":
        path = f"/repos/{place.repository or '{owner}/{name}'}/issues/{number}/comments"
    else:
        path = f"/projects/{place.repository.replace('/', '%2F') or '{project}'}/merge_requests/{number}/notes"
    body = write_body(sticky.marker, sticky.draw(sticky.budget - len(sticky.marker) - 1))
    # A CI runner obeys `##[` wherever it stands in a line.
    content = json.dumps({"body": body}, ensure_ascii=False).replace("##[", "#\\u0023[")
    wanted = "" if sticky.is_wanted else "only if the comment is there already, by its own address:\n"
    return f"{wanted}POST {place.api_url.rstrip('/')}{path}\n{content}\n"
