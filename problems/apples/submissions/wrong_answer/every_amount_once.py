import sys

print(sum(set(map(int, sys.stdin.read().split()[1:]))))
