"""What pages for a browser share: templates that escape whatever they print, and digests by which styles and scripts run."""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING

from cachediff.render.visible import make_visible

if TYPE_CHECKING:
    from jinja2 import Environment, Template


def show(value: object) -> object:
    """Return what a template is to print.

    Numbers, and text that was declared safe, stay as they are, and any other text is made visible.
    """
    # Not isinstance: Markup is text, too, and was declared safe.
    return make_visible(value) if type(value) is str else value


@cache
def load_template(name: str) -> Template:
    """Return a template of this package, read once."""
    return _environment().get_template(name)


@cache
def load_text(name: str) -> str:
    """Return a style or a script of this package as it stands, read once."""
    environment = _environment()
    if environment.loader is None:
        raise FileNotFoundError(name)
    return environment.loader.get_source(environment, name)[0]


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    # Strict: a name that the template has and nobody gives is an error, and no empty place on the page.
    return Environment(
        loader=PackageLoader("cachediff.render"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=show,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def trust(text: str) -> str:
    """Return text that a template prints as it is: ours, or JSON that was made safe."""
    from markupsafe import Markup

    return Markup(text)  # noqa: S704 - the one place where anything is declared safe


def digest(text: str) -> str:
    """Return what a content security policy calls an inline script or style."""
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"
