"""Where generated specs are built: sets of stacks, each tied to one platform, os, target and its compilers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """Stacks that share their specs (`root` left out; none at all for an orphan), and what they build on and with.

    There is one object a place, so it compares by identity.
    """

    stacks: tuple[str, ...]
    platform: str
    os: str
    target: str
    compilers: tuple[str, ...]
    gpus: tuple[str, ...] = ()

    @property
    def cells(self) -> tuple[tuple[str, str, str, str], ...]:
        """One (stack, platform, os, target) a stack."""
        return tuple((stack, self.platform, self.os, self.target) for stack in self.stacks)


def _place(stacks: str, arch: str, compilers: str, gpus: str = "") -> Place:
    platform, os, target = arch.split()
    return Place(tuple(sorted(stacks.split())), platform, os, target, tuple(compilers.split()), tuple(gpus.split()))


_SEQUOIA = "darwin sequoia aarch64"
_NOBLE_X86 = "linux ubuntu24.04 x86_64_v3"
_NOBLE_ARM = "linux ubuntu24.04 aarch64"
_JAMMY_X86 = "linux ubuntu22.04 x86_64_v3"
_ML_X86 = "ml-linux-x86_64-cpu ml-linux-x86_64-cuda ml-linux-x86_64-rocm"

# The 27 stacks and most of the combinations are those of the published pages from 2024-06 to 2025-04.
PLACES = (
    _place("e4s", _JAMMY_X86, "gcc@11.4.0 gcc@12.3.0", "cuda rocm"),
    _place("e4s-oneapi", _JAMMY_X86, "intel-oneapi-compilers@2024.2.1"),
    _place("e4s-neoverse-v2", "linux ubuntu22.04 neoverse_v2", "gcc@11.4.0", "cuda"),
    _place("e4s-rocm-external", _JAMMY_X86, "gcc@11.4.0", "rocm"),
    _place("e4s e4s-rocm-external", _JAMMY_X86, "gcc@11.4.0"),
    _place("tutorial", _JAMMY_X86, "gcc@11.4.0 gcc@12.3.0"),
    _place("hep", _JAMMY_X86, "gcc@11.4.0"),
    _place(f"bootstrap-x86_64-linux-gnu {_ML_X86}", _NOBLE_X86, "gcc@13.2.0"),
    _place(_ML_X86, _NOBLE_X86, "gcc@13.2.0"),
    _place("ml-linux-x86_64-cuda", _NOBLE_X86, "gcc@13.2.0", "cuda"),
    _place("ml-linux-x86_64-rocm", _NOBLE_X86, "gcc@13.2.0", "rocm"),
    _place("bootstrap-x86_64-linux-gnu", _NOBLE_X86, "gcc@13.2.0"),
    _place("ml-linux-aarch64-cpu ml-linux-aarch64-cuda", _NOBLE_ARM, "gcc@13.2.0"),
    _place("ml-linux-aarch64-cuda", _NOBLE_ARM, "gcc@13.2.0", "cuda"),
    _place("ml-darwin-aarch64-mps", _SEQUOIA, "apple-clang@16.0.0"),
    _place("bootstrap-aarch64-darwin ml-darwin-aarch64-mps", _SEQUOIA, "apple-clang@16.0.0"),
    _place("bootstrap-aarch64-darwin", _SEQUOIA, "apple-clang@16.0.0"),
    _place("developer-tools-darwin", _SEQUOIA, "apple-clang@16.0.0"),
    _place("developer-tools-aarch64-linux-gnu", "linux rhel8 aarch64", "gcc@13.3.0"),
    _place("developer-tools-x86_64_v3-linux-gnu", "linux centos7 x86_64_v3", "gcc@10.5.0 gcc@13.3.0"),
    _place("radiuss", "linux ubuntu18.04 x86_64_v3", "gcc@7.5.0"),
    _place("build_systems radiuss", "linux ubuntu18.04 x86_64_v3", "gcc@7.5.0"),
    _place("build_systems", "linux ubuntu18.04 x86_64_v3", "gcc@7.5.0"),
    _place("data-vis-sdk", "linux ubuntu20.04 x86_64_v3", "gcc@11.1.0"),
    _place("e4s-cray-rhel", "linux rhel8 x86_64_v3", "cce@18.0.0"),
    _place("e4s-cray-sles", "linux sles15 zen4", "cce@18.0.0"),
    _place("radiuss-aws", "linux amzn2 x86_64_v3", "gcc@7.3.1", "cuda"),
    _place("radiuss-aws-aarch64", "linux amzn2 aarch64", "gcc@7.3.1"),
    _place("e4s-power", "linux ubuntu20.04 ppc64le", "gcc@9.4.0"),
    _place("e4s-neoverse_v1", "linux ubuntu22.04 neoverse_v1", "gcc@11.4.0"),
    _place("aws-pcluster-neoverse_v1", "linux amzn2 neoverse_v1", "gcc@12.3.0"),
    _place("aws-pcluster-x86_64_v4", "linux amzn2 x86_64_v4", "gcc@12.3.0 intel-oneapi-compilers@2024.1.0"),
    _place("aws-pcluster-x86_64_v4", "linux amzn2 x86_64_v3", "gcc@12.3.0"),
    _place("", _JAMMY_X86, "gcc@11.4.0"),
)
