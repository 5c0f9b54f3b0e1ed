import re
import sys

match = re.fullmatch(r"([1-9]\d{0,3})\n([1-9]\d{0,9}(?: [1-9]\d{0,9})*)\n", sys.stdin.read())
if match is None:
    sys.exit("not the format")
bags = list(map(int, match[2].split()))
if not (int(match[1]) == len(bags) <= 2000 and max(bags) <= 10**9):
    sys.exit("out of range")
sys.exit(42)
