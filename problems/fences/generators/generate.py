"""Writes the secret inputs. Answers come from submissions/accepted."""

import random
from pathlib import Path

SECRET = Path(__file__).parents[1] / "data" / "secret"


def write(name, n, acts):
    lines = [f"{n} {len(acts)}", *(" ".join(map(str, act)) for act in acts)]
    (SECRET / f"{name}.in").write_text("\n".join(lines) + "\n")


def stretch(draw, n, longest):
    left = draw.randint(1, n)
    return left, min(n, left + draw.randint(0, longest))


def mixed(draw, n, q, longest, colours):
    acts = []
    for _ in range(q):
        left, right = stretch(draw, n, longest)
        acts.append(("P", left, right, draw.randint(1, colours)) if draw.random() < 0.5 else ("A", left, right))
    return acts


draw = random.Random(6)
write("01-one-board", 1, [("A", 1, 1), ("P", 1, 1, 5), ("A", 1, 1)])
write("02-same-colour", 10, [("P", 1, 5, 1), ("P", 6, 10, 1), ("A", 1, 10), ("P", 4, 7, 1), ("A", 3, 8), ("A", 5, 6)])
write("03-small", 12, mixed(draw, 12, 300, 6, 3))
write("04-two-colours", 400, mixed(draw, 400, 1500, 60, 2))
combed = [("P", i, i, 1 + i % 3) for i in range(1, 1501)]
write("05-comb", 1500, [*combed, ("A", 1, 1500), ("P", 1, 1500, 9), ("A", 1, 1500), *combed[::-1], ("A", 2, 1499)])
n = 1_000_000
posts = [("P", i * 300, i * 300 + 99, 1 + i % 1000) for i in range(1, 1500)]
wide = [("A", draw.randint(1, 1000), n - draw.randint(0, 1000)) for _ in range(2500)]
ends = [("P", *((1, draw.randint(1, 9)) if i % 2 else (n - draw.randint(1, 9), n)), 1 + i % 7) for i in range(1500)]
rest = wide + ends
draw.shuffle(rest)
write("06-wide", n, posts + rest)
write("07-random", n, mixed(draw, n, 4000, 100_000, 1000))
