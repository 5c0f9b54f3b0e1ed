import sys
from collections import deque

data = list(map(int, sys.stdin.buffer.read().split()))
n = data[0]
roads = [[] for _ in range(n + 1)]
for a, b, w in zip(data[2::3], data[3::3], data[4::3]):
    roads[a].append((b, w))
    roads[b].append((a, w))
load = {1: 10**9}
queue = deque([1])
while queue:
    at = queue.popleft()
    for to, w in roads[at]:
        if to not in load:
            load[to] = min(load[at], w)
            queue.append(to)
print(load.get(n, 0))
