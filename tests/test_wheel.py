"""The wheel holds what the package needs and nothing else, and works from where it is installed."""

from __future__ import annotations

import sys
import zipfile
from email.parser import Parser
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

from cachediff.version import __version__
from tests.commands import ROOT, environment
from tests.processes import execute

if TYPE_CHECKING:
    from pathlib import Path

INFO = f"cachediff-{__version__}.dist-info"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the project's wheel, built by hatchling: the installed one, or else one from the network."""
    directory = tmp_path_factory.mktemp("wheel")
    isolation = ["--no-isolation"] if find_spec("hatchling") else []
    command = [sys.executable, "-m", "build", "--wheel", *isolation, "--outdir", str(directory), str(ROOT)]
    built = execute(command, capture_output=True, encoding="utf-8", check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    (path,) = directory.glob("*.whl")
    return path


def test_wheel_holds_the_package_its_schemas_and_its_licence(wheel: Path) -> None:
    found = set(zipfile.ZipFile(wheel).namelist())
    package = ROOT / "cachediff"
    modules = {f"cachediff/{path.relative_to(package)}" for path in package.rglob("*.py")}
    data = {
        f"cachediff/{path.relative_to(package)}"
        for path in package.rglob("*")
        if path.is_file() and path.suffix not in (".py", ".pyc")
    }
    schemas = {f"cachediff/schemas/{path.name}" for path in (ROOT / "schemas").iterdir()}
    info = {f"{INFO}/{name}" for name in ("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE")}
    assert "cachediff/py.typed" in data
    assert {"cachediff/schemas/page.schema.json", "cachediff/schemas/report.schema.json"} <= schemas
    assert found == modules | data | schemas | info


def test_wheel_says_what_it_is(wheel: Path) -> None:
    content = zipfile.ZipFile(wheel)
    metadata = Parser().parsestr(content.read(f"{INFO}/METADATA").decode())
    assert metadata["Version"] == __version__
    assert metadata["License-Expression"] == "Apache-2.0 OR MIT"
    assert metadata["Requires-Python"] == ">=3.11"
    assert "\ncachediff = cachediff." in content.read(f"{INFO}/entry_points.txt").decode()


@pytest.mark.slow
def test_wheel_works_where_it_is_installed(wheel: Path, tmp_path: Path) -> None:
    target = tmp_path / "site"
    install = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        "--target",
        str(target),
        str(wheel),
    ]
    execute(install, check=True, capture_output=True)
    code = (
        "import cachediff.cli.main, sys; from cachediff.text.schema import load_schema, schema_path\n"
        "print(load_schema('page')['title'], load_schema('report')['title'], schema_path('page'), "
        "cachediff.cli.main.__file__, sep='\\n')\n"
        "sys.exit(cachediff.cli.main.run(sys.argv[1:]))"
    )
    old, new = (str(ROOT / "fixtures" / "real" / "week" / side) for side in ("old", "new"))
    variables = environment(PYTHONPATH=str(target))
    command = [sys.executable, "-c", code, old, new, "-q"]
    ended = execute(command, cwd=tmp_path, env=variables, capture_output=True, encoding="utf-8", check=False)
    page, report, path, module, verdict = ended.stdout.splitlines()
    assert ended.returncode == 1
    assert page
    assert report
    assert path == str(target / "cachediff" / "schemas" / "page.schema.json")
    assert module == str(target / "cachediff" / "cli" / "main.py")
    assert verdict.startswith("fail: ")
