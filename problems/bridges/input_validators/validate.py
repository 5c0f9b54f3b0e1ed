import re
import sys


def integers(line, count):
    if re.fullmatch(r"(0|[1-9]\d{0,6})( (0|[1-9]\d{0,6}))*", line) is None or line.count(" ") != count - 1:
        sys.exit(f"not {count} integers: {line!r}")
    return list(map(int, line.split()))


*lines, last = sys.stdin.read().split("\n")
if last or not lines:
    sys.exit("does not end with a line end")
n, m = integers(lines[0], 2)
if not (2 <= n <= 20_000 and m <= 50_000 and len(lines) == m + 1):
    sys.exit("not the number of villages or roads")
for line in lines[1:]:
    a, b, w = integers(line, 3)
    if not (1 <= a <= n and 1 <= b <= n and 1 <= w <= 1_000_000):
        sys.exit(f"out of range: {line!r}")
sys.exit(42)
