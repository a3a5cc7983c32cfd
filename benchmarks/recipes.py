"""Generated packages: a name, some versions and the sets of variants that their specs are built with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

    from benchmarks.places import Place

# A variant is written as new pages spell it (`:=` for multi-valued ones); the key is its name, by which pages sort.
Variants = dict[str, str]

_LANGUAGELESS = 0.3  # the share of packages whose compiler NEW gives as `none`
_GPU = 0.25  # the share of packages that can be built with +cuda or +rocm
_CUDA_ARCHS = ("70", "80", "90", "80,90")
_AMDGPU_TARGETS = ("gfx90a", "gfx908", "gfx942", "gfx906,gfx90a")

_BUILD_SYSTEMS = ("cmake", "cmake", "cmake", "autotools", "autotools", "makefile", "meson", "generic")
_BOOLEANS = (
    *("asan", "binutils", "blas", "bzip2", "cxx", "debug", "doc", "doxygen", "examples", "fftw", "fortran", "gui"),
    *("hdf5", "hl", "hwloc", "ipv6", "java", "json", "lapack", "libxml2", "lz4", "metis", "mpi", "native"),
    *("ncurses", "netcdf", "numa", "openmp", "openssl", "optimize", "papi", "parmetis", "pic", "profile", "pthreads"),
    *("python", "readline", "scalapack", "shared", "ssl", "static", "strip", "superlu-dist", "szip", "termlib"),
    *("tests", "threadsafe", "tls", "tools", "trilinos", "visualization", "x11", "xz", "zlib", "zstd"),
)
_SINGLE_VALUED = {
    "api": ("default", "v110", "v114"),
    "cxxstd": ("11", "14", "17", "20"),
    "file_lock": ("FLOCK", "FNCTL", "NONE"),
    "precision": ("single", "double"),
    "resource_manager": ("SLURM", "LSF", "NONE"),
    "scr_config": ("scr.conf",),
    "threads": ("none", "openmp", "pthreads"),
}
_MULTI_VALUED = {
    "compression": ("none", "lz4,zlib", "zstd"),
    "conduits": ("none", "smp", "mpi,smp"),
    "fabrics": ("none", "ofi,ucx", "cma,knem,ucx"),
    "languages": ("'c,c++,fortran'", "'c,c++'", "c,fortran"),
    "libs": ("shared", "shared,static", "static"),
    "patches": ("2bc4f2b", "0c8fd8f,d1a9e03", "7f3a2bb"),
    "schedulers": ("none", "slurm", "slurm,tm"),
}


@dataclass(frozen=True, slots=True)
class Recipe:
    """One package: versions newest first; flavours are its sets of variants, the usual one first."""

    name: str
    versions: tuple[str, ...]
    flavours: tuple[Variants, ...]
    is_gpu: bool
    is_languageless: bool

    def variants(self, place: Place, rng: random.Random) -> tuple[str, ...]:
        """The variants of one spec built at a place: a flavour, with the GPUs that the place builds for."""
        chosen = self.flavours[0] if rng.random() < 0.7 else rng.choice(self.flavours)
        if self.is_gpu and place.gpus and rng.random() < 0.6:
            chosen = chosen | _gpu_variants(rng.choice(place.gpus), rng)
        return spelled(chosen)


def spelled(variants: Variants) -> tuple[str, ...]:
    """Variants in the order of a page: by name."""
    return tuple(variants[name] for name in sorted(variants))


def flipped(variants: Variants, count: int, rng: random.Random) -> Variants:
    """The same variants with up to `count` of the booleans turned over."""
    names = [name for name in sorted(variants) if "=" not in variants[name] and name not in {"cuda", "rocm"}]
    changed = dict(variants)
    for name in rng.sample(names, min(count, len(names))):
        changed[name] = ("~" if changed[name][0] == "+" else "+") + name
    return changed


def a_recipe(name: str, rng: random.Random) -> Recipe:
    """A random package of this name."""
    is_languageless = rng.random() < _LANGUAGELESS
    is_gpu = not is_languageless and rng.random() < _GPU
    usual = _usual_flavour(is_languageless, is_gpu, rng)
    others = (flipped(usual, rng.randint(1, 3), rng) for _ in range(rng.randint(0, 3)))
    return Recipe(name, _versions(rng), (usual, *others), is_gpu, is_languageless)


def _usual_flavour(is_languageless: bool, is_gpu: bool, rng: random.Random) -> Variants:
    build_system = "python_pip" if is_languageless else rng.choice(_BUILD_SYSTEMS)
    variants = {"build_system": f"build_system={build_system}"}
    if build_system == "cmake":
        variants |= {"build_type": "build_type=Release", "generator": "generator=make", "ipo": "~ipo"}
    if is_gpu:
        variants |= {"cuda": "~cuda", "rocm": "~rocm"}
    for table, mark, most in ((_SINGLE_VALUED, "=", 2), (_MULTI_VALUED, ":=", 2)):
        for name in rng.sample(sorted(table), rng.randint(0, most)):
            variants[name] = f"{name}{mark}{rng.choice(table[name])}"
    booleans = rng.sample(_BOOLEANS, max(2, rng.randint(6, 14) - len(variants)))
    return variants | {name: rng.choice("+~~") + name for name in booleans}


def _gpu_variants(gpu: str, rng: random.Random) -> Variants:
    if gpu == "cuda":
        return {"cuda": "+cuda", "cuda_arch": f"cuda_arch:={rng.choice(_CUDA_ARCHS)}"}
    return {"rocm": "+rocm", "amdgpu_target": f"amdgpu_target:={rng.choice(_AMDGPU_TARGETS)}"}


def _versions(rng: random.Random) -> tuple[str, ...]:
    first = rng.choice((rng.randint(0, 14), rng.randint(2021, 2025)))
    second = rng.randint(0, 30)
    last = f".{rng.randint(0, 9)}" if rng.random() < 0.8 else ""
    older = rng.sample(range(second), min(second, rng.choice((0, 0, 1, 1, 2))))
    return tuple(f"{first}.{minor}{last}" for minor in (second, *sorted(older, reverse=True)))
