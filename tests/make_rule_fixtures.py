"""Writes fixtures/rules: one small pair of snapshots a rule, in which that rule fires and little else does.

Run it as `python -m tests.make_rule_fixtures`. The same script gives the same bytes, and a test shows that it gives the
committed ones.
"""

from __future__ import annotations

import json
import shutil
from base64 import b32encode
from dataclasses import dataclass, field
from hashlib import sha1, sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.builders import a_hash, a_meta, a_page, an_entry, write_snapshot

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    Entry = dict[str, Any]
    Pages = dict[str, list[Entry]]

FIXTURES = Path(__file__).parent.parent / "fixtures" / "rules"
OLD_TAG, NEW_TAG = "develop-2025-03-23", "develop-2025-03-30"

RECIPES = {
    "cmake": ("3.31.6", "build_system=generic build_type=Release ~doc +ncurses +ownlibs ~qtgui"),
    "emacs": ("29.4", "build_system=autotools ~gui +native +tls ~treesitter"),
    "gcc": ("14.2.0", "~binutils +bootstrap build_system=autotools languages='c,c++,fortran' ~nvptx"),
    "hdf5": ("1.14.5", "build_system=cmake build_type=Release ~cxx ~fortran +hl +mpi +shared"),
    "kokkos": ("4.5.01", "build_system=cmake build_type=Release ~cuda ~openmp ~rocm +serial"),
    "libxml2": ("2.13.5", "build_system=autotools +pic ~python +shared"),
    "openblas": ("0.3.29", "build_system=makefile ~ilp64 +pic +shared threads=none"),
    "mpich": ("4.2.3", "build_system=autotools device=ch4 +romio"),
    "openmpi": ("5.0.6", "build_system=autotools fabrics=ofi ~legacylaunchers +romio schedulers=slurm"),
    "py-pip": ("25.0.1", "build_system=generic"),
    "py-scipy": ("1.15.2", "build_system=python_pip"),
    "python": ("3.11.11", "+bz2 build_system=generic +ctypes ~debug +ssl ~tkinter"),
    "zlib": ("1.3.1", "build_system=makefile +optimize +pic +shared"),
    "zlib-ng": ("2.2.3", "build_system=autotools +compat +new_strategies +opt +pic +shared"),
}
"""What each package is where nothing else is said: version and variants."""

JAMMY = {"platform": "linux", "os": "ubuntu22.04", "target": "x86_64_v3", "compiler": "gcc@11.4.0"}
FOCAL = JAMMY | {"os": "ubuntu20.04"}
CENTOS = JAMMY | {"os": "centos7", "compiler": "gcc@10.5.0"}
RHEL = JAMMY | {"os": "rhel8", "compiler": "gcc@13.3.0"}
JAMMY_ARM = JAMMY | {"target": "aarch64"}
RHEL_ZEN = RHEL | {"target": "zen4"}
CRAY_ZEN = RHEL_ZEN | {"platform": "cray"}

E4S, ONEAPI, HEP, TUTORIAL = "e4s", "e4s-oneapi", "hep", "tutorial"
CRAY, TOOLS = "e4s-cray-rhel", "developer-tools-x86_64_v3-linux-gnu"
ML_CPU, ML_CUDA = "ml-linux-x86_64-cpu", "ml-linux-x86_64-cuda"


@dataclass(frozen=True)
class Pair:
    """Two snapshots.

    `claims` goes over the `meta` of NEW's pages, `damage` replaces text in them, and `policy` is what judges them. `locks`
    has what the locks beside it ask for, by stack.
    """

    old: Pages
    new: Pages
    old_tag: str = OLD_TAG
    new_tag: str = NEW_TAG
    claims: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    damage: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    policy: str = ""
    locks: Mapping[str, list[Entry]] = field(default_factory=dict)

    def swapped(self) -> Pair:
        """Return the pair with its contents swapped, and its tags in order."""
        return Pair(self.new, self.old)


@dataclass(frozen=True)
class IndexPair:
    """Two environments, build caches, or folders of them: the indexes of each side, by path, with their specs.

    `damage` is as for pages; `uncached` are the hashes of which a build cache has no more than the record.
    """

    old: Mapping[str, list[Entry]]
    new: Mapping[str, list[Entry]]
    damage: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    uncached: Collection[str] = ()

    def swapped(self) -> IndexPair:
        """Return the pair with its sides swapped."""
        return IndexPair(self.new, self.old)


def a_hash_of(name: str) -> str:
    """Return a hash that looks like any other, and is the same in every run."""
    return a_hash(int.from_bytes(sha256(name.encode()).digest()))


def spec(package: str, *stacks: str, place: Mapping[str, str] = JAMMY, **fields: Any) -> Entry:
    """Return one spec of a package by its recipe; a `swap` of (old, new) replaces one variant."""
    version, variants = RECIPES[package]
    old, new = fields.pop("swap", ("", ""))
    words = " ".join(new if word == old else word for word in variants.split())
    return {"version": version, "stacks": list(stacks), "variants": words.split(), **place, **fields}


def flavours(*stacks: str) -> list[Entry]:
    """Return twelve specs of hdf5, which differ in their variants."""
    return [
        spec("hdf5", *stacks, variants=["build_system=cmake", build_type, cxx, fortran, "+hl", mpi, "+shared"])
        for build_type in ("build_type=Release", "build_type=RelWithDebInfo", "build_type=Debug")
        for cxx, fortran, mpi in (
            ("~cxx", "~fortran", "+mpi"),
            ("+cxx", "~fortran", "~mpi"),
            ("~cxx", "+fortran", "+mpi"),
            ("+cxx", "+fortran", "~mpi"),
        )
    ]


def one(package: str, *stacks: str, **fields: Any) -> Pages:
    """Return one page with one spec."""
    return {package: [spec(package, *stacks, **fields)]}


# --- the pairs ---------------------------------------------------------------------------------------------------------

PAIRS: dict[str, Pair] = {
    "page-invalid": Pair(
        one("cmake", E4S) | one("zlib-ng", E4S),
        one("cmake", E4S) | one("zlib-ng", E4S),
        damage={"zlib-ng": ('"size": "-"', '"size": -1')},
    ),
    "count-mismatch": Pair(
        one("cmake", E4S),
        one("cmake", E4S),
        claims={"cmake": {"num_specs": 2, "num_specs_by_stack": {E4S: 2, "root": 1}}},
    ),
    "meta-mismatch": Pair(
        one("cmake", E4S),
        one("cmake", E4S),
        claims={"cmake": {"oss": ["centos7", "ubuntu22.04"], "targets": ["x86_64_v4"]}},
    ),
    "duplicate-hash": Pair(
        one("cmake", E4S) | {"libxml2": [spec("libxml2", E4S), spec("libxml2", E4S)]} | one("zlib-ng", E4S),
        one("cmake", E4S, hash=a_hash_of("cmake"))
        | {"libxml2": [spec("libxml2", E4S, hash=a_hash_of("libxml2")), spec("libxml2", E4S, hash=a_hash_of("libxml2"))]}
        | one("zlib-ng", E4S, hash=a_hash_of("cmake")),
    ),
    "hash-conflict": Pair(
        one("openmpi", E4S, hash=a_hash_of("openmpi")),
        one("openmpi", E4S, hash=a_hash_of("openmpi"), swap=("+romio", "~romio")),
    ),
    "page-misplaced": Pair(
        one("cmake", E4S) | one("py-scipy", E4S) | one("zlib-ng", E4S),
        one("cmake", E4S) | one("py-scipy", E4S) | one("zlib-ng", E4S),
        damage={"py-scipy": ('"py-scipy"', '"py-numpy"'), "zlib-ng": (NEW_TAG, OLD_TAG)},
    ),
    "snapshot-shrunk": Pair(
        {"hdf5": [*flavours(E4S)[:6], *flavours(HEP)[6:]]},
        {"hdf5": [flavours(E4S)[0], flavours(HEP)[6]]},
    ),
    "stack-shrunk": Pair(
        {"hdf5": flavours(E4S, HEP)},
        {"hdf5": [*flavours(E4S, HEP)[:4:3], *flavours(HEP)[1:3], *flavours(HEP)[4:]]},
    ),
    "snapshots-swapped": Pair(one("cmake", E4S), one("cmake", E4S), old_tag=NEW_TAG, new_tag=OLD_TAG),
    "tags-incomparable": Pair(one("cmake", E4S), one("cmake", E4S), old_tag=OLD_TAG, new_tag="develop"),
    "stack-removed": Pair(
        one("cmake", E4S, ONEAPI) | one("hdf5", E4S, ONEAPI),
        one("cmake", E4S) | one("hdf5", E4S),
    ),
    "os-removed": Pair(
        {name: [spec(name, E4S), spec(name, E4S, place=FOCAL)] for name in ("cmake", "hdf5")},
        one("cmake", E4S) | one("hdf5", E4S),
    ),
    "target-removed": Pair(
        {name: [spec(name, E4S), spec(name, E4S, place=JAMMY_ARM)] for name in ("cmake", "hdf5")},
        one("cmake", E4S) | one("hdf5", E4S),
    ),
    "platform-removed": Pair(
        {name: [spec(name, CRAY, place=CRAY_ZEN), spec(name, CRAY, place=RHEL_ZEN)] for name in ("cmake", "hdf5")},
        one("cmake", CRAY, place=RHEL_ZEN) | one("hdf5", CRAY, place=RHEL_ZEN),
    ),
    "package-removed": Pair(one("cmake", E4S) | one("hdf5", E4S), one("cmake", E4S)),
    "stack-dropped": Pair(one("cmake", E4S, HEP) | one("hdf5", E4S, HEP), one("cmake", E4S, HEP) | one("hdf5", E4S)),
    "os-dropped": Pair(
        {name: [spec(name, E4S), spec(name, E4S, place=FOCAL)] for name in ("cmake", "hdf5")},
        {"cmake": [spec("cmake", E4S), spec("cmake", E4S, place=FOCAL)], "hdf5": [spec("hdf5", E4S)]},
    ),
    "target-dropped": Pair(
        {name: [spec(name, E4S), spec(name, E4S, place=JAMMY_ARM)] for name in ("cmake", "hdf5")},
        {"cmake": [spec("cmake", E4S), spec("cmake", E4S, place=JAMMY_ARM)], "hdf5": [spec("hdf5", E4S)]},
    ),
    "platform-dropped": Pair(
        {name: [spec(name, CRAY, place=CRAY_ZEN), spec(name, CRAY, place=RHEL_ZEN)] for name in ("cmake", "hdf5")},
        {
            "cmake": [spec("cmake", CRAY, place=CRAY_ZEN), spec("cmake", CRAY, place=RHEL_ZEN)],
            "hdf5": [spec("hdf5", CRAY, place=RHEL_ZEN)],
        },
    ),
    "cell-dropped": Pair(
        {"hdf5": [spec("hdf5", E4S, HEP), spec("hdf5", HEP, place=FOCAL)]},
        {"hdf5": [spec("hdf5", E4S), spec("hdf5", HEP, place=FOCAL)]},
    ),
    "gpu-dropped": Pair(
        {"kokkos": [spec("kokkos", ML_CPU, ML_CUDA), spec("kokkos", ML_CPU, ML_CUDA, swap=("~cuda", "+cuda cuda_arch=80"))]},
        {"kokkos": [spec("kokkos", ML_CPU, ML_CUDA), spec("kokkos", ML_CPU, swap=("~cuda", "+cuda cuda_arch=80"))]},
    ),
    "target-downgraded": Pair(
        {
            "cmake": [spec("cmake", CRAY, place=RHEL_ZEN), spec("cmake", E4S)],
            "openblas": [spec("openblas", CRAY, place=RHEL_ZEN)],
        },
        {
            "cmake": [spec("cmake", CRAY, place=RHEL_ZEN), spec("cmake", E4S)],
            "openblas": [spec("openblas", CRAY, place=RHEL)],
        },
    ),
    "os-replaced": Pair(
        {"cmake": [spec("cmake", TOOLS, place=FOCAL), spec("cmake", E4S)], "emacs": [spec("emacs", TOOLS, place=FOCAL)]},
        {"cmake": [spec("cmake", TOOLS, place=FOCAL), spec("cmake", E4S)], "emacs": [spec("emacs", TOOLS)]},
    ),
    "spec-orphaned": Pair(
        {"openmpi": [spec("openmpi", E4S), spec("openmpi", E4S, swap=("fabrics=ofi", "fabrics=ucx"))]},
        {"openmpi": [spec("openmpi", E4S), spec("openmpi", swap=("fabrics=ofi", "fabrics=ucx"))]},
    ),
    "variant-disabled": Pair(
        one("emacs", TOOLS, place=CENTOS) | one("gcc", TOOLS, place=CENTOS),
        one("emacs", TOOLS, place=CENTOS, swap=("+native", "~native"))
        | one("gcc", TOOLS, place=CENTOS, swap=("languages='c,c++,fortran'", "languages:='c,c++'")),
    ),
    "variant-dropped": Pair(
        {"hdf5": [spec("hdf5", E4S, TUTORIAL), spec("hdf5", E4S, TUTORIAL, swap=("+mpi", "~mpi"))]},
        {"hdf5": [spec("hdf5", TUTORIAL), spec("hdf5", E4S, TUTORIAL, swap=("+mpi", "~mpi"))]},
    ),
    "version-dropped": Pair(
        {"python": [spec("python", E4S, TUTORIAL), spec("python", E4S, TUTORIAL, version="3.10.16")]},
        {"python": [spec("python", E4S, TUTORIAL), spec("python", TUTORIAL, version="3.10.16")]},
    ),
    "version-downgraded": Pair(one("cmake", E4S), one("cmake", E4S, version="3.30.8")),
    "version-changed": Pair(one("cmake", E4S), one("cmake", E4S, version="4.0.0")),
    "compiler-changed": Pair(one("cmake", E4S), one("cmake", E4S, compiler="gcc@12.3.0")),
    "spec-removed": Pair({"py-pip": [spec("py-pip", E4S), spec("py-pip", E4S)]}, one("py-pip", E4S)),
    "requirement-unmet": Pair(
        {"hdf5": flavours(E4S)[:2]},
        {"hdf5": flavours(E4S)[:1]},
        policy="require:\n  - {package: hdf5, stack: e4s, os: ubuntu22.04, target: x86_64_v3, specs: 2}\n",
    ),
    "acceptance-expired": Pair(
        one("cmake", E4S, ONEAPI) | one("hdf5", E4S, ONEAPI),
        one("cmake", E4S) | one("hdf5", E4S),
        policy="""accepted:
  - rule: stack-removed
    subject: {stack: e4s-oneapi}
    reason: the pipeline is being moved
    until: 2025-03-15
    owner: "@spack/ci"
""",
    ),
    "acceptance-unused": Pair(
        one("cmake", E4S),
        one("cmake", E4S),
        policy="""accepted:
  - rule: stack-removed
    subject: {stack: e4s-oneapi}
    reason: the pipeline is being moved
    until: 2025-06-01
""",
    ),
}

SWAPPED = {
    "stack-added": "stack-removed",
    "os-added": "os-removed",
    "target-added": "target-removed",
    "platform-added": "platform-removed",
    "package-added": "package-removed",
    "stack-gained": "stack-dropped",
    "os-gained": "os-dropped",
    "target-gained": "target-dropped",
    "platform-gained": "platform-dropped",
    "cell-gained": "cell-dropped",
    "gpu-gained": "gpu-dropped",
    "mpi-gained": "mpi-dropped",
    "variant-enabled": "variant-disabled",
    "spec-added": "spec-removed",
}
"""The rules for gains, each with the rule whose pair shows it when it is swapped."""


# --- writing -----------------------------------------------------------------------------------------------------------


def a_node(package: str, **fields: Any) -> Entry:
    """Return a spec as a lock has it, with the hash that its content gives."""
    version, _ = RECIPES[package]
    node: Entry = {
        "name": package,
        "version": version,
        "arch": {"platform": "linux", "platform_os": "ubuntu22.04", "target": "x86_64_v3"},
        "namespace": "builtin",
        "parameters": {"build_system": "generic", "cflags": [], "cxxflags": []},
        "package_hash": "a" * 52 + "====",
        **fields,
    }
    text = json.dumps(node, separators=(",", ":")).encode()
    return node | {"hash": b32encode(sha1(text, usedforsecurity=False).digest()).decode().lower()}


def write_lock(nodes: list[Entry]) -> str:
    """Return the text of a lock, all of whose specs are roots."""
    meta = {"file-type": "spack-lockfile", "lockfile-version": 6, "specfile-version": 5}
    roots = [{"hash": node["hash"], "spec": node["name"]} for node in nodes]
    lock = {"_meta": meta, "roots": roots, "concrete_specs": {node["hash"]: node for node in nodes}}
    return json.dumps(lock, indent=1) + "\n"


def write_database(nodes: list[Entry], uncached: Collection[str]) -> str:
    """Return the text of a build cache's index, in which some hashes are records of what is not cached."""
    installs = {
        node["hash"]: {"spec": node, "ref_count": 0, "in_buildcache": node["hash"] not in uncached} for node in nodes
    }
    return json.dumps({"database": {"version": "8", "installs": installs}}, indent=1) + "\n"


def external(package: str, **fields: Any) -> Entry:
    """Return a spec that was there before Spack."""
    return a_node(package, external={"path": f"/opt/{package}", "module": None, "extra_attributes": {}}, **fields)


def edge(node: Entry, *types: str, virtuals: tuple[str, ...] = ()) -> Entry:
    """Return a dependency on a spec."""
    return {"name": node["name"], "hash": node["hash"], "parameters": {"deptypes": [*types], "virtuals": [*virtuals]}}


ZLIB = a_node("zlib-ng")
GCC, NEWER_GCC = external("gcc"), external("gcc", package_hash="c" * 52 + "====")


def hdf5(*edges: Entry) -> Entry:
    """Return a spec of hdf5 with some dependencies."""
    return a_node("hdf5", dependencies=[*edges])


def on(package: str, virtual: str) -> list[Entry]:
    """Return a spec of hdf5 and the external that provides a virtual to it."""
    provider = external(package)
    return [provider, hdf5(edge(provider, "build", "link", virtuals=(virtual,)))]


PAIRS["wanted-missing"] = Pair(
    one("hdf5", E4S),
    one("hdf5", E4S),
    policy="wanted: [locks]\n",
    locks={E4S: [ZLIB, hdf5(edge(ZLIB, "build", "link"))], TOOLS: [a_node("cmake"), a_node("gcc")]},
)
PAIRS["unwanted-dropped"] = Pair(
    one("hdf5", E4S) | one("cmake", E4S),
    one("hdf5", E4S),
    policy="wanted: [locks]\n",
    locks={E4S: [hdf5()]},
)

INDEX_PAIRS = {
    "dependency-missing": IndexPair(
        {"build_cache/index.json": [hdf5()]},
        {"build_cache/index.json": [ZLIB, hdf5(edge(ZLIB, "build", "link"))]},
        uncached={ZLIB["hash"]},
    ),
    "dependency-dropped": IndexPair(
        {"build_cache/index.json": [ZLIB, hdf5(edge(ZLIB, "build", "link"))]},
        {"build_cache/index.json": [hdf5()]},
    ),
    "mpi-dropped": IndexPair(
        {"spack.lock": [*on("openmpi", "mpi"), *on("mpich", "mpi")]},
        {"spack.lock": on("mpich", "mpi")},
    ),
    "provider-changed": IndexPair({"spack.lock": on("zlib-ng", "zlib-api")}, {"spack.lock": on("zlib", "zlib-api")}),
    "external-changed": IndexPair(
        {"spack.lock": [GCC, hdf5(edge(GCC, "build", virtuals=("c",)))]},
        {"spack.lock": [NEWER_GCC, hdf5(edge(NEWER_GCC, "build", virtuals=("c",)))]},
    ),
    "record-invalid": IndexPair(
        {"spack.lock": [a_node("zlib-ng", package_hash="b" * 52 + "===="), a_node("zlib-ng"), a_node("cmake")]},
        {
            "spack.lock": [
                a_node("zlib-ng", package_hash="b" * 52 + "===="),
                a_node("zlib-ng"),
                a_node("cmake", version="3.31.7"),
            ]
        },
        damage={"spack.lock": ('"platform_os": "ubuntu22.04"', '"platform_os": 22.04')},
    ),
    "hash-mismatch": IndexPair(
        {"spack.lock": [a_node("zlib-ng"), a_node("cmake")]},
        {"spack.lock": [a_node("zlib-ng", version="2.2.4"), a_node("cmake")]},
        damage={"spack.lock": ('"version": "2.2.4"', '"version": "2.2.5"')},
    ),
    "index-invalid": IndexPair(
        {"e4s/spack.lock": [a_node("hdf5")], "hep/spack.lock": [a_node("hdf5"), a_node("python")]},
        {"e4s/spack.lock": [a_node("hdf5")], "hep/spack.lock": [a_node("hdf5"), a_node("python")]},
        damage={"hep/spack.lock": ('"concrete_specs": {', '"concrete_specs": ')},
    ),
}
"""The pairs of rules on records."""


def all_pairs() -> dict[str, Pair | IndexPair]:
    """Return each rule's pair."""
    pairs: dict[str, Pair | IndexPair] = {**PAIRS, **INDEX_PAIRS}
    return pairs | {rule: pairs[mirror].swapped() for rule, mirror in SWAPPED.items()}


def _write_indexes(directory: Path, pair: IndexPair) -> None:
    for side, locks in (("old", pair.old), ("new", pair.new)):
        shutil.rmtree(directory / side, ignore_errors=True)
        for path, nodes in locks.items():
            text = write_lock(nodes) if path.endswith(".lock") else write_database(nodes, pair.uncached)
            if side == "new" and path in pair.damage:
                sound, broken = pair.damage[path]
                assert sound in text
                text = text.replace(sound, broken, 1)
            (directory / side / path).parent.mkdir(parents=True, exist_ok=True)
            (directory / side / path).write_text(text, encoding="utf-8")


def write_pair(directory: Path, pair: Pair | IndexPair) -> None:
    """Write one pair as `old` and `new` in a directory, in place of what is there."""
    if isinstance(pair, IndexPair):
        _write_indexes(directory, pair)
        return
    old = {package: _write_page("old", package, specs, pair.old_tag) for package, specs in pair.old.items()}
    new = {
        package: _write_page("new", package, specs, pair.new_tag, pair.claims.get(package))
        for package, specs in pair.new.items()
    }
    for package, (sound, broken) in pair.damage.items():
        assert sound in new[package]
        new[package] = new[package].replace(sound, broken, 1)
    for side, texts in (("old", old), ("new", new)):
        shutil.rmtree(directory / side, ignore_errors=True)
        write_snapshot(directory / side, dict(texts))
    for stack, nodes in pair.locks.items():
        lock = directory / "locks" / stack / "spack.lock"
        lock.parent.mkdir(parents=True, exist_ok=True)
        lock.write_text(write_lock(nodes), encoding="utf-8")
    if pair.policy:
        (directory / "cachediff.yaml").write_text(pair.policy, encoding="utf-8")


def _write_page(side: str, package: str, specs: list[Entry], tag: str, claims: dict[str, Any] | None = None) -> str:
    """Return one page's text: hashes are made of the side, so that each spec is rebuilt; `claims` go over its `meta`."""
    entries = [an_entry(**{"hash": a_hash_of(f"{side}/{package}/{index}"), **fields}) for index, fields in enumerate(specs)]
    entries.sort(key=lambda entry: str(entry["hash"]))
    return a_page(package, entries, tag=tag, meta=a_meta(entries) | (claims or {}))


def main() -> None:
    """Write every pair; a directory that is no rule's goes."""
    pairs = all_pairs()
    for directory in FIXTURES.iterdir() if FIXTURES.exists() else ():
        if directory.name not in pairs:
            shutil.rmtree(directory)
    for rule, pair in pairs.items():
        write_pair(FIXTURES / rule, pair)


if __name__ == "__main__":
    main()
