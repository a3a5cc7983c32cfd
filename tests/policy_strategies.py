"""Random policies over the names of tests.strategies, so that most of what they say is about something."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st
from msgspec import structs

from cachediff.domain.diff import Requirement
from cachediff.domain.finding import SEVERITIES, Acceptance, Subject
from cachediff.policy.settings import Entry, Override, Policy, Renames, Setting
from cachediff.rules.catalogue import RULES
from tests.strategies import OSES, STACKS, TARGETS, VERSIONS

if TYPE_CHECKING:
    from cachediff.policy.settings import Level

PACKAGES = ("bzip2", "hdf5", "zlib")
LEVELS: tuple[Level, ...] = (*SEVERITIES, "off")
ON_POLICY = ("acceptance-expired", "acceptance-unused")
JUDGED = tuple(rule.id for rule in RULES if rule.id not in ON_POLICY)
DATES = ("2025-03-01", "2025-03-29", "2025-03-30", "2025-04-05", "2025-06-01")
"""Before, on, shortly after and long after the date of the snapshots' tag."""

GLOBS = {
    "package": (*PACKAGES, "*", "h*"),
    "stack": (*STACKS, "*", "e4?", "hep-x"),
    "os": (*OSES, "*", "ubuntu*"),
    "target": (*TARGETS, "*", "x86_64*"),
    "platform": ("linux", "*"),
}


def subjects(*, is_empty_allowed: bool = True) -> st.SearchStrategy[Subject]:
    """Draw globs for few fields."""
    drawn = st.fixed_dictionaries({}, optional={name: st.sampled_from(globs) for name, globs in GLOBS.items()})
    few = drawn.filter(lambda fields: len(fields) <= 2 and (is_empty_allowed or len(fields) > 0))
    return few.map(lambda fields: Subject(**fields))


def rule_globs() -> st.SearchStrategy[str]:
    """Draw a rule, or a glob of rules."""
    return st.one_of(st.sampled_from(JUDGED), st.sampled_from(("*", "*-dropped", "*-removed", "stack-*", "spec-*")))


def entries() -> st.SearchStrategy[Entry]:
    """Draw one acceptance."""
    acceptances = st.builds(Acceptance, st.just("because"), st.sampled_from(DATES), st.sampled_from(("", "me")))
    return st.builds(Entry, rule_globs(), subjects(), acceptances)


def settings() -> st.SearchStrategy[Setting]:
    """Draw what is said of a rule."""
    return st.builds(
        Setting, st.sampled_from((None, *LEVELS)), st.sampled_from((None, 0, 50)), st.sampled_from((None, 0, 2))
    )


def tables() -> st.SearchStrategy[dict[str, Setting]]:
    """Draw settings of a few rules."""
    return st.dictionaries(st.sampled_from(JUDGED), settings(), max_size=5)


def renames() -> st.SearchStrategy[Renames]:
    """Draw new names for some old ones: other ones of the same kind, or new."""

    def table(names: tuple[str, ...]) -> st.SearchStrategy[dict[str, str]]:
        return st.dictionaries(st.sampled_from(names), st.sampled_from((*names, "brand-new")), max_size=2)

    return st.builds(Renames, table(STACKS), table(OSES), table(TARGETS), table(PACKAGES))


def requirements() -> st.SearchStrategy[Requirement]:
    """Draw a requirement; most are met by some snapshots and not by others."""
    return st.builds(
        Requirement,
        st.sampled_from(GLOBS["package"]),
        st.sampled_from(("", *GLOBS["stack"])),
        st.sampled_from(("", *GLOBS["os"])),
        st.sampled_from(("", *GLOBS["target"])),
        st.sampled_from(("", "*", *VERSIONS)),
        st.integers(1, 3),
    )


def policies() -> st.SearchStrategy[Policy]:
    """Draw a policy."""
    return st.builds(
        Policy,
        fail_on=st.sampled_from(("error", "warning")),
        rules=tables(),
        overrides=st.lists(st.builds(Override, subjects(is_empty_allowed=False), tables()), max_size=2).map(tuple),
        accepted=st.lists(entries(), max_size=3).map(tuple),
        require=st.lists(requirements(), max_size=2, unique_by=lambda one: structs.replace(one, specs=1)).map(tuple),
    )
