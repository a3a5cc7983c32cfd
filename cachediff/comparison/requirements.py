"""What NEW offers of what is required of it, whatever OLD had."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from msgspec.structs import asdict

from cachediff.comparison.match import without_compiler
from cachediff.domain.diff import RequirementCount
from cachediff.domain.selection import fits, is_everything, parse_globs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cachediff.domain.diff import Requirement
    from cachediff.domain.package import InvalidPage, PackageRecord
    from cachediff.domain.selection import Selection
    from cachediff.domain.spec import RecordFacts, SpecContent


def count_on(record: PackageRecord, requirement: Requirement) -> int:
    """Return how many distinct coordinates of one package, without the compiler, meet a requirement."""
    if not fnmatchcase(record.package, requirement.package):
        return 0
    # As sizes are counted: what two compilers made is one thing to ask for.
    return len(
        {
            without_compiler(content.coordinates)
            for content in {spec.content for spec in record.specs if _meets_facts(spec.facts, requirement)}
            if _meets(content, requirement)
        }
    )


def name_requirement_counts(
    require: Iterable[Requirement], counts: Iterable[int], invalid: Iterable[InvalidPage]
) -> tuple[RequirementCount, ...]:
    """Return what a snapshot has for each requirement: the sum over its packages, and the packages that may hide more."""
    # A page that cannot be trusted may hold what is required: the finding names it as a possible reason.
    hidden = sorted({page.package for page in invalid})
    return tuple(
        RequirementCount(requirement, count, tuple(name for name in hidden if fnmatchcase(name, requirement.package)))
        for requirement, count in zip(require, counts, strict=True)
    )


def within(requirements: Iterable[Requirement], selection: Selection) -> tuple[Requirement, ...]:
    """Return the requirements that a comparison of a part can judge: those that are about nothing else."""
    parts = asdict(selection)
    return tuple(one for one in requirements if all(_is_inside(getattr(one, name), text) for name, text in parts.items()))


def _is_inside(wanted: str, text: str) -> bool:
    """Return whether all that a glob matches is surely in a part.

    So it is where the part is all or has that very glob, or where the glob is a name.
    """
    # Erring towards not judging: what the part leaves out might have met it, and NEW would fail for nothing.
    globs = parse_globs(text)
    if is_everything(text) or (wanted in globs.included and not globs.excluded):
        return True
    return wanted != "" and not set(wanted) & set("*?[") and fits(wanted, text)


def _meets(content: SpecContent, requirement: Requirement) -> bool:
    """Return whether a spec is of what is required; where no stack is, a spec in root alone is, too."""
    c = content.coordinates
    return (
        _fits_any([c.os], requirement.os)
        and _fits_any([c.target], requirement.target)
        and _fits_any([c.version], requirement.version)
        and _fits_any(content.stacks, requirement.stack)
    )


def _meets_facts(facts: RecordFacts | None, requirement: Requirement) -> bool:
    """Return whether what only records know of a spec is what is required."""
    mpi = (facts.mpi if facts else None) or ()
    return _fits_any(mpi, requirement.mpi) and not (requirement.installable and facts and not facts.is_installable)


def _fits_any(values: Iterable[str], glob: str) -> bool:
    return glob == "" or any(fnmatchcase(value, glob) for value in values)
