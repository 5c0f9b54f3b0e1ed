# Bit x of `sums` says whether x can be paid with this many coins.
_, s = map(int, input().split())
coins = list(map(int, input().split()))
goal, everything = 1 << s, (1 << (s + 1)) - 1
sums, seen, count = 1, 1, 0
while sums and not sums & goal:
    longer = 0
    for coin in coins:
        longer |= sums << coin
    sums = longer & everything & ~seen
    seen |= sums
    count += 1
print(count if sums else "impossible")
