"""`python -m judge.image`: make the judge image unless it is there and current."""

from __future__ import annotations

import sys

from judge.image.build import ensure_image
from schemas.errors import PodiumError
from schemas.settings import load


def main() -> int:
    """Print what is done; exit 1 with one clear error when it could not be."""
    try:
        ensure_image(load(), lambda line: print(line, flush=True))  # noqa: T201 - what a person reads
    except PodiumError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
