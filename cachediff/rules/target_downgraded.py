"""target-downgraded: a package has only a more general target left, in the same stack and os."""

from __future__ import annotations

from functools import partial

from cachediff.rules.rule import Rule
from cachediff.rules.values import served

check = partial(served, dimension="target")

RULE = Rule(
    id="target-downgraded",
    severity="warning",
    scope="package",
    summary="a package has only a more general target left, in the same stack and os",
    why=(
        "Users still get binaries, since their machines run the more general target, but slower ones: a zen4 user is "
        "served by x86_64_v3. The lattice of targets is archspec's, which Spack itself uses."
    ),
    fix="Nothing to do if it is meant. Otherwise look for the runner pool of the lost target.",
    mirror="no mirror: a better target is target-gained or cell-gained",
    check=check,
    subsumed_by="target-downgraded",
)
