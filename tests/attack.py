"""What a pull request may lay in a checkout to be run.

Each file leaves a mark that names it, if it is imported, sourced or executed.
"""

from __future__ import annotations

import sys
import sysconfig
from typing import TYPE_CHECKING

from tests.commands import ROOT
from tests.repositories import Repository

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_DEPENDENCIES = (
    "archspec click deepdiff github gitlab jinja2 jsonschema jsonschema_rs msgspec requests rich typer urllib3 yaml"
    " setuptools wheel"
)
_MODULES = {
    *sys.stdlib_module_names,
    *_DEPENDENCIES.split(),
    "sitecustomize",
    "usercustomize",
    "setup",
    "conftest",
    "startup",
}
_PACKAGES = ("cachediff", "ensurepip", "hatchling", "packaging", "pip", "venv")
_COMMANDS = (
    "bash cat chmod cp dirname env git git-remote-https git-upload-pack less ls mkdir mktemp mv pager pip3 pwd pyenv python "
    "python3 readlink rm sed sh ssh tr uname vi bin/python bin/python3 bin/pip bin/git bin/cachediff .github/gate/install "
    ".github/gate/compare"
)
_HOOKS = "fsmonitor-watchman post-checkout post-index-change pre-auto-gc reference-transaction"
_PROGRAMS = {*_COMMANDS.split(), *(f"hooks/{name}" for name in _HOOKS.split()), "python{}.{}".format(*sys.version_info)}
_SOURCED = [".bash_env", ".bash_login", ".bash_logout", ".bash_profile", ".bashrc", ".profile", ".inputrc", ".env", ".envrc"]
_LIBRARIES = ["libc.so.6", "libpcre2-8.so.0", "libpthread.so.0", "libtinfo.so.6", "libz.so.1", "libssl.so.3"]

VARIABLES = {
    "PYTHONPATH": ".",
    "PYTHONHOME": ".",
    "PYTHONSTARTUP": "startup.py",
    "PYTHONUSERBASE": ".",
    "PYTHONPYCACHEPREFIX": "pycache",
    "VIRTUAL_ENV": ".",
    "PIP_CONFIG_FILE": "pip.conf",
    "PIP_CONSTRAINT": "constraints.txt",
    "PIP_PYTHON": "./python3",
    "PIP_REQUIREMENT": "requirements.txt",
    "PIP_TARGET": ".",
    "ENV": ".profile",
    "CDPATH": ".",
    "GIT_PAGER": "./pager",
    "GIT_SSH_COMMAND": "./ssh",
    "GIT_EXTERNAL_DIFF": "./vi",
}
"""Variables that somebody may have set for a job, with relative names, which the checkout then has."""


def lay(directory: Path, marks: Path) -> dict[str, str]:
    """Lay every file in a checkout; return the variables that lead there, with PATH and HOME."""
    marks.mkdir()
    for name, text in _list_files(directory, marks):
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        if text.startswith("#!"):
            path.chmod(0o755)
    paths = {"HOME": str(directory), "XDG_CONFIG_HOME": str(directory / ".config")}
    return VARIABLES | paths


def _list_files(directory: Path, marks: Path) -> Iterator[tuple[str, str]]:
    def python(name: str) -> str:
        return f"open({str(marks / name.replace('/', '.'))!r}, 'w').close()\n"

    def shell(name: str) -> str:
        return f": > '{marks / name.replace('/', '.')}'\n"

    for module in _MODULES - {*_PACKAGES}:
        yield f"{module}.py", python(f"{module}.py")
    for package in _PACKAGES:
        for name in (f"{package}/__init__.py", f"{package}/__main__.py"):
            yield name, python(name)
    for program in _PROGRAMS:
        yield program, f"#!/bin/sh\n{shell(program)}exit 1\n"
    for name in _SOURCED:
        yield name, shell(name)
    for name in _LIBRARIES:
        yield name, "no library\n"
    yield from _list_configuration(directory, marks)


def _list_configuration(directory: Path, marks: Path) -> Iterator[tuple[str, str]]:
    for name in ("pip.conf", ".pip/pip.conf", ".config/pip/pip.conf", ".config/pip/pip.ini"):
        yield name, f"[global]\nlog = {marks / name.replace('/', '.')}\nindex-url = http://localhost:1/\n"
    for name in ("requirements.txt", "constraints.txt", ".ci/requirements/action.txt"):
        yield name, "cachediff==0 --hash=sha256:0\n"
    for name in ("setup.cfg", ".pydistutils.cfg", "tox.ini"):
        yield name, f"[install]\nprefix = {directory}\n[global]\nverbose = 3\n"
    yield "pyproject.toml", '[build-system]\nrequires = []\nbuild-backend = "setup"\nbackend-path = ["."]\n'
    yield "hatch.toml", "[build.hooks.custom]\n"
    yield "pyvenv.cfg", f"home = {directory}\ninclude-system-site-packages = true\n"
    yield "attack.pth", f"import os; open({str(marks / 'attack.pth')!r}, 'w').close()\n"
    yield "action.yml", "name: none\n"
    yield ".netrc", "machine localhost login a password b\n"
    yield ".pypirc", "[distutils]\nindex-servers =\n"
    yield ".python-version", "2.7\n"
    yield ".gitattributes", "* filter=x diff=x merge=x\n"
    yield (
        ".gitmodules",
        f'[submodule "x"]\n\tpath = x\n\turl = ext::sh -c touch% {marks}/.gitmodules\n'
        f"\tupdate = !touch {marks}/.gitmodules\n",
    )
    yield ".lfsconfig", "[lfs]\n\turl = http://localhost:1/\n"
    touch = f"touch {marks}/.gitconfig"
    config = f"""\
[core]
\thooksPath = {directory}/hooks
\tfsmonitor = {touch}
\tsshCommand = {touch}
\tpager = {touch}
\teditor = {touch}
\taskPass = {directory}/vi
[init]
\ttemplateDir = {directory}
[credential]
\thelper = !{touch}
[diff]
\texternal = {touch}
[filter "x"]
\tclean = {touch}
\tsmudge = {touch}
\tprocess = {touch}
\trequired = true
[safe]
\tbareRepository = all
[protocol]
\tallow = always
[url "ext::sh -c touch% {marks}/.gitconfig"]
\tinsteadOf = /
"""
    yield ".gitconfig", config
    yield ".config/git/config", config


_BACKEND = """\
import zipfile


def build_wheel(directory, settings=None, metadata=None):
    name, about = "cachediff-0-py3-none-any.whl", "cachediff-0.dist-info"
    with zipfile.ZipFile(f"{directory}/{name}", "w") as wheel:
        wheel.writestr("cachediff.pth", PTH)
        wheel.writestr(f"{about}/METADATA", "Metadata-Version: 2.1\\nName: cachediff\\nVersion: 0\\n")
        wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\\nGenerator: x\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(f"{about}/RECORD", "".join(f"{one},,\\n" for one in wheel.namelist()))
    return name
"""


def make_action(path: Path) -> Repository:
    """Return a checkout of cachediff with the real scripts of the gate, which needs no network.

    What is installed leads to the cachediff and the packages that the tests run with.
    """
    made = Repository(path)
    for script in ("install", "compare"):
        copy = path / ".github" / "gate" / script
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes((ROOT / ".github" / "gate" / script).read_bytes())
        copy.chmod(0o755)
    (path / ".ci" / "requirements").mkdir(parents=True)
    (path / ".ci" / "requirements" / "action.txt").write_text("# nothing\n", encoding="utf-8")
    build = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    (path / "pyproject.toml").write_text(f'{build}[project]\nname = "cachediff"\nversion = "0"\n', encoding="utf-8")
    packages = "\n".join([str(ROOT), *dict.fromkeys((sysconfig.get_path("purelib"), sysconfig.get_path("platlib")))])
    (path / "backend.py").write_text(f"PTH = {packages!r}\n{_BACKEND}", encoding="utf-8")
    made.commit()
    return made
