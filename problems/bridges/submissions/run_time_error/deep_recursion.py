import sys


def main():
    data = list(map(int, sys.stdin.buffer.read().split()))
    n = data[0]
    roads = [[] for _ in range(n + 1)]
    for a, b, w in zip(data[2::3], data[3::3], data[4::3]):
        roads[a].append((b, w))
        roads[b].append((a, w))

    def reaches(at, weight, seen):
        seen.add(at)
        return at == n or any(reaches(to, weight, seen) for to, w in roads[at] if w >= weight and to not in seen)

    low, high = 0, 1_000_000
    while low < high:
        middle = (low + high + 1) // 2
        if reaches(1, middle, set()):
            low = middle
        else:
            high = middle - 1
    print(low)


main()
