"""The JSON report: the contract that other tools read (schemas/report.schema.json)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from cachediff.model import Report
    from cachediff.render.options import Options


def render_json(report: Report, options: Options) -> str:
    """Return the report as JSON, field by field as the model names them."""
    del options
    return msgspec.json.format(msgspec.json.encode(report), indent=2).decode() + "\n"
