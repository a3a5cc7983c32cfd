"""What a person who knows SQL would reach for: `python -m benchmarks.peers OLD NEW`.

DuckDB reads the same JSON, spells compilers and variants alike, sorts out equal hashes and counts coordinates on both sides.
It knows nothing of unknown compilers, of changed pairs or of coverage, and validates nothing.
"""

from __future__ import annotations

import importlib
import json
import sys

_NO_DUCKDB = 69  # as in sysexits: a service is unavailable

_QUERY = r"""
WITH page AS (
    SELECT side, regexp_extract(content, 'title: "([^"]*)"', 1) AS package,
           from_json(regexp_extract(content, '\nspec_details: ([^\n]*)', 1),
                     '[{"hash": "VARCHAR", "compiler": "VARCHAR", "platform": "VARCHAR", "os": "VARCHAR",
                        "target": "VARCHAR", "variants": ["VARCHAR"], "versions": ["VARCHAR"]}]') AS specs
    FROM (SELECT 'old' AS side, content FROM read_text($old) UNION ALL SELECT 'new', content FROM read_text($new))
), spec AS (
    SELECT side, package, unnest(specs) AS s FROM page
), spelled AS (
    SELECT side, package, s.hash AS hash, s.platform, s.os, s.target, s.versions[1] AS version,
           replace(replace(s.compiler, '@=', '@'), 'oneapi@', 'intel-oneapi-compilers@') AS compiler,
           replace(array_to_string(s.variants, ' '), ':=', '=') AS variants
    FROM spec
), kept AS (
    SELECT package, hash FROM spelled GROUP BY ALL HAVING count(DISTINCT side) = 2
), coordinates AS (
    SELECT count(*) FILTER (side = 'old') AS olds, count(*) FILTER (side = 'new') AS news
    FROM spelled ANTI JOIN kept USING (package, hash)
    GROUP BY package, platform, os, target, version, compiler, variants
)
SELECT (SELECT count(*) FROM kept), sum(least(olds, news)), sum(greatest(news - olds, 0)), sum(greatest(olds - news, 0))
FROM coordinates
"""


def main() -> int:
    """Run the command line; exit code 69 says that DuckDB is not installed."""
    old, new = sys.argv[1:]
    try:
        duckdb = importlib.import_module("duckdb")
    except ImportError:
        sys.stderr.write("DuckDB is not installed: pip install duckdb\n")
        return _NO_DUCKDB
    patterns = {"old": f"{old}/*/specs.md", "new": f"{new}/*/specs.md"}
    counts = duckdb.execute(_QUERY, patterns).fetchone()
    answer = dict(zip(("unchanged", "rebuilt", "added", "removed"), map(int, counts), strict=True))
    sys.stdout.write(json.dumps(answer) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
