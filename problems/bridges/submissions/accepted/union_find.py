import sys


def main():
    data = list(map(int, sys.stdin.buffer.read().split()))
    n = data[0]
    roads = sorted(zip(data[4::3], data[2::3], data[3::3]), reverse=True)
    up = list(range(n + 1))

    def find(x):
        while up[x] != x:
            up[x] = x = up[up[x]]
        return x

    for w, a, b in roads:
        up[find(a)] = find(b)
        if find(1) == find(n):
            return w
    return 0


print(main())
