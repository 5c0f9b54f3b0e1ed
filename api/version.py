"""Which podium this is."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

__all__ = ["VERSION"]


def _version() -> str:
    try:
        return version("podium")
    except PackageNotFoundError:
        return "uninstalled"  # run out of a source tree, as in an editor


VERSION = _version()
