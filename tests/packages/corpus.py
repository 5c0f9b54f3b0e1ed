"""All packages of our own."""

from tests.packages import legacy, passfail, programs, scoring, talking

__all__ = ["CORPUS"]

CORPUS = {made.name: made for module in (passfail, programs, talking, scoring, legacy) for made in module.PACKAGES}
"""By name."""
