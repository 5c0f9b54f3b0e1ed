"""Writes the secret inputs. Answers come from submissions/accepted."""

import random
from pathlib import Path

SECRET = Path(__file__).parents[1] / "data" / "secret"


def write(name, n, roads, draw=None):
    if draw is not None:
        draw.shuffle(roads)
    lines = [f"{n} {len(roads)}", *(f"{a} {b} {w}" for a, b, w in roads)]
    (SECRET / f"{name}.in").write_text("\n".join(lines) + "\n")


draw = random.Random(2)
write("01-no-roads", 2, [])
write("02-two-islands", 6, [(1, 2, 9), (2, 3, 8), (3, 1, 7), (4, 5, 9), (5, 6, 9)])
write("03-several-roads", 3, [(1, 1, 99), (1, 2, 3), (2, 1, 5), (2, 3, 4), (3, 2, 6), (3, 3, 50)])
write("04-detour", 5, [(1, 5, 10), (1, 2, 40), (2, 3, 30), (3, 4, 20), (4, 5, 50)])
write("05-random", 60, [(draw.randint(1, 60), draw.randint(1, 60), draw.randint(1, 100)) for _ in range(110)])
write("06-chain", 3000, [(i, i + 1, 500_000 + (i * 7919) % 400_000) for i in range(1, 3000)], draw)
n = 2000
roads = [(i, i + d, draw.randint(1, 1_000_000)) for i in range(1, n) for d in (1, 2, 3) if i + d <= n]
write("07-ladder", n, roads, draw)
