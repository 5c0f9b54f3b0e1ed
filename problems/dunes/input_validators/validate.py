import re
import sys

*lines, last = sys.stdin.read().split("\n")
if last or not lines or re.fullmatch(r"[1-9]\d{0,2}", lines[0]) is None:
    sys.exit("not the format")
if int(lines[0]) > 200 or int(lines[0]) != len(lines) - 1:
    sys.exit("not the number of walks")
for line in lines[1:]:
    if re.fullmatch(r"[1-9]\d{0,3} [1-9]\d{0,3} (?:0|[1-9]\d{0,3}) [1-9]\d{0,3} [1-9]\d{0,3}", line) is None:
        sys.exit(f"not five integers: {line!r}")
    if max(map(int, line.split())) > 1000:
        sys.exit(f"out of range: {line!r}")
sys.exit(42)
