"""Compares two snapshots of the Spack build cache, and says what coverage was lost.

The library is four functions: `read_snapshot`, `compare`, `evaluate` and `render`. They are imported when they are first
used.
"""

from __future__ import annotations

import sys

__all__ = ["__version__", "compare", "evaluate", "read_snapshot", "render"]

TYPE_CHECKING = (
    False  # as typing has it, which takes time to import: until the command's guard stands, an interrupt is a traceback
)

if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    from cachediff.engine.memory import compare, read_snapshot
    from cachediff.library import render
    from cachediff.review.report import evaluate
    from cachediff.version import __version__
else:
    ModuleType = type(sys)

_HOMES = {
    "__version__": "cachediff.version",
    "compare": "cachediff.engine.memory",
    "evaluate": "cachediff.review.report",
    "read_snapshot": "cachediff.engine.memory",
    "render": "cachediff.library",
}


class _Library(ModuleType):
    """The module `cachediff`. Its sub-package `render` does not take the name of the function."""

    def __setattr__(self, name: str, value: object) -> None:
        """Set an attribute, unless the import system is about to hide a function behind a sub-package."""
        if not (name in _HOMES and isinstance(value, ModuleType)):
            super().__setattr__(name, value)

    def __getattr__(self, name: str) -> Any:
        """Import one of the library's functions on its first use, so that `import cachediff` costs nothing."""
        if name not in _HOMES:
            message = f"module {self.__name__!r} has no attribute {name!r}"
            raise AttributeError(message)
        from importlib import import_module

        value = getattr(import_module(_HOMES[name]), name)
        setattr(self, name, value)
        return value


sys.modules[__name__].__class__ = _Library
