"""`python -m judge.image`: make the default judge image unless it is there and current; the extra one only if it is old.

`python -m judge.image extra` makes that one as well.
"""

from __future__ import annotations

import sys

from judge.image.build import ensure_image, has_image
from schemas.errors import PodiumError
from schemas.settings import load


def main() -> int:
    """Print what is done; exit 1 with one clear error when it could not be."""
    settings = load()

    def say(line: str) -> None:
        print(line, flush=True)  # noqa: T201 - what a person reads

    try:
        ensure_image(settings, say)
        if "extra" in sys.argv[1:] or has_image(settings, "extra"):
            ensure_image(settings, say, "extra")
    except PodiumError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
