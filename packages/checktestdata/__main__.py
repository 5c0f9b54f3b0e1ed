"""Check standard input by the grammar in this folder."""

from __future__ import annotations

import sys
from pathlib import Path

from .commands import parse
from .values import GRAMMAR, GrammarError, MismatchError


def main() -> int:
    """Read the grammar, then the input. Returns the exit code."""
    sys.set_int_max_str_digits(0)
    try:
        check = parse(Path(__file__).with_name(GRAMMAR).read_text("latin-1"))
        check(sys.stdin.buffer.read().decode("latin-1"))
    except MismatchError as error:
        sys.stderr.write(f"{error}\n")
        return 43
    except GrammarError as error:
        sys.stderr.write(f"{GRAMMAR}: {error}\n")
        return 1
    return 42


if __name__ == "__main__":
    sys.exit(main())
