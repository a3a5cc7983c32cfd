"""What a maintainer does with the page: filter, choose on the map, open, copy, use the keyboard, switch to dark, print."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
import yaml

from cachediff.domain.finding import Subject
from cachediff.domain.report import CellCount, ReportedChange
from cachediff.domain.selection import Selection
from cachediff.policy.parse import parse_policy
from cachediff.policy.subjects import matches
from cachediff.render.visible import make_visible
from tests.builders import a_hash
from tests.html_reports import CENTOS, JAMMY, everything, many_findings
from tests.render_cases import the_report
from tests.reports import HOSTILE, a_finding, a_package, a_report, a_reported_spec

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from cachediff.domain.report import Report

    OpenPage = Callable[..., Page]


def rows(page: Page) -> list[str]:
    """Return the packages of the findings that are shown."""
    return page.locator("#rows .toggle").all_inner_texts()


def count(page: Page) -> str:
    """Return what the page says about how much is shown."""
    return page.locator("#count").inner_text()


def choose(page: Page, **values: str) -> None:
    """Choose filters."""
    for name, value in values.items():
        page.select_option(f"#filters [name={name}]", value)


def tick(page: Page, *names: str) -> None:
    """Show what is not shown at first."""
    for name in names:
        page.check(f"#filters [name={name}]")


def copied(page: Page) -> str:
    """Return what is on the clipboard."""
    return str(page.evaluate("navigator.clipboard.readText()"))


def square(page: Page, name: str) -> Any:
    """Return the button of a place on the map, by what it is called."""
    return page.get_by_role("button", name=name)


def header(page: Page, name: str) -> Any:
    """Return a header of the table of findings."""
    return page.locator("#rows").get_by_role("columnheader", name=name)


def wait_for(page: Page, expression: str) -> None:
    """Wait until something is true: the page's policy lets nobody wait within it."""
    for _ in range(100):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(50)
    pytest.fail(f"never true: {expression}, at {page.evaluate('scrollY')}")


def open_all(page: Page) -> None:
    """Open every row that is shown: at once, since to click on each takes a second for a few of them."""
    page.evaluate("document.querySelectorAll('#rows .toggle').forEach((one) => one.click())")
    assert page.locator("#rows .toggle:not([aria-expanded=true])").count() == 0


# --- filters -----------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_at_first_errors_and_warnings_are_shown_and_the_rest_is_counted(open_page: OpenPage) -> None:
    page = open_page(everything())
    assert rows(page) == ["the whole snapshot", "emacs", "py-pip", "emacs"]
    assert count(page) == "4 findings in 2 packages; not shown: 1 folded, 1 accepted, 1 note"
    tick(page, "note", "accepted", "folded")
    assert rows(page) == ["the whole snapshot", "gcc", "emacs", "py-pip", "emacs", "zlib"]
    assert count(page) == "7 findings in 4 packages"


@pytest.mark.slow
def test_filters_narrow_what_is_shown(open_page: OpenPage) -> None:
    page = open_page(everything())
    narrowed: list[tuple[dict[str, str], list[str]]] = [
        ({"rule": "cell-dropped"}, ["emacs"]),
        ({"stack": "hep"}, ["emacs"]),
        ({"os": "ubuntu22.04"}, ["the whole snapshot", "emacs", "emacs"]),
        ({"target": "neoverse_v2"}, ["the whole snapshot"]),
        ({"cause": "target=neoverse_v2"}, ["the whole snapshot"]),
        ({"stack": "e4s", "target": "x86_64_v3"}, ["emacs", "emacs"]),
        ({"stack": "tutorial"}, []),
    ]
    for filters, expected in narrowed:
        choose(page, **filters)
        assert rows(page) == expected, filters
        page.get_by_role("button", name="reset").click()
        assert len(rows(page)) == 4


@pytest.mark.slow
def test_what_may_be_in_any_stack_is_found_in_each(open_page: OpenPage) -> None:
    missing = a_finding("dependency-missing", message="zlib is not in the snapshot", package="zlib-ng", target="x86_64_v3")
    report = everything()
    page = open_page(msgspec.structs.replace(report, findings=(*report.findings, missing)))
    choose(page, stack="tutorial")
    assert rows(page) == ["zlib-ng"]
    choose(page, target="neoverse_v2")
    assert rows(page) == []


@pytest.mark.slow
def test_search_looks_everywhere_and_package_takes_a_name_or_a_part_of_it(open_page: OpenPage) -> None:
    page = open_page(everything())
    page.fill("[name=text]", "EMACS disables")
    assert rows(page) == ["emacs"]
    page.fill("[name=text]", "")
    page.fill("[name=package]", "py")
    assert rows(page) == ["py-pip"]
    page.fill("[name=package]", "nobody")
    assert "no finding matches" in page.locator("#rows").inner_text()


@pytest.mark.slow
def test_a_filtered_view_has_an_address(open_page: OpenPage) -> None:
    page = open_page(everything())
    choose(page, os="centos7")
    tick(page, "accepted")
    assert page.url.endswith("#os=centos7&accepted=1")
    shown = rows(page)
    page.reload()
    assert rows(page) == shown == ["gcc", "emacs"]


# --- the address -------------------------------------------------------------------------------------------------------


def opened(page: Page, address: str) -> Page:
    """Return the page as somebody sees it who is sent an address."""
    other = page.context.new_page()
    other.goto(page.url.partition("#")[0] + address)
    return other


def chips(page: Page) -> list[str]:
    """Return which filters the page says are on."""
    return page.locator("#on button").all_inner_texts()


@pytest.mark.slow
def test_back_returns_to_what_was_shown_and_where(open_page: OpenPage) -> None:
    page = open_page(everything())
    shown = rows(page)
    lost = square(page, "e4s, linux ubuntu22.04 neoverse_v2 2→0 lost")
    lost.scroll_into_view_if_needed()
    before = page.evaluate("scrollY")
    lost.click()
    wait_for(page, f"scrollY > {before}")
    tick(page, "note")
    header(page, "package").get_by_role("button").click()
    page.go_back()
    page.go_back()
    assert rows(page) == ["the whole snapshot"]
    assert lost.get_attribute("aria-pressed") == "true"
    page.go_back()
    assert rows(page) == shown
    assert lost.get_attribute("aria-pressed") == "false"
    wait_for(page, f"scrollY === {before}")
    for _ in range(3):
        page.go_forward()
    assert page.is_checked("[name=note]")
    assert header(page, "package").get_attribute("aria-sort") == "ascending"


@pytest.mark.slow
def test_what_is_typed_into_one_field_is_one_step(open_page: OpenPage) -> None:
    page = open_page(everything())
    page.locator("[name=text]").press_sequentially("emacs")
    page.locator("[name=package]").press_sequentially("ema")
    page.go_back()
    assert (page.input_value("[name=text]"), page.input_value("[name=package]")) == ("emacs", "")
    page.go_back()
    assert page.input_value("[name=text]") == ""
    assert len(rows(page)) == 4


@pytest.mark.slow
def test_a_shared_link_says_which_filters_are_on_and_they_are_taken_off_at_once_or_one_by_one(open_page: OpenPage) -> None:
    page = open_page(everything())
    assert not page.locator("#active").is_visible()
    other = opened(page, "#text=emacs&os=ubuntu22.04&note=1&error=0&sort=-package")
    assert chips(other) == ["search emacs", "os ubuntu22.04", "without errors", "with notes"]
    assert other.locator("#findings").bounding_box()["y"] < 900  # type: ignore[index]
    assert header(other, "package").get_attribute("aria-sort") == "descending"
    other.get_by_role("button", name="os ubuntu22.04").click()
    assert chips(other) == ["search emacs", "without errors", "with notes"]
    assert other.evaluate("document.activeElement.textContent") == "search emacs"
    other.get_by_role("button", name="clear all").click()
    assert not other.locator("#active").is_visible()
    assert rows(other) == ["py-pip", "emacs", "emacs", "the whole snapshot"]
    other.go_back()
    assert chips(other) == ["search emacs", "without errors", "with notes"]


@pytest.mark.slow
def test_the_contents_lead_on_and_keep_the_filters(open_page: OpenPage) -> None:
    page = open_page(everything())
    contents = page.get_by_role("navigation", name="contents")
    contents.get_by_role("link", name="coverage map").click()
    assert page.url.endswith("#at=coverage")
    choose(page, os="centos7")
    page.evaluate("scrollTo({ top: 0, behavior: 'instant' })")
    contents.get_by_role("link", name="why hashes are new").click()
    assert page.url.endswith("#os=centos7&at=rebuilds")
    wait_for(page, "document.getElementById('rebuilds').getBoundingClientRect().top < 100")
    other = opened(page, "#os=centos7&at=rebuilds")
    assert chips(other) == ["os centos7"]
    assert 0 <= other.locator("#rebuilds").bounding_box()["y"] < 100  # type: ignore[index]
    page.go_back()
    page.go_back()
    assert page.url.endswith("#at=coverage")
    assert chips(page) == []


@pytest.mark.slow
def test_an_address_that_nobody_wrote_harms_nothing(open_page: OpenPage) -> None:
    page = open_page(everything())
    shown = rows(page)
    for address in ("#stack=nowhere&clear=1&sort=constructor&at=nowhere", "#at=&sort=-&__proto__=1", "#%", "#data", "#rows"):
        assert rows(opened(page, address)) == shown


@pytest.mark.slow
def test_a_package_has_a_link_of_its_own_that_shows_all_of_it_in_full(open_page: OpenPage) -> None:
    page = open_page(everything())
    tick(page, "note", "accepted", "folded")
    page.locator("#rows .toggle", has_text="gcc").first.click()
    page.get_by_role("link", name="link to this package").click()
    assert rows(page) == ["gcc"]
    assert page.url.endswith("#package=gcc&accepted=1&folded=1")
    other = opened(page, "#" + page.url.partition("#")[2])
    assert rows(other) == ["gcc"]
    assert "2 cells lost" in other.locator("#rows .detail").inner_text()
    page.go_back()
    assert rows(page) == ["the whole snapshot", "gcc", "emacs", "py-pip", "emacs", "zlib"]


@pytest.mark.slow
def test_a_package_leads_to_its_page_at_spack_and_no_other_text_makes_an_address(open_page: OpenPage) -> None:
    names = ("py-pip", "7zip", "intel_mkl", "..", "a/b", "a&b=c", "GCC", "a b", "javascript:alert(1)", "é", "-a")
    page = open_page(a_report([a_finding(package=name) for name in names]))
    open_all(page)
    links = page.locator("#rows a:not([href^='#'])")
    addresses = {link.get_attribute("href") for link in links.all()}
    assert addresses == {f"https://packages.spack.io/package.html?name={name}" for name in names[:3]}
    assert {link.get_attribute("rel") for link in links.all()} == {"noopener"}
    for name in names:
        other = opened(page, page.locator("#rows tr", has=page.get_by_text(name, exact=True)).first.evaluate(LINK_OF))
        assert rows(other) == [name]
        other.close()


LINK_OF = "(row) => row.nextSibling.querySelector('a').getAttribute('href')"
"""Returns where the link of a row's package leads."""


@pytest.mark.slow
@pytest.mark.parametrize("length", [7, 32])
def test_a_hash_is_found_by_search_and_shown_first(open_page: OpenPage, length: int) -> None:
    specs = [msgspec.structs.replace(a_reported_spec(), hash=a_hash(number * 3**100 % 32**32)) for number in range(1, 60)]
    changes = [ReportedChange("removed", spec, None, ()) for spec in specs[:50]]
    other = a_package("readline", changes=[ReportedChange("rebuilt", specs[50], specs[51], ())])
    page = open_page(msgspec.structs.replace(everything(), packages=[a_package("gcc", changes=changes), other]))
    tick(page, "accepted")
    for slash in ("", "/"):
        page.fill("[name=text]", slash + specs[49].hash[:length])
        assert rows(page) == ["gcc"]
        assert page.locator(".pair").first.locator("mark").inner_text() == f"/{specs[49].hash[:7]}"
    page.fill("[name=text]", specs[51].hash[:length])
    assert count(page) == "0 findings; not shown: 1 package without findings"
    page.get_by_role("button", name="show 1 package without findings").click()
    assert rows(page) == ["readline"]
    assert page.is_checked("[name=other]")
    assert page.locator(".pair mark").inner_text() == f"/{specs[51].hash[:7]}"


@pytest.mark.slow
def test_a_hash_that_is_the_cause_of_new_ones_leads_to_it(open_page: OpenPage) -> None:
    page = open_page(everything())
    report = everything()
    assert report.rebuilds
    cause = report.rebuilds.causes[-1]
    details = page.locator(".rebuilds details", has_text=f"{cause.package}@")
    assert not details.is_visible()
    page.fill("[name=text]", cause.hash)
    page.get_by_role("button", name=f"{cause.package}@12.2.0").click()
    assert details.locator(".facts").is_visible()
    page.fill("[name=text]", "emacs")
    assert not page.locator("#why").inner_text()


# --- order -------------------------------------------------------------------------------------------------------------


def a_few_losses() -> Report:
    """Return a report on packages and whole snapshots of which each order is another one."""
    findings = [
        a_finding("os-removed", message="os rhel8 is gone", os="rhel8", cells=2),
        a_finding("target-removed", message="target zen4 is gone", target="zen4", cells=30),
        a_finding("stack-shrunk", message="stack e4s shrank", stack="e4s", facets=5),
        a_finding("os-dropped", package="mumps", os="rhel8"),
        a_finding("variant-disabled", "warning", package="ada", variant="shared"),
        *(a_finding("os-dropped", package="zlib", os=os) for os in ("rhel8", "rhel9")),
    ]
    packages = [a_package("ada", lost=[(JAMMY, "lost")]), a_package("mumps", lost=[(JAMMY, "lost"), (CENTOS, "lost")])]
    return a_report(findings, packages)


@pytest.mark.slow
def test_headers_sort_and_turn_the_order_round(open_page: OpenPage) -> None:
    page = open_page(a_few_losses())
    whole = "the whole snapshot"
    as_ever = [whole, whole, whole, "mumps", "zlib", "ada"]
    assert rows(page) == as_ever
    for name, way, expected in (
        ("package", "ascending", [whole, whole, whole, "ada", "mumps", "zlib"]),
        ("package", "descending", ["zlib", "mumps", "ada", whole, whole, whole]),
        ("findings", "descending", ["zlib", whole, whole, whole, "mumps", "ada"]),
        ("severity", "ascending", as_ever),
        ("severity", "descending", ["ada", whole, whole, whole, "mumps", "zlib"]),
    ):
        header(page, name).get_by_role("button").press("Enter")
        assert header(page, name).get_attribute("aria-sort") == way
        assert page.locator("#rows [aria-sort]").count() == 1
        assert rows(page) == expected
        assert page.evaluate("document.activeElement.textContent") == name


@pytest.mark.slow
def test_what_lost_most_stands_first_whether_a_package_or_the_whole_snapshot(open_page: OpenPage) -> None:
    page = open_page(a_few_losses())
    numbers = page.locator("#rows tbody td:nth-child(3)")
    assert numbers.all_inner_texts()[:3] == ["30 cells lost", "2 cells lost", "5 facets lost"]
    header(page, "numbers").get_by_role("button").click()
    assert numbers.all_inner_texts()[:3] == ["30 cells lost", "2 cells lost", "0 → 0 specs, 2 cells lost"]
    assert rows(page) == ["the whole snapshot"] * 2 + ["mumps", "ada", "the whole snapshot", "zlib"]


# --- many --------------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_5000_findings(open_page: OpenPage) -> None:
    page = open_page(many_findings())
    assert count(page) == "5,000 findings in 1,000 packages"
    assert len(rows(page)) == 50
    page.get_by_role("button", name="show 50 of them").click()
    assert len(rows(page)) == 100
    page.uncheck("[name=error]")
    assert count(page) == "1,000 findings in 1,000 packages; not shown: 4,000 errors"
    page.check("[name=error]")
    page.fill("[name=text]", "package-0999")
    assert count(page) == "5 findings in 1 package"
    page.fill("[name=text]", "")
    choose(page, stack="stack-05")
    expected = [
        finding
        for finding in many_findings().findings
        if finding.subject.stack == "stack-05" or (not finding.subject.stack and _is_in(finding.subject.package, "stack-05"))
    ]
    assert count(page).startswith(f"{len(expected)} findings")


@pytest.mark.slow
def test_5000_findings_are_painted_within_a_second_and_filtered_within_100_ms(open_page: OpenPage) -> None:
    """The best of three counts: what else the machine does is not the page's fault."""
    painted, filtered = [], []
    for _ in range(3):
        page = open_page(many_findings())
        painted.append(page.evaluate(PAINTED))
        filtered.append(max(page.evaluate(TYPE, ["text", text]) for text in ("stack-05", "package-0999", "")))
        page.close()
    assert min(painted) < 1_000
    assert min(filtered) < 100


PAINTED = """() => new Promise((resolve) => {
  const look = (list) => list.getEntriesByName("first-contentful-paint").forEach((paint) => resolve(paint.startTime));
  new PerformanceObserver(look).observe({ type: "paint", buffered: true });
})"""
"""Returns after how many milliseconds something is seen."""

TYPE = """([name, text]) => {
  const field = document.querySelector(`#filters [name=${name}]`);
  const before = performance.now();
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  document.body.getBoundingClientRect(); // lays out what is new
  return performance.now() - before;
}"""
"""Types into a field of the filters, and returns how many milliseconds the page needs to show what is left."""


def _is_in(package: str, stack: str) -> bool:
    """Return whether a package of the large report has lost a cell of a stack, or has a spec there that changed."""
    number = int(package.removeprefix("package-"))
    return stack in {f"stack-{(number + step) % 27:02}" for step in range(5)}


# --- the map -----------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_square_filters_and_unfilters(open_page: OpenPage) -> None:
    page = open_page(everything())
    lost = square(page, "e4s, linux ubuntu22.04 neoverse_v2 2→0 lost")
    lost.click()
    assert rows(page) == ["the whole snapshot"]
    assert lost.get_attribute("aria-pressed") == "true"
    lost.click()
    assert len(rows(page)) == 4
    page.get_by_role("rowheader", name="hep").get_by_role("button").click()
    assert page.input_value("[name=stack]") == "hep"
    page.get_by_role("columnheader", name="aarch64").get_by_role("button").click()
    assert [page.input_value(f"[name={name}]") for name in ("stack", "platform", "os", "target")] == [
        "",
        "darwin",
        "sequoia",
        "aarch64",
    ]


@pytest.mark.slow
def test_a_cause_filters(open_page: OpenPage) -> None:
    page = open_page(everything())
    page.get_by_role("button", name="target neoverse_v2").click()
    assert page.input_value("[name=cause]") == "target=neoverse_v2"
    assert rows(page) == ["the whole snapshot"]


@pytest.mark.slow
def test_hover_and_focus_give_the_numbers(open_page: OpenPage) -> None:
    page = open_page(everything())
    tip = page.locator("#tip")
    assert tip.is_hidden()
    square(page, "hep, linux centos7").hover()
    assert tip.inner_text().split("\n")[::2][:1] == ["hep"]
    assert "7 → 7 packages: 1 lost, 1 gained" in tip.inner_text()
    assert "lost: gcc" in tip.inner_text()
    page.keyboard.press("Escape")
    assert tip.is_hidden()
    square(page, "e4s, linux ubuntu22.04 x86_64_v3").focus()
    assert "1,200 → 1,199 packages: 3 lost, 2 gained" in tip.inner_text()


@pytest.mark.slow
def test_arrow_keys_move_on_the_map_which_is_one_tab_stop(open_page: OpenPage) -> None:
    page = open_page(everything())
    assert page.locator("#map button[tabindex='0']").count() == 1
    page.locator("#map button[tabindex='0']").focus()
    focused = "document.activeElement.textContent"
    seen = [page.evaluate(focused)]
    for key in ("ArrowDown", "ArrowDown", "ArrowRight", "ArrowRight", "ArrowDown", "ArrowUp", "ArrowUp", "ArrowLeft"):
        page.keyboard.press(key)
        seen.append(page.evaluate(focused).partition(", ")[0])
    assert seen == ["ml", "hep", "e4s", "e4s", "e4s", "tutorial", "e4s", "x86_64_v3", "neoverse_v2"]
    page.keyboard.press("Enter")
    assert page.input_value("[name=target]") == "neoverse_v2"
    assert page.locator("#map button[tabindex='0']").count() == 1


@pytest.mark.slow
def test_a_list_of_stacks_filters_and_is_one_tab_stop(open_page: OpenPage) -> None:
    places = [(f"stack-{n:02}", f"zen{n}") for n in range(45)]
    coverage = tuple(
        CellCount(stack, "linux", "rhel9", target, 9, 9, 0, 0) for stack, target in [*places, ("stack-00", "zen1")]
    )
    page = open_page(msgspec.structs.replace(everything(), coverage=coverage))
    assert page.locator("#map button[tabindex='0']").count() == 1
    page.locator("#map button[tabindex='0']").focus()
    focused = "document.activeElement.textContent"
    seen = [page.evaluate(focused)]
    for key in ("ArrowRight", "ArrowDown", "ArrowLeft", "ArrowDown", "ArrowLeft", *["ArrowDown"] * 50):
        page.keyboard.press(key)
        seen.append(page.evaluate(focused))
    assert seen[:6] == [
        "stack-00",
        "stack-00 linux rhel9 zen0",
        "stack-00 linux rhel9 zen1",
        "stack-00 linux rhel9 zen1",
        "stack-01 linux rhel9 zen1",
        "stack-01",
    ]
    assert seen[-1] == "stack-39"
    page.keyboard.press("Enter")
    assert page.input_value("[name=stack]") == "stack-39"
    page.get_by_text("5 more stacks").click()
    page.get_by_role("button", name="stack-44 linux rhel9 zen44").click()
    assert page.input_value("[name=target]") == "zen44"


# --- one row -----------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_row_opens_to_specs_side_by_side_with_what_differs_marked(open_page: OpenPage) -> None:
    page = open_page(everything())
    toggle = page.locator("#rows .toggle", has_text="emacs").first
    toggle.click()
    assert toggle.get_attribute("aria-expanded") == "true"
    detail = page.locator("#rows .detail")
    assert [mark.inner_text() for mark in detail.locator("mark").all()] == ["+native", "openmpi", "~native", "mpich"]
    assert (
        detail.locator(".pair code").first.inner_text().strip()
        == "emacs@1.0%gcc@11.4.0 +native ~gui arch=linux-centos7-x86_64_v3 /aaaaaaa"
    )
    assert "e4s linux-ubuntu22.04-x86_64_v3: nothing took its place" in detail.inner_text()
    toggle.click()
    assert detail.count() == 0


@pytest.mark.slow
def test_a_row_tells_problems_acceptances_and_what_is_folded(open_page: OpenPage) -> None:
    page = open_page(everything())
    tick(page, "note", "accepted", "folded")
    open_all(page)
    text = page.locator("#rows").inner_text()
    for said in (
        "says it for 1 package: gcc",
        "folded: a finding about the whole snapshot says it already",
        "accepted until 2025-06-01 by @spack/ci: runners retired",
        "new/py-pip/specs.md:6:2997",
        "because nothing in new has target=neoverse_v2",
        "not in old",
        "not in new",
    ):
        assert said in text, said
    line, carets = page.locator("#rows pre").inner_text().split("\n")
    assert line[carets.index("^") : carets.rindex("^") + 1] == '"EY2Q3XMN"'


@pytest.mark.slow
def test_keys_alone_reach_the_specs(open_page: OpenPage) -> None:
    page = open_page(everything())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "skip to the findings"
    page.keyboard.press("Enter")
    page.keyboard.press("/")
    page.keyboard.type("emacs disables")
    assert rows(page) == ["emacs"]
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('.toggle')"):
            break
    page.keyboard.press("Space")
    assert page.locator(".detail .pair").count() == 1


# --- copying -----------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_copy_buttons(open_page: OpenPage) -> None:
    page = open_page(everything(), permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="copy", exact=True).click()
    assert copied(page) == "cachediff old new"
    page.locator("#rows .toggle", has_text="emacs").first.click()
    page.get_by_role("button", name="copy spec").first.click()
    assert copied(page) == "emacs@1.0%gcc@11.4.0 +native ~gui arch=linux-centos7-x86_64_v3 /aaaaaaa"
    page.get_by_role("button", name="copy acceptance").click()
    assert copied(page) == (
        "  - rule: cell-dropped\n"
        "    subject: {package: emacs, stack: e4s, platform: linux, os: ubuntu22.04, target: x86_64_v3}\n"
        "    reason:  # why this may go\n"
        "    until: 2025-04-29\n"
    )


@pytest.mark.slow
def test_what_would_accept_more_than_the_part_is_not_copied(open_page: OpenPage) -> None:
    """Of one os alone, `stack-dropped` of a package would be accepted on every other, too."""
    for selection, count in ((Selection(), 1), (Selection(stack="e4s", os="rhel8"), 1), (Selection(target="zen4"), 0)):
        finding = a_finding(package="gcc", stack="e4s", os="rhel8")
        page = open_page(msgspec.structs.replace(a_report([finding]), selection=selection))
        page.locator("#rows .toggle", has_text="gcc").first.click()
        assert page.get_by_role("button", name="copy acceptance").count() == count
        assert page.get_by_text("accept what is in this part alone: cachediff accept").count() == 1 - count


@pytest.mark.slow
def test_copying_without_a_clipboard_uses_a_selection(open_page: OpenPage) -> None:
    page = open_page(everything(), permissions=["clipboard-read", "clipboard-write"])
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('no')); }")
    page.get_by_role("button", name="copy", exact=True).click()
    page.get_by_role("button", name="copied").wait_for()
    assert copied(page) == "cachediff old new"
    assert page.locator("textarea").count() == 0


@pytest.mark.slow
def test_an_acceptance_names_its_finding_and_no_other_whatever_its_subject(open_page: OpenPage) -> None:
    odd = (
        "yes",
        "1.10",
        "null",
        "~",
        "a*",
        "[x]",
        "?",
        "a: b",
        "- a",
        "e4s-neoverse_v2",
        "é",
        "🧨",
        "RULE",
        "$&",
        "__proto__",
        "constructor",
    )
    texts = sorted({*HOSTILE, *odd} - {""})
    findings = [a_finding(package=text, stack=f"x{text}") for text in texts]
    page = open_page(a_report(findings))
    for finding in findings:
        text = page.evaluate("(finding) => acceptance(finding)", msgspec.to_builtins(finding))
        (entry,) = yaml.safe_load(text)
        globs = Subject(**entry["subject"])
        assert [other.subject for other in findings if matches(globs, other.subject)] == [finding.subject]
        assert (entry["rule"], entry["reason"], str(entry["until"])) == ("os-dropped", None, "2025-04-29")
        if len(finding.subject.package) > 1_000:  # no policy takes so long a name
            continue
        policy = parse_policy("accepted:\n" + text.replace("reason: ", "reason: agreed"), "cachediff.yaml").policy
        assert [(one.rule, one.subject, one.acceptance.reason) for one in policy.accepted] == [
            ("os-dropped", globs, "agreed")
        ]


# --- how it looks ------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_without_javascript_the_page_is_read_and_offers_nothing_that_does_not_work(open_page: OpenPage) -> None:
    page = open_page(everything(), java_script_enabled=False)
    text = page.locator("body").inner_text()
    for said in (
        "fail",
        "2 causes explain 3 of 3 lost cells",
        "1,200→1,199",
        "cell-dropped",
        "runners retired",
        "need JavaScript",
    ):
        assert said in text
    assert page.locator("button:visible, input:visible, select:visible").count() == 0


def background(page: Page) -> str:
    """Return the colour of the page."""
    return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))


@pytest.mark.slow
def test_light_and_dark_follow_the_system_and_the_button(open_page: OpenPage) -> None:
    light, dark = background(open_page(everything())), background(open_page(everything(), color_scheme="dark"))
    assert light != dark
    page = open_page(everything())
    for expected in (dark, light):
        page.locator("#theme").click()
        assert background(page) == expected
        page.reload()
        assert background(page) == expected
    # What the system has was chosen last, so the system is followed again.
    page.emulate_media(color_scheme="dark")
    assert background(page) == dark


@pytest.mark.slow
def test_print_is_light_and_leaves_out_what_paper_cannot_do(open_page: OpenPage) -> None:
    page = open_page(everything(), color_scheme="dark")
    page.emulate_media(media="print")
    assert background(page) == "rgb(255, 255, 255)"
    assert page.locator("#filters, #theme, nav, button.copy").filter(visible=True).count() == 0
    assert page.pdf().startswith(b"%PDF")


@pytest.mark.slow
def test_what_is_filtered_is_on_paper_and_nothing_is_wider_than_it(open_page: OpenPage) -> None:
    page = open_page(the_report("week"), viewport={"width": 690, "height": 980})  # A4 without its margins
    tick(page, "note")
    open_all(page)
    page.emulate_media(media="print")
    assert chips(page) == ["with notes"]
    assert page.locator("#active").is_visible()
    assert not page.locator("#clear-all").is_visible()
    assert overhanging(page) == []


OVERHANGING = """() => {
  const isAside = (one) => one.closest("[hidden], .hidden, .scroll > *, pre > *, .skip, datalist, noscript");
  const all = [...document.body.querySelectorAll("*")].filter((one) => !isAside(one) && one.checkVisibility());
  const isOut = ({ left, right }) => left < -0.5 || right > innerWidth + 0.5;
  const name = (one) => `${one.tagName} ${one.className} ${one.textContent.slice(0, 40)}`;
  return all.filter((one) => isOut(one.getBoundingClientRect())).map(name);
}"""
"""Returns what stands out of the window sideways, but for what scrolls in a frame of its own."""


def overhanging(page: Page) -> list[str]:
    """Return what stands out of the window sideways."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    return list(page.evaluate(OVERHANGING))


@pytest.mark.slow
@pytest.mark.parametrize("case", ["week", "hostile", "problems", "everything"])
def test_nothing_stands_out_of_the_window(open_page: OpenPage, case: str) -> None:
    page = open_page(everything() if case == "everything" else the_report(case), viewport={"width": 320, "height": 800})
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    tick(page, "note", "accepted", "folded")
    page.fill("[name=text]", "e")
    open_all(page)
    for summary in page.locator("#rows summary").all()[:3]:
        summary.click()
    for width in (320, 800):
        page.set_viewport_size({"width": width, "height": 800})
        assert overhanging(page) == [], width


# --- safety ------------------------------------------------------------------------------------------------------------


@pytest.mark.slow  # tests/test_render_html.py reads such a page as a browser does
def test_hostile_text_makes_no_element(open_page: OpenPage) -> None:
    page = open_page(the_report("hostile"))
    tick(page, "note", "accepted")
    open_all(page)
    assert (
        page.locator(
            "img, iframe, object, embed, base, [onerror], [onclick], a:not(.skip, [href^='#'], [rel=noopener])"
        ).count()
        == 0
    )
    assert page.locator("script").count() == 3


@pytest.mark.slow
def test_the_policy_stops_what_an_escape_would_have_missed(open_page: OpenPage, complaints: list[str]) -> None:
    page = open_page(everything())
    attempt = "() => { try { document.body.innerHTML = ''; return ''; } catch (error) { return error.name; } }"
    with (
        page.expect_console_message(lambda said: "TrustedHTML" in said.text),
        page.expect_console_message(lambda said: "policy: " in said.text),
    ):
        assert page.evaluate(attempt) == "TypeError"
    complaints.clear()


@pytest.mark.slow
def test_text_is_made_visible_as_in_every_other_format(open_page: OpenPage) -> None:
    page = open_page(a_report())
    for text in (*HOSTILE, "x" * 5_000, "\U000e0101\U0001f9e8", "a b", "a\xa0b"):
        assert page.evaluate("(text) => visible(text)", text) == make_visible(text)


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("case", "width"), [("everything", 1280), ("everything", 320), ("week", 1280), ("week", 320)])
def test_axe_finds_nothing(open_page: OpenPage, case: str, width: int, scheme: str) -> None:
    axe = Path(os.environ.get("AXE_CORE", ""))
    if not axe.is_file():
        pytest.skip("AXE_CORE does not say where axe-core's axe.min.js is")
    report = everything() if case == "everything" else the_report(case)
    page = open_page(report, color_scheme=scheme, viewport={"width": width, "height": 900})
    tick(page, "note", "accepted", "folded")
    open_all(page)
    for summary in page.locator(".rebuilds summary").all()[:8]:
        summary.click()
    page.evaluate(axe.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run()")["violations"]
    assert [(one["id"], one["impact"], [node["html"] for node in one["nodes"]][:3]) for one in found] == []


# --- why hashes are new ------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_cause_unfolds_with_the_keyboard(open_page: OpenPage) -> None:
    page = open_page(everything())
    summary = page.locator(".rebuilds summary", has_text="perl@12.2.0")
    chain = page.locator(".chain", has_text="emacs/abcdefg")
    assert not chain.is_visible()
    summary.focus()
    page.keyboard.press("Enter")
    assert chain.is_visible()
    assert chain.locator("li").all_inner_texts() == ["emacs/abcdefg", "others between", "git/bcdefgh", "perl/cdefghi"]
    page.keyboard.press("Space")
    assert not chain.is_visible()


@pytest.mark.slow
def test_why_hashes_are_new_needs_no_script(open_page: OpenPage) -> None:
    page = open_page(everything(), java_script_enabled=False)
    page.locator(".rebuilds summary", has_text="hwloc@12.2.0").click()
    assert page.get_by_text("Nothing new depends on it.").is_visible()


@pytest.mark.slow
def test_unfolded_causes_fit_the_window(open_page: OpenPage) -> None:
    page = open_page(everything(), viewport={"width": 320, "height": 900})
    for summary in page.locator(".rebuilds summary").all()[:5]:
        summary.click()
    assert page.locator(".facts").first.is_visible()
    for width in (320, 700, 1_280):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), width
        ends = page.evaluate(ENDS)
        assert ends
        assert max(ends) <= width


ENDS = """() => [...document.querySelectorAll(".facts td, .chain li")]
  .filter((one) => one.checkVisibility()).map((one) => one.getBoundingClientRect().right)"""
"""Returns where what is said of causes ends on the right, in pixels of the window."""


@pytest.mark.slow
def test_all_causes_are_printed(open_page: OpenPage) -> None:
    page = open_page(everything())
    last = page.locator(".rebuilds summary", has_text="py-5@12.2.0")
    assert not last.is_visible()
    page.emulate_media(media="print")
    assert last.is_visible()


@pytest.mark.slow
def test_what_differs_and_stands_in_no_spec_is_told_beside_it(open_page: OpenPage) -> None:
    page = open_page(everything())
    page.locator("#rows .toggle", has_text="emacs").first.click()
    old, now = page.locator(".pair > div").all()
    assert old.locator("mark").all_inner_texts() == ["+native", "openmpi"]
    assert now.locator("mark").all_inner_texts() == ["~native", "mpich"]
    assert "mpi provider mpich" in now.inner_text()


@pytest.mark.slow
def test_a_cause_of_lost_mpis_filters(open_page: OpenPage) -> None:
    dropped = a_finding("mpi-dropped", message="hdf5 lost it", package="hdf5", mpi="openmpi", cause="mpi=openmpi")
    report = everything()
    page = open_page(msgspec.structs.replace(report, findings=(*report.findings, dropped)))
    page.get_by_role("button", name="mpi openmpi").click()
    assert rows(page) == ["hdf5"]


@pytest.mark.slow
def test_what_is_lost_and_not_needed_has_words(open_page: OpenPage) -> None:
    gone = a_package("gperf", lost=[(JAMMY, "unneeded")])
    report = a_report([a_finding("dependency-dropped", "warning", "gperf is not needed", package="gperf")], [gone])
    page = open_page(report)
    page.locator("#rows .toggle").click()
    text = page.locator("#rows").inner_text()
    assert "1 cell lost (no longer needed)" in text
    assert "nothing needs it any more" in text
