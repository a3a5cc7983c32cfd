"""How a report is to be shown: what every format may ask, and most ignore."""

from __future__ import annotations

from msgspec import Struct

from cachediff.domain.finding import Severity, Vanished


class RuleText(Struct, frozen=True):
    """What a rule says of itself. `is_said_by_subject` says that rule and subject tell all that a finding of it tells.

    `hides_stack` says that the stack of its subject was not compared, `tells_of_move` that something came in place of what
    went: the message names both before its first colon, `is_about_lack` that its subject may be in neither snapshot.
    `appears` is what no place of OLD has, as subjects name it, and `is_summed_up` says that what many packages do alike is
    told in one line: the message names it before ` in `.
    """

    severity: Severity
    scope: str
    summary: str
    why: str
    fix: str
    is_said_by_subject: bool
    hides_stack: bool
    tells_of_move: bool
    is_about_lack: bool
    appears: Vanished
    is_summed_up: bool


class Links(Struct, frozen=True):
    """Addresses at which more is to be read, empty where none is known.

    `run` is that of the CI's log, `reports` of the reports that the run wrote, `rules` of docs/rules.md, in which the
    heading of each rule is its id.
    """

    run: str = ""
    reports: str = ""
    rules: str = ""


NO_LINKS = Links()


class Options(Struct, frozen=True):
    """`width` is in characters of a line, `budget` of a whole markdown report: a comment on GitHub may have 65,536.

    `name` is what the comparison is called, where the report stands among others, and `links` lead to what it does not say.

    `json_path` is where the run writes its JSON report, and `policy` the file that it was told to take, each empty for none:
    commands that a report tells name them.

    `is_ascii` says that the output cannot show an arrow or an ellipsis. `rules` holds what each rule says of itself, by its
    id, in the order in which formats list them.
    """

    width: int = 80
    color: bool = False
    is_ascii: bool = False
    is_quiet: bool = False
    is_verbose: bool = False
    budget: int = 65_000
    rules: dict[str, RuleText] = {}
    name: str = ""
    links: Links = NO_LINKS
    json_path: str = ""
    policy: str = ""


DEFAULT_OPTIONS = Options()
