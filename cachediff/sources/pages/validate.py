"""A page's values against schemas/page.schema.json: whether they fit, and why not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from cachediff.text.problems import shorten
from cachediff.text.schema import load_schema, load_validator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cachediff.text.explain import Complaint

MAX_COMPLAINTS = 50
"""How many problems of one page are told: a page with more is as broken as it gets."""


def is_valid_page(page: dict[str, Any]) -> bool:
    """Return whether the page's front matter fits the schema."""
    return load_validator("page").is_valid(page)


def is_valid_spec(spec: dict[str, Any]) -> bool:
    """Return whether one entry of `spec_details` fits the schema.

    A page is valid when it is without its specs, and each spec is.
    """
    return load_validator("page", "$defs", "spec").is_valid(spec)


def allowed_characters(field: Literal["title", "tag"]) -> str:
    """Return the characters that a title or tag is made of, as a regular expression for one.

    The schema has it for any other.
    """
    properties = load_schema("page")["properties"]
    part = properties["title"] if field == "title" else properties["categories"]["prefixItems"][1]
    # The schema forbids what is not of these, `[^...]`: such a pattern finds a wrong character wherever it stands.
    pattern: str = part["not"]["pattern"]
    return f"[{pattern.removeprefix('[^')}"


def explain(page: object) -> list[Complaint]:
    """Return why the schema does not accept a page: each complaint once, of at most MAX_COMPLAINTS errors."""
    # Here, as most runs have nothing to explain.
    from cachediff.text import explain as schemas

    return schemas.explain(page, schemas.Wording("page", _name_place), MAX_COMPLAINTS)


def _name_place(path: Sequence[str | int]) -> str:
    """Return what stands at a path, in words: `spec hash`, `meta num_specs`, `page`."""
    if list(path) == ["spec_details"]:
        return "spec_details"
    words = ["spec" if part == "spec_details" else shorten(part) for part in path if isinstance(part, str)]
    return " ".join(words) or "page"
