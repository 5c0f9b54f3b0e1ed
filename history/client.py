"""Connecting to the history."""

from __future__ import annotations

from schemas.history import connect

__all__ = ["connect"]
