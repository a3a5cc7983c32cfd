"""What each command imports: start-up time is a feature, so heavy libraries come with the code path that needs them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.builders import a_page, an_entry, write_snapshot
from tests.commands import REAL, WEEK, run_code

if TYPE_CHECKING:
    from pathlib import Path

RUN = """
import sys
from cachediff.cli.main import run

code = run(sys.argv[1:])
print(code, *sorted({name.partition(".")[0] for name in sys.modules}), file=sys.stderr)
"""


def imported_by(*arguments: str) -> set[str]:
    """Return the top-level modules that a command has imported when it ends."""
    ended = run_code(RUN, *arguments)
    code, *modules = ended.stderr.splitlines()[-1].split()
    assert code in {"0", "1"}
    return set(modules)


def test_importing_the_library_imports_no_library() -> None:
    code = "import sys; before = set(sys.modules); import cachediff; print(*sorted(set(sys.modules) - before))"
    ours = {"cachediff", "cachediff.version"}
    modules = set(run_code(code).stdout.split()) - ours
    assert not modules & {
        "deepdiff",
        "jsonschema",
        "jsonschema_rs",
        "rich",
        "jinja2",
        "typer",
        "msgspec",
        "yaml",
        "archspec",
    }
    assert not {name for name in modules if name.startswith("cachediff")}


@pytest.mark.parametrize("arguments", [("--version",), ("--help",), ("diff", "--help"), ("schema", "page")])
def test_help_and_version_import_no_library_but_typer(arguments: tuple[str, ...]) -> None:
    heavy = {"yaml", "deepdiff", "jsonschema", "jsonschema_rs", "rich", "archspec", "jinja2", "numpy", "pydantic"}
    # `schema` writes to stdout as reports do, and so knows what a report is.
    heavy |= set() if arguments[0] == "schema" else {"msgspec"}
    assert imported_by(*arguments) & heavy == set()


def test_rules_imports_no_reader() -> None:
    assert (
        imported_by("rules", "os-dropped") & {"yaml", "deepdiff", "jsonschema", "jsonschema_rs", "rich", "jinja2"} == set()
    )


def test_valid_comparison_without_changed_specs_imports_nothing_that_explains(tmp_path: Path) -> None:
    write_snapshot(tmp_path / "old", {"zlib": a_page("zlib", [an_entry(1)]), "gone": a_page("gone", [an_entry(2)])})
    write_snapshot(tmp_path / "new", {"zlib": a_page("zlib", [an_entry(3)]), "come": a_page("come", [an_entry(4)])})
    explaining = {"jsonschema", "deepdiff", "yaml", "rich", "jinja2"}
    for format in ("text", "markdown", "json"):
        assert imported_by(str(tmp_path / "old"), str(tmp_path / "new"), "-f", format) & explaining == set()


def test_real_comparison_imports_deepdiff_alone_of_what_explains() -> None:
    assert imported_by(*WEEK) & {"jsonschema", "deepdiff", "yaml", "rich", "jinja2"} == {"deepdiff"}


def test_validating_imports_nothing_that_compares() -> None:
    seed = str(REAL / "seeds" / "2025-03-23")
    assert imported_by("validate", seed) & {"jsonschema", "deepdiff", "yaml", "rich", "jinja2", "archspec"} == set()


@pytest.mark.parametrize("format", ["text", "json", "markdown"])
def test_a_comparison_of_generated_pages_imports_one_renderer_and_no_validator(tmp_path: Path, format: str) -> None:
    """What the generator writes is valid by its text, pages have no graph, and one command and one format are asked for."""
    for side in ("old", "new"):
        write_snapshot(tmp_path / side, {"zlib": a_page("zlib", [an_entry(1)])})
    ended = run_code(
        RUN.replace('{name.partition(".")[0] for name in sys.modules}', "sys.modules"),
        *map(str, (tmp_path / "old", tmp_path / "new")),
        "-f",
        format,
    )
    modules = set(ended.stderr.split())
    assert f"cachediff.render.{format}" in modules
    assert not modules & {"jsonschema_rs", "cachediff.render.html", "cachediff.render.junit", "cachediff.render.csv"}
    assert not modules & {
        "cachediff.comparison.graphs",
        "cachediff.review.locks",
        "cachediff.cli.latest",
        "cachediff.cli.show",
    }


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [("diff", "--help"), ("difff", "new"), ("policy", "check", "--help"), ("--version",)])
def test_one_command_alone_is_what_all_are(arguments: tuple[str, ...]) -> None:
    """Only the command that is asked for is built: nobody can tell."""
    all_built = RUN.replace(
        "code = run",
        "import cachediff.cli.main as main\nmain._choose_commands = lambda arguments: main._COMMANDS\ncode = run",
    )
    ended, expected = run_code(RUN, *arguments), run_code(all_built, *arguments)
    assert (ended.stdout, ended.stderr.splitlines()[:-1]) == (expected.stdout, expected.stderr.splitlines()[:-1])
    assert ended.stdout or len(ended.stderr.splitlines()) > 1
