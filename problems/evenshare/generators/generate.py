"""Writes the secret inputs and, since any right answer will do, answer files that only say so."""

import random
from pathlib import Path

SECRET = Path(__file__).parents[1] / "data" / "secret"


def write(name, bags):
    (SECRET / f"{name}.in").write_text(f"{len(bags)}\n{' '.join(map(str, bags))}\n")
    (SECRET / f"{name}.ans").write_text("any\n")


draw = random.Random(5)
write("01-one", [1])
write("02-two-odd", [1, 3])
write("03-all-needed", [1] * 7)
write("04-the-last", [1] * 5 + [6, 12])
write("05-sixteen", [draw.randint(1, 100) for _ in range(16)])
write("06-all-of-997", [997 * 1000 + 1] * 997)
write("07-random", [draw.randint(1, 1_000_000_000) for _ in range(2000)])
write("08-large", [1_000_000_000 - draw.randint(0, 9) for _ in range(1999)])
