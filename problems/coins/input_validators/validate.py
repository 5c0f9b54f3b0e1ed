import re
import sys

match = re.fullmatch(r"([1-9]\d{0,4}) ([1-9]\d{0,4})\n([1-9]\d{0,4}(?: [1-9]\d{0,4})*)\n", sys.stdin.read())
if match is None:
    sys.exit("not the format")
kinds, fare, coins = int(match[1]), int(match[2]), list(map(int, match[3].split()))
if not (kinds <= 12 and fare <= 20_000 and max(coins) <= 20_000):
    sys.exit("out of range")
if len(coins) != kinds or len(set(coins)) != kinds:
    sys.exit("not so many different coins")
sys.exit(42)
