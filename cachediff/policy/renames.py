"""OLD as it would be under the names of today: what the policy renames, before anything is compared. Pure.

Each name is looked up once: two names may change places. Several names with one new name are merged: stacks become one stack, packages one
page. What `meta` claims follows, so that a count that was right stays right, and one that was wrong stays wrong by as much.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import msgspec

from cachediff.domain.spec import Spec, SpecContent
from cachediff.policy.settings import Renames

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cachediff.domain.package import Claims, Page


class Renamer(msgspec.Struct, frozen=True):
    """What a policy renames, for whoever compares package by package."""

    renames: Renames

    def name(self, package: str) -> str:
        """Return what a package is called now."""
        return self.renames.packages.get(package, package)

    def rename(self, package: str, pages: Sequence[Page]) -> Page:
        """Return the one page of a package, as it is called now, that these were; the same page where nothing of it has another name."""
        renamed = [rename_page(page, self.renames) for page in pages]
        return renamed[0] if [page.package for page in renamed] == [package] else _merge(package, renamed)


def rename_page(page: Page, renames: Renames) -> Page:
    """Return a page whose stacks, oses and targets have their new names; the same page where none has another. Its package stays."""
    stacks, oses, targets = _real(renames.stacks), _real(renames.oses), _real(renames.targets)
    if not (stacks or oses or targets):
        return page
    known: dict[SpecContent, SpecContent] = {}
    for content in {spec.content for spec in page.specs}:
        c = content.coordinates
        known[content] = SpecContent(
            msgspec.structs.replace(c, os=oses.get(c.os, c.os), target=targets.get(c.target, c.target)),
            tuple(sorted({stacks.get(stack, stack) for stack in content.stacks})),
        )
    specs = tuple([Spec(spec.hash, known[spec.content], spec.index, spec.is_in_root, spec.extra) for spec in page.specs])
    claims = msgspec.structs.replace(
        page.claims,
        num_specs_by_stack=_recount(page, specs, stacks),
        oss=_rename_all(page.claims.oss, oses),
        targets=_rename_all(page.claims.targets, targets),
        stacks=_rename_all(page.claims.stacks, stacks),
    )
    return page if specs == page.specs and claims == page.claims else msgspec.structs.replace(page, specs=specs, claims=claims)


def _real(names: Mapping[str, str]) -> dict[str, str]:
    """Return the renames that change a name."""
    return {old: new for old, new in names.items() if old != new}


def _rename_all(values: Iterable[str], names: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(sorted({names.get(value, value) for value in values}))


def _recount(page: Page, specs: Sequence[Spec], names: Mapping[str, str]) -> tuple[tuple[str, int], ...]:
    """Return the claimed number of specs of each stack under its new name: what is counted now, and what was claimed beyond the count."""
    claimed = Counter(dict(page.claims.num_specs_by_stack))
    counted, now = (Counter([stack for spec in some for stack in spec.stacks]) for some in (page.specs, specs))
    excess: Counter[str] = Counter()
    for stack in claimed.keys() | counted.keys():
        excess[names.get(stack, stack)] += claimed[stack] - counted[stack]
    return tuple(sorted((stack, max(0, now[stack] + excess[stack])) for stack in {names.get(stack, stack) for stack in claimed}))


def _merge(package: str, pages: Sequence[Page]) -> Page:
    """Return the one page of a package that several were: all specs in order of hash, and all that was claimed."""
    first = pages[0]
    claims = [page.claims for page in pages]
    by_stack: Counter[str] = Counter()
    for claim in claims:
        by_stack.update(dict(claim.num_specs_by_stack))
    specs = sorted((spec for page in pages for spec in page.specs), key=lambda spec: spec.hash)
    title = package if first.title == first.package else first.title
    return msgspec.structs.replace(first, package=package, title=title, specs=tuple(specs), claims=_join(claims, by_stack))


def _join(claims: Sequence[Claims], by_stack: Counter[str]) -> Claims:
    """Return what several pages claim together."""
    lists = ("compilers", "oss", "platforms", "stacks", "targets", "versions")
    return msgspec.structs.replace(
        claims[0],
        num_specs=sum(claim.num_specs for claim in claims),
        num_specs_by_stack=tuple(sorted(by_stack.items())),
        **{name: tuple(sorted({value for claim in claims for value in getattr(claim, name)})) for name in lists},
    )
