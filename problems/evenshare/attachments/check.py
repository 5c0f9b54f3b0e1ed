#!/usr/bin/env python3
"""Says whether an answer is right: python3 check.py INPUT OUTPUT"""

import sys


def main() -> None:
    with open(sys.argv[1]) as given, open(sys.argv[2]) as printed:
        n, *bags = map(int, given.read().split())
        count, *chosen = map(int, printed.read().split())
    if count != len(chosen) or not chosen:
        sys.exit(f"{count} bags are announced, {len(chosen)} are named")
    if len(set(chosen)) < count or not all(1 <= one <= n for one in chosen):
        sys.exit("a bag is named twice, or is none")
    total = sum(bags[one - 1] for one in chosen)
    if total % n:
        sys.exit(f"{total} sweets leave {total % n} over")
    print(f"right: {total // n} sweets for each child")


main()
