_, s = map(int, input().split())
coins = list(map(int, input().split()))
best = [0] + [10**9] * s
for x in range(1, s + 1):
    best[x] = min((best[x - c] + 1 for c in coins if c <= x), default=10**9)
print(best[s] if best[s] < 10**9 else -1)
