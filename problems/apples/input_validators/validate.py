import re
import sys

data = sys.stdin.read()
match = re.fullmatch(r"(0|[1-9]\d{0,5})\n((?:-?\d{1,10}(?: -?\d{1,10})*)?)\n", data)
if match is None:
    sys.exit("not the format")
numbers = match[2].split()
if int(match[1]) > 100_000 or int(match[1]) != len(numbers):
    sys.exit("not the number of bookings")
if any(str(int(n)) != n or abs(int(n)) > 10**9 for n in numbers):
    sys.exit("a booking out of range")
sys.exit(42)
