import re
import sys

*lines, last = sys.stdin.read().split("\n")
if last or not lines or re.fullmatch(r"[1-9]\d{0,6} [1-9]\d{0,4}", lines[0]) is None:
    sys.exit("not the format")
n, q = map(int, lines[0].split())
if not (n <= 1_000_000 and q <= 20_000 and len(lines) == q + 1):
    sys.exit("not the number of boards or villagers")
act = re.compile(r"(?:A|P) ([1-9]\d{0,6}) ([1-9]\d{0,6})( [1-9]\d{0,3})?")
for line in lines[1:]:
    match = act.fullmatch(line)
    if match is None or (line[0] == "P") != (match[3] is not None):
        sys.exit(f"not an act: {line!r}")
    if not (int(match[1]) <= int(match[2]) <= n and int(match[3] or 1) <= 1000):
        sys.exit(f"out of range: {line!r}")
sys.exit(42)
