"""What NEW offers of what is required of it, whatever OLD had."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from cachediff.compare.match import without_compiler
from cachediff.model import Supply

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cachediff.model import Body, InvalidPage, Page, Requirement


def count_on(page: Page, requirement: Requirement) -> int:
    """Return how many distinct coordinates of one page, without the compiler, meet a requirement."""
    if not fnmatchcase(page.package, requirement.package):
        return 0
    return len({without_compiler(body.coordinates) for body in {spec.body for spec in page.specs} if _meets(body, requirement)})


def name_supplies(require: Iterable[Requirement], counts: Iterable[int], invalid: Iterable[InvalidPage]) -> tuple[Supply, ...]:
    """Return what a snapshot has for each requirement: the sum over its valid pages, and the packages that may hide more."""
    hidden = sorted({page.package for page in invalid})
    return tuple(
        Supply(requirement, count, tuple(name for name in hidden if fnmatchcase(name, requirement.package)))
        for requirement, count in zip(require, counts, strict=True)
    )


def within(requirements: Iterable[Requirement], package: str, stack: str) -> tuple[Requirement, ...]:
    """Return the requirements that a comparison narrowed by globs can judge: those that are about nothing else."""
    return tuple(one for one in requirements if _is_inside(one.package, package) and _is_inside(one.stack, stack))


def _is_inside(wanted: str, glob: str) -> bool:
    """Return whether all that one glob matches surely matches another: where they are equal, or the first is a name."""
    is_name = wanted != "" and not set(wanted) & set("*?[")
    return glob in ("*", wanted) or (is_name and fnmatchcase(wanted, glob))


def _meets(body: Body, requirement: Requirement) -> bool:
    """Return whether a spec is of what is required; where no stack is, a spec in root alone is, too."""
    c = body.coordinates
    return (
        _fits_any([c.os], requirement.os)
        and _fits_any([c.target], requirement.target)
        and _fits_any([c.version], requirement.version)
        and _fits_any(body.stacks, requirement.stack)
    )


def _fits_any(values: Iterable[str], glob: str) -> bool:
    return glob == "" or any(fnmatchcase(value, glob) for value in values)
