"""What one would write in an afternoon: `python -m benchmarks.naive OLD NEW [--schema FILE]`.

PyYAML reads the front matter, jsonschema validates it, DeepDiff compares the specs of each package. It prints how many specs
it takes for added, removed and changed.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from pathlib import Path

import jsonschema
import yaml
from deepdiff import DeepDiff

_SCHEMA = Path(__file__).parents[1] / "schemas" / "page.schema.json"


def read_snapshot(directory: Path, schema: dict[str, object]) -> dict[str, list[object]]:
    """The specs of every package of a snapshot. Raises what yaml and jsonschema raise on a bad page."""
    specs = {}
    for path in sorted(directory.glob("*/specs.md")):
        front_matter = path.read_text(encoding="utf-8").split("\n---")[0]
        page = yaml.safe_load(front_matter)
        jsonschema.validate(page, schema)
        specs[path.parent.name] = page["spec_details"]
    return specs


def compare(old: dict[str, list[object]], new: dict[str, list[object]]) -> Counter[str]:
    """The numbers of specs added, removed and changed, package by package, as DeepDiff pairs them."""
    answer = Counter(added=0, removed=0, changed=0)
    for package in sorted(old.keys() | new.keys()):
        difference = DeepDiff(old.get(package, []), new.get(package, []), ignore_order=True)
        answer.update(_specs_by_kind(difference).values())
    return answer


def _specs_by_kind(difference: DeepDiff) -> dict[str, str]:
    """What is said of each spec of a package; a path such as `root[3]['variants'][0]` begins with the spec's position."""
    said = {}
    for kind, paths in difference.items():
        for path in paths:
            spec = path[: path.index("]") + 1]
            is_whole = kind.startswith("iterable_item") and path == spec
            said[f"{kind} {spec}" if is_whole else spec] = kind.removeprefix("iterable_item_") if is_whole else "changed"
    return said


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.naive", description=__doc__)
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    parser.add_argument("--schema", type=Path, default=_SCHEMA)
    options = parser.parse_args()
    schema = json.loads(options.schema.read_text(encoding="utf-8"))
    answer = compare(read_snapshot(options.old, schema), read_snapshot(options.new, schema))
    sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
