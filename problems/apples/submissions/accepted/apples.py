import sys
from itertools import groupby

numbers = sys.stdin.read().split()[1:]
print(sum(int(x) for x, _ in groupby(numbers)))
