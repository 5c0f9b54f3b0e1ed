"""What a container fails at is done once more in another one: noted, counted, and a reason for the slot's canary."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from judge.claim import Claim
from schemas.errors import SandboxError

__all__ = ["twice"]

log = logging.getLogger(__name__)

R = TypeVar("R")


def twice(claim: Claim, what: str, act: Callable[[], R]) -> R:
    """Do it; where a container fails, or is killed, in the middle, once more: *act* asks the claim for its containers.

    Nobody else sees such a failure, since a verdict comes of it all the same; so the slot's canary looks at the next idle
    moment whether the host is well (see `judge.canary`).

    Raises:
        SandboxError: when the second container failed as well.
        Exception: whatever else *act* raises.
    """
    try:
        return act()
    except SandboxError as error:
        log.warning("slot %d: %s is done again in another container: %s", claim.slot, what, error)
        claim.pool.note(claim.slot, "work")
        return act()
