"""Writes the secret inputs. Answers come from submissions/accepted."""

import random
from pathlib import Path

SECRET = Path(__file__).parents[1] / "data" / "secret"


def write(name, numbers):
    (SECRET / f"{name}.in").write_text(f"{len(numbers)}\n{' '.join(map(str, numbers))}\n")


def stuttering(draw, count, low, high):
    numbers = []
    while len(numbers) < count:
        numbers += [draw.randint(low, high)] * draw.choice((1, 1, 1, 2, 3))
    return numbers[:count]


draw = random.Random(1)
write("01-empty", [])
write("02-single", [-7])
write("03-returns", [4, 4, 7, 4, 4, 4, 7, 7, -4])
write("04-zeros", [0, 0, 3, 0, 0, -3, -3, 0])
write("05-small", stuttering(draw, 200, -3, 3))
write("06-all-equal", [1_000_000_000] * 1500)
write("07-large", stuttering(draw, 6000, 900_000_000, 1_000_000_000))
write("08-refunds", stuttering(draw, 4000, -1_000_000_000, -999_000_000))
