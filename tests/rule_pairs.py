"""Snapshots in memory and findings as text, for the tests of rules."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from cachediff.domain.package import Claims, PackageRecord, Snapshot
from cachediff.domain.spec import ROOT
from cachediff.engine.memory import compare, read_snapshot
from cachediff.policy.load import find_policy, load_policy
from cachediff.policy.settings import DEFAULT_POLICY
from cachediff.review.judge import judge
from cachediff.review.locks import read_wanted
from cachediff.sources.open import Door
from cachediff.sources.pages.listing import map_page
from tests.builders import TAG

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from cachediff.domain.finding import Finding, Subject
    from cachediff.domain.spec import Spec


TODAY = "2025-03-30"
"""The day on which the policies of the fixtures are judged: that of NEW's tag, for no directory there is named by a date."""


def page_of(package: str, specs: Iterable[Spec], *, tag: str = TAG) -> PackageRecord:
    """Return the page that holds specs, as reading gives it: in order of hash, with a `meta` that adds up."""
    ordered = tuple(sorted(specs, key=lambda spec: spec.hash))
    everywhere = {spec.coordinates for spec in ordered}
    counts = Counter(stack for spec in ordered for stack in (*spec.stacks, ROOT))
    claims = Claims(
        len(ordered),
        tuple(sorted(counts.items())),
        tuple(sorted({c.compiler for c in everywhere})),
        tuple(sorted({c.os for c in everywhere})),
        tuple(sorted({c.platform for c in everywhere})),
        tuple(sorted(counts)),
        tuple(sorted({c.target for c in everywhere})),
        tuple(sorted({c.version for c in everywhere})),
    )
    return PackageRecord(package, package, tag, map_page(f"{package}/specs.md"), claims, ordered)


def snapshot_of(pages: Mapping[str, Iterable[Spec]], *, tag: str = TAG, source: str = "memory") -> Snapshot:
    """Return the snapshot that holds a page a package."""
    return Snapshot(source, tag, tuple(page_of(package, pages[package], tag=tag) for package in sorted(pages)))


def find(old: Snapshot, new: Snapshot) -> tuple[Finding, ...]:
    """Return what the default policy finds between two snapshots."""
    return judge(compare(old, new), DEFAULT_POLICY)


def find_in(old: Path, new: Path) -> tuple[Finding, ...]:
    """Return what is found between two snapshot directories, by the policy that stands beside OLD or else the default."""
    policy = load_policy(found) if (found := find_policy(old.parent)) else DEFAULT_POLICY
    wanted = read_wanted(policy.wanted, Door())
    diff = compare(read_snapshot(str(old)), read_snapshot(str(new)), require=policy.require, wanted=wanted)
    return judge(diff, policy, TODAY)


def alarms(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings above note that no other subsumes."""
    return [finding for finding in findings if finding.severity != "note" and finding.subsumed_by is None]


def show(finding: Finding, rules: Mapping[str, str]) -> str:
    """Return a finding as one line: severity, rule, subject, message, pointer.

    `rules` gives the rule of each fingerprint.
    """
    pointer = finding.location.pointer if finding.location else ""
    subsumed = f"subsumed by {rules[finding.subsumed_by]}" if finding.subsumed_by else ""
    words = (finding.severity, finding.rule, show_subject(finding.subject), finding.message, pointer, subsumed)
    return " | ".join(words).rstrip(" |")


def show_all(findings: Iterable[Finding]) -> list[str]:
    """Return findings as lines, in their order."""
    findings = list(findings)
    rules = {finding.fingerprint: finding.rule for finding in findings}
    return [show(finding, rules) for finding in findings]


def show_subject(subject: Subject) -> str:
    """Return a subject as words: `package=gcc os=centos7`."""
    return " ".join(f"{name}={value}" for name in subject.__struct_fields__ if (value := getattr(subject, name)))
