"""The rules, in the order in which reports tell their findings: an explicit table, one line a rule."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from msgspec.structs import replace

from cachediff.domain.selection import list_narrowed
from cachediff.rules import (
    acceptance_expired,
    acceptance_unused,
    cell_dropped,
    cell_gained,
    compiler_changed,
    count_mismatch,
    dependency_dropped,
    dependency_missing,
    duplicate_hash,
    external_changed,
    gpu_dropped,
    gpu_gained,
    hash_conflict,
    hash_mismatch,
    index_invalid,
    meta_mismatch,
    mpi_dropped,
    mpi_gained,
    os_added,
    os_dropped,
    os_gained,
    os_removed,
    os_replaced,
    package_added,
    package_removed,
    page_invalid,
    page_misplaced,
    platform_added,
    platform_dropped,
    platform_gained,
    platform_removed,
    provider_changed,
    record_invalid,
    requirement_unmet,
    snapshot_shrunk,
    snapshots_swapped,
    spec_added,
    spec_orphaned,
    spec_removed,
    stack_added,
    stack_dropped,
    stack_gained,
    stack_removed,
    stack_shrunk,
    tags_incomparable,
    target_added,
    target_downgraded,
    target_dropped,
    target_gained,
    target_removed,
    unwanted_dropped,
    variant_disabled,
    variant_dropped,
    variant_enabled,
    version_changed,
    version_downgraded,
    version_dropped,
    wanted_missing,
)
from cachediff.rules.rule import PolicyUse, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cachediff.domain.diff import SnapshotDiff
    from cachediff.domain.finding import AcceptanceUse, Observation
    from cachediff.rules.rule import Scope

# First what cannot be trusted, then from the whole snapshot down to one spec: the wide loss explains the narrow ones.
RULES: tuple[Rule, ...] = (
    page_invalid.RULE,
    index_invalid.RULE,
    record_invalid.RULE,
    hash_mismatch.RULE,
    count_mismatch.RULE,
    meta_mismatch.RULE,
    duplicate_hash.RULE,
    hash_conflict.RULE,
    page_misplaced.RULE,
    requirement_unmet.RULE,
    wanted_missing.RULE,
    dependency_missing.RULE,
    snapshot_shrunk.RULE,
    snapshots_swapped.RULE,
    tags_incomparable.RULE,
    stack_removed.RULE,
    stack_added.RULE,
    os_removed.RULE,
    os_added.RULE,
    target_removed.RULE,
    target_added.RULE,
    platform_removed.RULE,
    platform_added.RULE,
    package_removed.RULE,
    package_added.RULE,
    stack_dropped.RULE,
    stack_gained.RULE,
    os_dropped.RULE,
    os_gained.RULE,
    target_dropped.RULE,
    target_gained.RULE,
    platform_dropped.RULE,
    platform_gained.RULE,
    cell_dropped.RULE,
    cell_gained.RULE,
    dependency_dropped.RULE,
    unwanted_dropped.RULE,
    gpu_dropped.RULE,
    gpu_gained.RULE,
    mpi_dropped.RULE,
    mpi_gained.RULE,
    target_downgraded.RULE,
    os_replaced.RULE,
    stack_shrunk.RULE,
    spec_orphaned.RULE,
    variant_disabled.RULE,
    variant_dropped.RULE,
    variant_enabled.RULE,
    version_dropped.RULE,
    version_downgraded.RULE,
    version_changed.RULE,
    compiler_changed.RULE,
    provider_changed.RULE,
    external_changed.RULE,
    spec_removed.RULE,
    spec_added.RULE,
    acceptance_expired.RULE,
    acceptance_unused.RULE,
)


_MAY_BE_NARROWED = {"snapshot": set[str](), "stacks": {"stack"}, "oses": {"os"}, "targets": {"target"}}
"""What a rule on the whole need not see all of, by its scope: that some stack is gone is seen in that stack."""

AT_A_TIME = 256
"""How many packages are given to the rules at a time."""


def observe(diff: SnapshotDiff) -> Iterator[tuple[Rule, Observation]]:
    """Yield what every rule but those on the policy sees in a comparison; of one snapshot alone, what the page rules see."""
    rules = [rule for rule in RULES if _is_due(rule, diff)]
    packages = iter(diff.packages)
    # Each rule walks over what it is given, and all packages may be more than fit into memory.
    while some := tuple(islice(packages, AT_A_TIME)):
        part = replace(diff, packages=some)
        yield from ((rule, observation) for rule in rules for observation in rule.check(part))
    if diff.alone:
        part = replace(diff, packages=diff.alone)
        yield from ((rule, observation) for rule in rules if rule.scope == "page" for observation in rule.check(part))
    # In whatever order: findings are sorted once they are judged.
    whole = [rule for rule in rules if _sees_enough(rule.scope_of_whole or rule.scope, diff)]
    yield from ((rule, observation) for rule in whole for observation in rule.check_whole(diff))


def observe_policy(diff: SnapshotDiff, entries: tuple[AcceptanceUse, ...]) -> Iterator[tuple[Rule, Observation]]:
    """Yield what the rules on the policy see of its acceptances, given what each does in a comparison."""
    use = PolicyUse(diff.new, entries)
    for rule in RULES:
        if rule.scope == "policy" and not (rule.needs_whole and list_narrowed(diff.selection)):
            yield from ((rule, observation) for observation in rule.check_policy(use))


def _is_due(rule: Rule, diff: SnapshotDiff) -> bool:
    """Return whether a comparison has what a rule needs to see: of a part of the snapshots, nothing is said of the whole."""
    narrowed = list_narrowed(diff.selection)
    if rule.scope == "policy" or (rule.needs_whole and narrowed) or (rule.needs_wanted and diff.wanted is None):
        return False
    # A faulty page is faulty whatever is selected, and without an OLD beside it.
    if rule.scope == "page":
        return True
    # What has no stacks is in one for want of any: a rule on it would repeat what is said of the snapshot.
    if diff.old is None or (rule.scope == "stacks" and not diff.new.reading.has_stacks):
        return False
    return _sees_enough(rule.scope, diff)


def _sees_enough(scope: Scope, diff: SnapshotDiff) -> bool:
    """Return whether what is selected leaves nothing out that a scope needs."""
    return scope not in _MAY_BE_NARROWED or list_narrowed(diff.selection) <= _MAY_BE_NARROWED[scope]
