"""The page in a real browser: Debian's Chromium, driven by Playwright, without a network.

The tests are skipped where there is no Playwright (`pip install playwright`; no browser of its own is needed) or no
Chromium. CACHEDIFF_CHROMIUM says where Chromium is if it is not on the path. AXE_CORE says where npm has put axe-core's
`axe.min.js`.
"""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from cachediff import render

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize

    from cachediff.domain.report import Report

_SWITCHES = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
_VIEWPORT: ViewportSize = {"width": 1280, "height": 900}
_NAMES = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Return a running Chromium."""
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    path = os.environ.get("CACHEDIFF_CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)
    if path is None:
        pytest.skip("Chromium is not installed, or CACHEDIFF_CHROMIUM does not say where it is")
    with playwright.sync_playwright() as running:
        found = running.chromium.launch(executable_path=path, args=list(_SWITCHES))
        yield found
        found.close()


@pytest.fixture(scope="session")
def shared(browser: Browser) -> BrowserContext:
    """Return what pages without options of their own are opened in, each in a tab: a context for each takes longer."""
    return browser.new_context(viewport=_VIEWPORT, offline=True)


@pytest.fixture
def complaints() -> Iterator[list[str]]:
    """Return what pages say on their console, which policy they break, and what they ask for.

    At the end there must be nothing.
    """
    found: list[str] = []
    yield found
    assert found == []


@pytest.fixture
def open_page(
    browser: Browser, shared: BrowserContext, tmp_path: Path, complaints: list[str]
) -> Iterator[Callable[..., Page]]:
    """Return a function that opens a report's page from a file, with options of Playwright's context."""

    def open_report(report: Report, **options: object) -> Page:
        path = tmp_path / "report.html"
        path.write_text(render(report, "html"), encoding="utf-8")
        context = browser.new_context(**{"viewport": _VIEWPORT, "offline": True} | options) if options else shared  # type: ignore[arg-type]
        page = context.new_page()
        page.on("console", lambda message: complaints.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
        page.on(
            "request",
            lambda request: complaints.append(f"asked for {request.url}") if not _is_own(request.url, path) else None,
        )
        page.add_init_script(
            "addEventListener('securitypolicyviolation', (event) => console.error(`policy: ${event.violatedDirective}`))"
        )
        page.goto(path.as_uri())
        return page

    yield open_report
    for page in shared.pages[:1]:
        page.evaluate("localStorage.clear()")
    for page in shared.pages:
        page.close()
    for context in browser.contexts:
        if context != shared:
            context.close()


def _is_own(url: str, path: Path) -> bool:
    return url.partition("#")[0] == path.as_uri() or url.startswith("data:image/svg+xml,")
