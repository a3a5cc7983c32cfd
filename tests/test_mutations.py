"""One thing wrong with a real snapshot at a time: each gives exactly the findings it should, where it should, and no others.

OLD and NEW are the same real pages, of which nothing is to be said, until one of them is changed.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import msgspec
import pytest

from cachediff.engine.memory import compare, read_snapshot
from cachediff.review.report import evaluate
from cachediff.rules.catalogue import RULES
from tests.builders import a_hash, write_snapshot
from tests.edits import (
    again,
    both,
    data,
    every_spec,
    everywhere,
    gone,
    gone_from,
    meta,
    on,
    raw,
    rebuilt,
    relabeled,
    remove_page,
    spec,
    with_variants,
    without_meta_field,
    without_spec_field,
)
from tests.pages import PageValues, read_real

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cachediff.domain.finding import Finding
    from cachediff.domain.report import Report
    from tests.edits import Edit, Pages

WEEK = read_real("week/new")
NEVER_ALONE = {
    "stack-shrunk",
    "acceptance-expired",
    "acceptance-unused",
    "requirement-unmet",
    "index-invalid",
    "record-invalid",
    "hash-mismatch",
    "dependency-missing",
    "dependency-dropped",
    "mpi-dropped",
    "mpi-gained",
    "provider-changed",
    "external-changed",
    "unwanted-dropped",
    "wanted-missing",
}
"""Rules that no change of these few pages can fire by default: they need more specs, a policy, a lock, or an index."""


@dataclass(frozen=True)
class Mutation:
    """What is done to the pages of one side, and the findings that follow, each as `rule subject @ place`."""

    name: str
    edit: Edit
    findings: tuple[str, ...] = ()
    side: Literal["old", "new"] = "new"
    pages: Pages = field(default_factory=lambda: WEEK)


# --- the table: pages that cannot be trusted ---------------------------------------------------------------------------

STRANGE = {"here": "is another type"}
"""A value of the wrong type for every field but one table of counts, whose values it makes wrong."""

SPEC_FIELDS = ("compiler", "hash", "os", "platform", "size", "stacks", "target", "variants", "versions")
LISTS = ("compilers", "oss", "platforms", "stacks", "targets", "versions")
META_FIELDS = (*LISTS, "num_specs", "num_specs_by_stack")
FRONT = ("title", "layout", "categories", "meta", "spec_details")
DARWIN = "developer-tools-darwin"


def invalid(name: str, edit: Edit, line: int, mark: str, pointer: str = "") -> Mutation:
    """Return a mutation that makes the page of emacs invalid.

    It is invalid at a line, where the bar in `mark` stands before the text after it.
    """
    pages = dict(WEEK)
    edit(pages)
    before, _, after = mark.rpartition("|")
    column = pages["emacs"].decode("utf-8", "backslashreplace").split("\n")[line - 1].index(before + after) + len(before) + 1
    return Mutation(name, edit, (f"page-invalid package=emacs @ {line}:{column} {pointer}".rstrip(),))


def drops() -> list[Mutation]:
    """Return every field dropped once."""
    return [
        *(invalid(f"a spec without {name}", without_spec_field(name), 6, "[|{", "/spec_details/0") for name in SPEC_FIELDS),
        *(invalid(f"meta without {name}", without_meta_field(name), 5, "meta: |{", "/meta") for name in META_FIELDS),
        *(invalid(f"a page without {name}", data("emacs", rf"(?m)^{name}: .*\n", ""), 2, "|") for name in FRONT),
    ]


def mistypes() -> list[Mutation]:
    """Return every field mistyped once."""
    rows = [
        invalid(f"a spec's {name} mistyped", spec("emacs", name, STRANGE), 6, '|{"here"', f"/spec_details/0/{name}")
        for name in SPEC_FIELDS
    ]
    rows += [
        invalid(f"{name} of meta mistyped", meta("emacs", name, value=STRANGE), 5, '|{"here"', f"/meta/{name}")
        for name in META_FIELDS[:-1]
    ]
    for line, name in enumerate(FRONT[:4], start=2):
        rows.append(
            invalid(f"{name} mistyped", data("emacs", rf"(?m)^{name}: .*$", rf"{name}: [7]"), line, "|[7]", f"/{name}")
        )
    return [
        *rows,
        invalid(
            "spec_details mistyped", data("emacs", r"(?m)^spec_details: .*$", "spec_details: {}"), 6, "|{}", "/spec_details"
        ),
        invalid(
            "the counts mistyped", meta("emacs", "num_specs_by_stack", value=[3]), 5, "|[3]", "/meta/num_specs_by_stack"
        ),
        invalid(
            "a stack's count mistyped",
            meta("emacs", "num_specs_by_stack", "root", value="3"),
            5,
            '|"3"',
            "/meta/num_specs_by_stack/root",
        ),
    ]


def out_of_range() -> list[Mutation]:
    """Return values of the right type that cannot be."""
    first = "/spec_details/0"
    return [
        invalid(
            "a hash in capitals", spec("emacs", "hash", "7HM6W2TC7I7G5CTFGCWKXKADGNQWMN3U"), 6, '|"7HM6', f"{first}/hash"
        ),
        invalid("a hash that is short", spec("emacs", "hash", "7hm6w2t"), 6, '|"7hm6w2t"', f"{first}/hash"),
        invalid("a hash that is long", spec("emacs", "hash", "a" * 33), 6, '|"aaaa', f"{first}/hash"),
        invalid("a hash of zeros", spec("emacs", "hash", "0" * 32), 6, '|"0000', f"{first}/hash"),
        invalid("an os without a name", spec("emacs", "os", ""), 6, '|""', f"{first}/os"),
        invalid("an os with a space", spec("emacs", "os", "cent os"), 6, '|"cent os"', f"{first}/os"),
        invalid("a target of 256 letters", spec("emacs", "target", "x" * 256), 6, '|"xxxx', f"{first}/target"),
        invalid("a compiler with a newline", spec("emacs", "compiler", "gcc\n"), 6, r'|"gcc\n"', f"{first}/compiler"),
        invalid("a negative size", spec("emacs", "size", -1), 6, '"size": |-1', f"{first}/size"),
        invalid("a size in words", spec("emacs", "size", "4 MB"), 6, '|"4 MB"', f"{first}/size"),
        invalid("no version", spec("emacs", "versions", []), 6, '"versions": |[]', f"{first}/versions"),
        invalid("two versions", spec("emacs", "versions", ["30.1", "30.2"]), 6, '|["30.1", "30.2"]', f"{first}/versions"),
        invalid("a version that is a number", spec("emacs", "versions", [30.1]), 6, "[|30.1]", f"{first}/versions/0"),
        invalid("an empty variant", spec("emacs", "variants", ["+json", ""]), 6, '|""', f"{first}/variants/1"),
        invalid("a stack twice", spec("emacs", "stacks", ["root", "root"]), 6, '|["root", "root"]', f"{first}/stacks"),
        invalid("a count below zero", meta("emacs", "num_specs", value=-3), 5, "|-3", "/meta/num_specs"),
        invalid("a count and a half", meta("emacs", "num_specs", value=3.5), 5, "|3.5", "/meta/num_specs"),
        invalid(
            "a count below zero for a stack",
            meta("emacs", "num_specs_by_stack", "root", value=-1),
            5,
            "|-1",
            "/meta/num_specs_by_stack/root",
        ),
        invalid(
            "a stack with a space",
            meta("emacs", "num_specs_by_stack", "a b", value=1),
            5,
            '|"a b"',
            "/meta/num_specs_by_stack/a b",
        ),
        invalid("an os listed twice", meta("emacs", "oss", value=["rhel8", "rhel8"]), 5, '|["rhel8", "rhel8"]', "/meta/oss"),
        invalid("another layout", raw("emacs", "layout: cache", "layout: post"), 3, "|post", "/layout"),
        invalid("a title with a slash", raw("emacs", '"emacs"', '"../emacs"'), 2, '|"../emacs"', "/title"),
        invalid(
            "a tag with a space", raw("emacs", "develop-2025-03-30", "develop 2025"), 4, "|develop 2025", "/categories/1"
        ),
        invalid("a third category", raw("emacs", "develop-2025-03-30", "develop, x"), 4, "|[package", "/categories"),
    ]


def broken() -> list[Mutation]:
    """Return pages that are no pages."""
    return [
        invalid("an empty file", data("emacs", r"(?s).*", ""), 1, "|"),
        invalid("a blank file", data("emacs", r"(?s).*", "\n \n"), 1, "|"),
        invalid("a file cut after its head", data("emacs", r"(?s)\nmeta.*", ""), 4, "2025-03-30|]"),
        invalid("a file cut within its specs", data("emacs", r'(?s)("os": "seq).*', r"\1"), 6, '"se|q'),
        invalid("no first fence", data("emacs", r"\A---\n", ""), 1, "|"),
        invalid("no second fence", data("emacs", r"\n---\Z", ""), 6, '["30.1"]}|]'),
        invalid("a second fence cut off", data("emacs", r"-\Z", ""), 7, "-|-"),
        invalid("a byte that is not UTF-8", swap_byte, 6, "sequ|\\xff"),
        invalid("a NUL byte", raw("emacs", '"os": "sequoia', '"os": "sequ\0oia'), 6, "sequ|\0"),
        invalid(
            "a key twice on the page", raw("emacs", "layout: cache", "layout: cache\nlayout: cache"), 4, "|layout", "/layout"
        ),
        invalid(
            "a key twice in meta",
            raw("emacs", '"num_specs": 3', '"num_specs": 3, "num_specs": 3'),
            5,
            '3, |"num_specs"',
            "/meta/num_specs",
        ),
        invalid(
            "a key twice in the counts",
            raw("emacs", '"root": 3', '"root": 3, "root": 3'),
            5,
            '3, |"root"',
            "/meta/num_specs_by_stack/root",
        ),
        invalid(
            "a key twice in a spec",
            raw("emacs", '"os": "sequoia"', '"os": "sequoia", "os": "x"'),
            6,
            '|"os": "x"',
            "/spec_details/1/os",
        ),
        invalid("a merge conflict", raw("emacs", "layout", "<<<<<<< HEAD\nlayout"), 3, "|<<<<<<< HEAD"),
        invalid(
            "a missing comma", raw("emacs", '"sequoia", "platform"', '"sequoia" "platform"'), 6, '"sequoia" |"platform"'
        ),
        invalid("a missing bracket", raw("emacs", '["30.1"]}]', '["30.1"}]'), 6, '["30.1"|}]'),
        invalid("an unquoted date", raw("emacs", "develop-2025-03-30", "2025-03-30"), 4, "|2025-03-30", "/categories/1"),
        invalid(
            "an unquoted version", raw("emacs", '["30.1"]}, {', "[30.10]}, {"), 6, "|30.10", "/spec_details/0/versions/0"
        ),
        invalid(
            "a number of 100 bits", raw("emacs", '"size": "-"', f'"size": {2**100}'), 6, f"|{2**100}", "/spec_details/0/size"
        ),
        invalid(
            "a Python object",
            raw("emacs", '"size": "-"', '"size": !!python/object:os.system {}'),
            6,
            "|!!python",
            "/spec_details/0/size",
        ),
        Mutation(
            "a page that is invalid in OLD",
            raw("emacs", "layout: cache", "layout: x"),
            ("page-invalid package=emacs snapshot=old @ 3:9 /layout",),
            "old",
        ),
    ]


def swap_byte(pages: Pages) -> None:
    """Put a byte that is not UTF-8 into the os of a spec of emacs."""
    pages["emacs"] = pages["emacs"].replace(b'"os": "sequoia', b'"os": "sequ\xffoia')


# --- the table: pages that contradict themselves or each other ---------------------------------------------------------


def plus(number: int) -> Callable[[int], int]:
    """Return a function that adds a number."""
    return lambda claimed: claimed + number


def contradictions() -> list[Mutation]:
    """Return pages whose parts, or places, do not agree."""
    counts = "/meta/num_specs_by_stack"
    rows = [
        Mutation(
            "num_specs one too many",
            meta("emacs", "num_specs", value=plus(1)),
            ("count-mismatch package=emacs @ /meta/num_specs",),
        ),
        Mutation(
            "num_specs one too few",
            meta("emacs", "num_specs", value=plus(-1)),
            ("count-mismatch package=emacs @ /meta/num_specs",),
        ),
        Mutation(
            "a stack's count one too many",
            meta("emacs", "num_specs_by_stack", DARWIN, value=plus(1)),
            (f"count-mismatch package=emacs stack={DARWIN} @ {counts}/{DARWIN}",),
        ),
        Mutation(
            "root's count one too few",
            meta("emacs", "num_specs_by_stack", "root", value=plus(-1)),
            (f"count-mismatch package=emacs stack=root @ {counts}/root",),
        ),
        Mutation(
            "a stack not counted",
            on("emacs", lambda values: values.meta["num_specs_by_stack"].pop(DARWIN), recount=False),
            (f"count-mismatch package=emacs stack={DARWIN} @ {counts}",),
        ),
        Mutation(
            "a stack counted that is not there",
            meta("emacs", "num_specs_by_stack", "x~/y", value=1),
            (f"count-mismatch package=emacs stack=x~/y @ {counts}/x~0~1y",),
        ),
        Mutation(
            "every count wrong at once",
            on("emacs", lambda values: values.meta.update(num_specs=9, num_specs_by_stack={"root": 9}), recount=False),
            (
                "count-mismatch package=emacs @ /meta/num_specs",
                f"count-mismatch package=emacs stack=root @ {counts}/root",
                *(
                    f"count-mismatch package=emacs stack=developer-tools-{stack} @ {counts}"
                    for stack in ("aarch64-linux-gnu", "darwin", "x86_64_v3-linux-gnu")
                ),
            ),
        ),
        Mutation(
            "a spec without root",
            on("emacs", lambda values: values.specs[1]["stacks"].remove("root"), recount=False),
            (f"count-mismatch package=emacs stack=root @ {counts}/root", "spec-orphaned package=emacs @ /spec_details"),
        ),
        Mutation(
            "a spec taken out by hand",
            on("emacs", gone(1), recount=False),
            (
                "count-mismatch package=emacs @ /meta/num_specs",
                f"count-mismatch package=emacs stack={DARWIN} @ {counts}/{DARWIN}",
                f"count-mismatch package=emacs stack=root @ {counts}/root",
                *(
                    f"meta-mismatch package=emacs field={name} @ /meta/{name}"
                    for name in ("compilers", "oss", "platforms", "stacks")
                ),
                f"stack-dropped package=emacs stack={DARWIN} @ /spec_details",
                "os-dropped package=emacs os=sequoia @ /spec_details",
                "platform-dropped package=emacs platform=darwin @ /spec_details",
                "spec-removed package=emacs @ /spec_details",
            ),
        ),
        Mutation(
            "a hash twice on a page",
            on("cuda", again(0)),
            ("duplicate-hash package=cuda @ /spec_details", "spec-added package=cuda @ /spec_details"),
        ),
        Mutation(
            "a hash on two pages",
            on("gcc", lambda values: values.specs.append(PageValues.of(WEEK["scr"]).specs[0])),
            ("duplicate-hash package=scr @ /spec_details", "spec-added package=gcc @ /spec_details"),
        ),
        Mutation(
            "a spec moved to another page",
            both(on("gcc", lambda values: values.specs.append(PageValues.of(WEEK["scr"]).specs[0])), on("scr", gone(0))),
            (
                "spec-added package=gcc @ /spec_details",
                "spec-removed package=scr @ /spec_details",
                "stack-dropped package=scr stack=tutorial @ /spec_details",
            ),
        ),
        Mutation(
            "another variant under the same hash",
            raw("emacs", '"~native"', '"+native"'),
            ("hash-conflict package=emacs @ /spec_details/0",),
        ),
        Mutation(
            "another version under the same hash",
            on("gcc", lambda values: values.specs[0].update(versions=["14.2.0"])),
            ("hash-conflict package=gcc @ /spec_details/0",),
        ),
        Mutation("another title", raw("emacs", '"emacs"', '"vim"'), ("page-misplaced package=emacs field=title @ /title",)),
        Mutation(
            "the page of another snapshot",
            raw("emacs", "develop-2025-03-30", "develop-2025-03-23"),
            ("page-misplaced package=emacs field=tag @ /categories/1",),
        ),
        Mutation(
            "two pages of another snapshot",
            both(raw("emacs", "develop-2025-03-30", "develop"), raw("scr", "develop-2025-03-30", "develop")),
            (
                "page-misplaced package=emacs field=tag @ /categories/1",
                "page-misplaced package=scr field=tag @ /categories/1",
            ),
        ),
        Mutation("a mutable snapshot", everywhere("develop-2025-03-30", "develop"), ("tags-incomparable tag=develop",)),
        Mutation("a release", everywhere("develop-2025-03-30", "v0.22.4"), ("tags-incomparable tag=v0.22.4",)),
        Mutation(
            "an older snapshot",
            everywhere("develop-2025-03-30", "develop-2025-03-23"),
            ("snapshots-swapped tag=develop-2025-03-23",),
        ),
    ]
    for name in LISTS:
        finding = f"meta-mismatch package=emacs field={name} @ /meta/{name}"
        rows.append(
            Mutation(f"{name} of meta without one", meta("emacs", name, value=lambda claimed: claimed[1:]), (finding,))
        )
        rows.append(
            Mutation(f"{name} of meta with one more", meta("emacs", name, value=lambda claimed: [*claimed, "x"]), (finding,))
        )
    return rows


# --- the table: what is lost -------------------------------------------------------------------------------------------


def losses() -> list[Mutation]:
    """Return what users lose."""
    here = "@ /spec_details"
    only_pip = (
        *("bootstrap-aarch64-darwin", "bootstrap-x86_64-linux-gnu", "build_systems", "data-vis-sdk", "e4s-cray-rhel"),
        *("ml-darwin-aarch64-mps", "ml-linux-aarch64-cpu", "ml-linux-x86_64-cpu"),
    )
    return [
        Mutation("a package gone", remove_page("gcc"), ("package-removed package=gcc",)),
        Mutation(
            "the largest package gone",
            remove_page("py-pip"),
            (
                "package-removed package=py-pip",
                "os-removed os=ubuntu20.04",
                "snapshot-shrunk field=coordinates",
                *(f"stack-removed stack={stack}" for stack in only_pip),
            ),
        ),
        Mutation(
            "all specs of a package gone",
            on("gcc", gone(0)),
            ("package-removed package=gcc",),
        ),
        Mutation("one of two equal specs gone", on("cuda", gone(5)), (f"spec-removed package=cuda {here}",)),
        Mutation(
            "a version gone from one stack",
            on("cuda", gone(12)),
            (f"version-dropped package=cuda stack=e4s version=12.3.2 {here}", f"spec-removed package=cuda {here}"),
        ),
        Mutation(
            "one of two gone, which alone had a variant",
            on("emacs", lambda values: again(0, variants=[*values.specs[0]["variants"], "+xwidgets"])(values)),
            (
                f"variant-dropped package=emacs stack=developer-tools-x86_64_v3-linux-gnu variant=xwidgets {here}",
                f"spec-removed package=emacs {here}",
            ),
            side="old",
        ),
        Mutation(
            "a stack gone from a package",
            on("scr", gone(0)),
            (f"stack-dropped package=scr stack=tutorial {here}", f"spec-removed package=scr {here}"),
        ),
        Mutation(
            "a stack's label gone from a spec",
            on("scr", relabeled(0)),
            (f"stack-dropped package=scr stack=tutorial {here}", "spec-orphaned package=scr @ /spec_details/0"),
        ),
        Mutation(
            "one of two labels gone from a spec, the cell kept",
            on("gasnet", relabeled(2, "e4s-rocm-external")),
            (f"version-dropped package=gasnet stack=e4s version=2024.5.0 {here}",),
        ),
        Mutation(
            "a spec moved to another stack",
            on("rocblas", relabeled(1, "hep")),
            (f"stack-dropped package=rocblas stack=e4s {here}", f"stack-gained package=rocblas stack=hep {here}"),
        ),
        Mutation(
            "a stack gone from the snapshot",
            on("py-pip", gone_from(stack="e4s-cray-rhel")),
            (
                "stack-removed stack=e4s-cray-rhel",
                f"stack-dropped package=py-pip stack=e4s-cray-rhel {here}",
                f"spec-removed package=py-pip {here}",
            ),
        ),
        Mutation(
            "an os gone from the snapshot",
            on("cuda", gone_from(os="amzn2")),
            (
                "os-removed os=amzn2",
                "stack-removed stack=radiuss-aws",
                f"os-dropped package=cuda os=amzn2 {here}",
                f"stack-dropped package=cuda stack=radiuss-aws {here}",
                f"spec-removed package=cuda {here}",
            ),
        ),
        Mutation(
            "an os gone from a package",
            on("scr", gone_from(os="ubuntu18.04")),
            (
                f"os-dropped package=scr os=ubuntu18.04 {here}",
                f"stack-dropped package=scr stack=radiuss {here}",
                f"spec-removed package=scr {here}",
            ),
        ),
        Mutation(
            "a target gone from a package",
            on("scr", gone_from(target="neoverse_v2")),
            (
                f"target-dropped package=scr target=neoverse_v2 {here}",
                f"stack-dropped package=scr stack=e4s-neoverse-v2 {here}",
                f"spec-removed package=scr {here}",
            ),
        ),
        Mutation(
            "a target gone from the snapshot",
            both(*(on(package, gone_from(target="neoverse_v2")) for package in ("scr", "cuda", "gasnet", "py-pip"))),
            (
                "target-removed target=neoverse_v2",
                "stack-removed stack=e4s-neoverse-v2",
                *(
                    f"target-dropped package={package} target=neoverse_v2 {here}"
                    for package in ("scr", "cuda", "gasnet", "py-pip")
                ),
                *(
                    f"stack-dropped package={package} stack=e4s-neoverse-v2 {here}"
                    for package in ("scr", "cuda", "gasnet", "py-pip")
                ),
                *(f"spec-removed package={package} {here}" for package in ("scr", "cuda", "gasnet", "py-pip")),
            ),
        ),
        Mutation(
            "a platform gone from a package",
            on("emacs", gone_from(platform="darwin")),
            (
                f"platform-dropped package=emacs platform=darwin {here}",
                f"os-dropped package=emacs os=sequoia {here}",
                f"stack-dropped package=emacs stack={DARWIN} {here}",
                f"spec-removed package=emacs {here}",
            ),
        ),
        Mutation(
            "a platform gone from the snapshot",
            both(on("emacs", gone_from(platform="darwin")), on("py-pip", gone_from(platform="darwin"))),
            (
                "platform-removed platform=darwin",
                "os-removed os=sequoia",
                *(f"stack-removed stack={stack}" for stack in ("bootstrap-aarch64-darwin", DARWIN, "ml-darwin-aarch64-mps")),
                *(f"platform-dropped package={package} platform=darwin {here}" for package in ("emacs", "py-pip")),
                *(f"os-dropped package={package} os=sequoia {here}" for package in ("emacs", "py-pip")),
                *(f"spec-removed package={package} {here}" for package in ("emacs", "py-pip")),
                f"stack-dropped package=emacs stack={DARWIN} {here}",
                *(
                    f"stack-dropped package=py-pip stack={stack} {here}"
                    for stack in ("bootstrap-aarch64-darwin", DARWIN, "ml-darwin-aarch64-mps")
                ),
            ),
        ),
        Mutation(
            "a cell gone, each of its values kept",
            on("cuda", rebuilt(12, os="ubuntu24.04")),
            (f"cell-dropped package=cuda stack=e4s platform=linux os=ubuntu24.04 target=x86_64_v3 {here}",),
            "old",
        ),
        Mutation(
            "an os in place of another",
            on("rocblas", rebuilt(1, os="ubuntu24.04")),
            (
                f"os-replaced package=rocblas os=ubuntu22.04 {here}",
                f"cell-gained package=rocblas stack=e4s platform=linux os=ubuntu24.04 target=x86_64_v3 {here}",
            ),
        ),
        Mutation(
            "a target that the lost one runs",
            on("scr", rebuilt(3, target="aarch64")),
            (f"target-downgraded package=scr target=neoverse_v2 {here}", f"target-gained package=scr target=aarch64 {here}"),
        ),
        Mutation(
            "a target that the lost one does not run",
            on("scr", rebuilt(3, target="x86_64_v4")),
            (
                f"target-dropped package=scr target=neoverse_v2 {here}",
                "target-added target=x86_64_v4",
                f"target-gained package=scr target=x86_64_v4 {here}",
            ),
        ),
        Mutation(
            "a target that nobody knows",
            on("scr", rebuilt(3, target="neoverse_x9")),
            (
                f"target-dropped package=scr target=neoverse_v2 {here}",
                "target-added target=neoverse_x9",
                f"target-gained package=scr target=neoverse_x9 {here}",
            ),
        ),
        Mutation(
            "a target that only newer machines run",
            on("rocblas", rebuilt(0, target="x86_64_v4")),
            (
                (
                    "cell-dropped package=rocblas stack=ml-linux-x86_64-rocm "
                    f"platform=linux os=ubuntu24.04 target=x86_64_v3 {here}"
                ),
                "target-added target=x86_64_v4",
                f"target-gained package=rocblas target=x86_64_v4 {here}",
            ),
        ),
        Mutation(
            "a spec for a GPU gone",
            on("gasnet", gone(6)),
            (
                f"gpu-dropped package=gasnet stack=e4s-rocm-external gpu=+rocm amdgpu_target=gfx908 {here}",
                f"spec-removed package=gasnet {here}",
            ),
        ),
        Mutation(
            "another GPU's architecture",
            on("gasnet", with_variants(6, ("amdgpu_target:=gfx908", "amdgpu_target:=gfx90a"))),
            (
                f"gpu-dropped package=gasnet stack=e4s-rocm-external gpu=+rocm amdgpu_target=gfx908 {here}",
                "variant-disabled package=gasnet variant=amdgpu_target=gfx908 @ /spec_details/6",
                "variant-enabled package=gasnet variant=amdgpu_target=gfx90a @ /spec_details/6",
            ),
        ),
        Mutation(
            "a GPU turned off",
            on("gasnet", with_variants(5, ("+rocm", "~rocm"), ("amdgpu_target:=gfx90a", ""))),
            (
                f"gpu-dropped package=gasnet stack=e4s gpu=+rocm amdgpu_target=gfx90a {here}",
                "variant-disabled package=gasnet variant=rocm @ /spec_details/5",
            ),
        ),
        Mutation(
            "a variant turned off in two specs",
            both(on("emacs", with_variants(1, ("+tls", "~tls"))), on("emacs", with_variants(2, ("+tls", "~tls")))),
            ("variant-disabled package=emacs variant=tls @ /spec_details/1",),
        ),
        Mutation(
            "a value gone from a variant",
            on("gcc", with_variants(0, ("languages:='c,c++,fortran'", "languages:='c,c++'"))),
            ("variant-disabled package=gcc variant=languages=fortran @ /spec_details/0",),
        ),
        Mutation(
            "a lower version",
            on("gcc", rebuilt(0, versions=["11.1.0"])),
            ("version-downgraded package=gcc version=12.4.0 @ /spec_details/0",),
        ),
    ]


# --- the table: what is gained, or is no loss --------------------------------------------------------------------------


def gains() -> list[Mutation]:
    """Return what users gain, and what is for the record."""
    here = "@ /spec_details"
    return [
        Mutation(
            "a new package",
            lambda pages: pages.update(
                {"gcc-runtime": pages["gcc"].replace(b'"gcc"', b'"gcc-runtime"').replace(b"62oq3njg", b"a2oq3njg")}
            ),
            ("package-added package=gcc-runtime",),
        ),
        Mutation("one more equal spec", on("cuda", again(0, hash=a_hash(1))), (f"spec-added package=cuda {here}",)),
        Mutation(
            "a stack's label on a spec",
            on("gcc", relabeled(0, "e4s", "tutorial")),
            (f"stack-gained package=gcc stack=e4s {here}",),
        ),
        Mutation(
            "a new stack",
            on("gcc", relabeled(0, "tutorial", "workshop")),
            ("stack-added stack=workshop", f"stack-gained package=gcc stack=workshop {here}"),
        ),
        Mutation(
            "a new os",
            on("gcc", again(0, hash=a_hash(1), os="ubuntu26.04")),
            ("os-added os=ubuntu26.04", f"os-gained package=gcc os=ubuntu26.04 {here}", f"spec-added package=gcc {here}"),
        ),
        Mutation(
            "a new platform",
            on("gcc", again(0, hash=a_hash(1), platform="freebsd")),
            (
                "platform-added platform=freebsd",
                f"platform-gained package=gcc platform=freebsd {here}",
                f"spec-added package=gcc {here}",
            ),
        ),
        Mutation(
            "a new cell",
            on("cuda", again(12, hash=a_hash(1), os="ubuntu24.04")),
            (
                f"cell-gained package=cuda stack=e4s platform=linux os=ubuntu24.04 target=x86_64_v3 {here}",
                f"spec-added package=cuda {here}",
            ),
        ),
        Mutation(
            "a GPU turned on",
            on("gasnet", with_variants(4, ("~rocm", "+rocm"), ("~debug", "amdgpu_target=gfx942"))),
            (
                f"gpu-gained package=gasnet stack=e4s gpu=+rocm amdgpu_target=gfx942 {here}",
                "variant-enabled package=gasnet variant=rocm @ /spec_details/4",
            ),
        ),
        Mutation(
            "one more GPU architecture",
            on("gasnet", with_variants(5, ("amdgpu_target:=gfx90a", "amdgpu_target:='gfx90a,gfx942'"))),
            (
                f"gpu-gained package=gasnet stack=e4s gpu=+rocm amdgpu_target=gfx942 {here}",
                "variant-enabled package=gasnet variant=amdgpu_target=gfx942 @ /spec_details/5",
            ),
        ),
        Mutation(
            "a variant turned on",
            on("emacs", with_variants(1, ("~native", "+native"))),
            ("variant-enabled package=emacs variant=native @ /spec_details/1",),
        ),
        Mutation(
            "a higher version",
            on("gcc", rebuilt(0, versions=["14.2.0"])),
            ("version-changed package=gcc version=12.4.0 @ /spec_details/0",),
        ),
        Mutation(
            "another compiler",
            on("gcc", rebuilt(0, compiler="gcc@13.2.0")),
            ("compiler-changed package=gcc compiler=gcc@11.4.0 @ /spec_details/0",),
        ),
    ]


def backwards(pages: Pages) -> None:
    """Write every list and object of every page in the opposite order."""

    def turn(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: turn(inner) for name, inner in reversed(value.items())}
        return [turn(inner) for inner in reversed(value)] if isinstance(value, list) else value

    for package, content in pages.items():
        values = PageValues.of(content)
        values.meta, values.specs = turn(values.meta), turn(values.specs)
        pages[package] = values.write()


def respelled(_: int, one: dict[str, Any]) -> None:
    """Spell a spec as Spack did until 2025-03."""
    one["compiler"] = one["compiler"].replace("intel-oneapi-compilers@", "oneapi@").replace("@", "@=")
    one["versions"] = [f"={version}" for version in one["versions"]]
    one["variants"] = [variant.replace(":=", "=").replace("'", "") for variant in one["variants"]]


def without_tarball(_: int, one: dict[str, Any]) -> None:
    """Take a field out that the format does not have any more."""
    del one["tarball"]


def without_root(values: PageValues) -> None:
    """Take the label out that the format did not have at first."""
    for one in values.specs:
        one["stacks"].remove("root")


def silences() -> list[Mutation]:
    """Return what is no news."""
    gasnet = read_real("gasnet-2024/new")
    return [
        Mutation("nothing", lambda pages: None),
        Mutation("a byte order mark", data("emacs", r"\A", "\ufeff")),
        Mutation("windows line ends", data("emacs", r"\n", "\r\n")),
        Mutation("a final newline", data("emacs", r"\Z", "\n")),
        Mutation("a comment", data("emacs", r"(?m)^(meta: .*)$", r"\1 # seen")),
        Mutation(
            "an unknown field in a spec", raw("emacs", '"os": "sequoia"', '"os": "sequoia", "note": {"a": [1, 2.5, null]}')
        ),
        Mutation("an unknown field in meta", raw("emacs", '"oss"', '"note": {"a": 1}, "oss"')),
        Mutation("an unknown field on the page", raw("emacs", "layout", "note: [a, b]\nlayout")),
        Mutation("every hash new", every_spec(lambda number, one: one.update(hash=a_hash(number)))),
        Mutation("every size known", every_spec(lambda number, one: one.update(size=number))),
        Mutation(
            "every tarball told", every_spec(lambda number, one: one.update(tarball=f"https://binaries.spack.io/{number}"))
        ),
        Mutation("every tarball gone", every_spec(without_tarball), pages=gasnet),
        Mutation("every compiler unknown", every_spec(lambda number, one: one.update(hash=a_hash(number), compiler="none"))),
        Mutation("every spec in another spelling", every_spec(respelled)),
        Mutation("everything in another order", backwards),
        Mutation("everything in another order, in 2024", backwards, pages=gasnet),
        Mutation(
            "no root, as before 2023-06",
            on("gasnet", without_root),
            pages=gasnet,
        ),
    ]


MUTATIONS = [*drops(), *mistypes(), *out_of_range(), *broken(), *contradictions(), *losses(), *gains(), *silences()]


# --- what is shown -----------------------------------------------------------------------------------------------------


def compare_pages(tmp_path: Path, old: Pages, new: Pages) -> Report:
    """Return the report on two snapshots of these pages."""
    before = read_snapshot(str(write_snapshot(tmp_path / "old", dict(old))))
    after = read_snapshot(str(write_snapshot(tmp_path / "new", dict(new))))
    return evaluate(compare(before, after))


def describe(finding: Finding) -> str:
    """Return a finding as `rule subject @ place`: the pointer, and for an invalid page its line and column before that."""
    facts = msgspec.to_builtins(finding.subject)
    place, at = finding.location, ""
    if place and (finding.rule == "page-invalid" or place.pointer):
        at = f" @ {place.line}:{place.column} {place.pointer}" if finding.rule == "page-invalid" else f" @ {place.pointer}"
    return f"{finding.rule} {' '.join(f'{name}={value}' for name, value in facts.items())}{at.rstrip()}"


@pytest.mark.parametrize("mutation", [pytest.param(mutation, id=mutation.name) for mutation in MUTATIONS])
def test_each_mutation_gives_its_findings_and_nothing_else(mutation: Mutation, tmp_path: Path) -> None:
    mutated = dict(mutation.pages)
    mutation.edit(mutated)
    sides = (mutated, mutation.pages) if mutation.side == "old" else (mutation.pages, mutated)
    report = compare_pages(tmp_path, *sides)
    assert Counter(map(describe, report.findings)) == Counter(mutation.findings)


def test_there_are_enough_mutations_and_no_two_share_a_name() -> None:
    names = [mutation.name for mutation in MUTATIONS]
    assert len(names) == len(set(names))
    assert len(names) >= 40


def test_every_rule_that_can_fire_fires() -> None:
    fired = {finding.partition(" ")[0] for mutation in MUTATIONS for finding in mutation.findings}
    assert {rule.id for rule in RULES} - fired <= NEVER_ALONE


@pytest.mark.slow
def test_each_finding_is_on_the_page_of_its_package(tmp_path: Path) -> None:
    for number, mutation in enumerate(MUTATIONS):
        if mutation.findings and mutation.side == "new":
            mutated = dict(mutation.pages)
            mutation.edit(mutated)
            for finding in compare_pages(tmp_path / str(number), mutation.pages, mutated).findings:
                if finding.location and finding.rule != "package-removed":
                    assert finding.location.path == f"{tmp_path}/{number}/new/{finding.subject.package}/specs.md"
