"""The judge of tests/judge, for whole packages."""

from tests.judge.conftest import judge_settings, pool

__all__ = ["judge_settings", "pool"]
