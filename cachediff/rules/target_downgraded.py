"""target-downgraded: a target is gone, but the same stack and os have a lesser one that its machines can run."""

from __future__ import annotations

from functools import partial

from cachediff.rules.dimensions import served, served_everywhere
from cachediff.rules.rule import Rule

check = partial(served, dimension="target")
check_whole = partial(served_everywhere, dimension="target")

RULE = Rule(
    id="target-downgraded",
    severity="warning",
    scope="package",
    scope_of_whole="targets",
    summary="a target is gone, but the same stack and os have a lesser one that its machines can run",
    why=(
        "Users still get binaries, but slower ones: a zen4 machine runs what was built for x86_64_v3. Which "
        "target runs on which machine is taken from archspec, as in Spack; of a name that archspec does not "
        "know, nothing is assumed."
    ),
    fix=(
        "Nothing to do if it is meant. Otherwise look at the runners of the lost target: a job that lands on "
        "an older machine may build for that one."
    ),
    mirror="no mirror: a better target is target-gained or cell-gained",
    check=check,
    check_whole=check_whole,
    # By its own finding about the whole snapshot, which says it for each package.
    subsumed_by="target-downgraded",
    explained="cells",
    tells_of_move=True,
)
