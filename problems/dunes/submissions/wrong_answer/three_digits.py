from math import hypot

for _ in range(int(input())):
    a, b, c, u, v = map(int, input().split())
    low, high = 0.0, float(c)
    for _ in range(60):
        x = (low + high) / 2
        if x * hypot(b, c - x) * v < (c - x) * hypot(a, x) * u:
            low = x
        else:
            high = x
    print(f"{hypot(a, low) / u + hypot(b, c - low) / v:.3f}")
