"""Writes the secret inputs. Answers come from submissions/accepted."""

import random
from pathlib import Path

SECRET = Path(__file__).parents[1] / "data" / "secret"


def write(name, walks):
    (SECRET / f"{name}.in").write_text("\n".join([str(len(walks)), *(" ".join(map(str, w)) for w in walks)]) + "\n")


draw = random.Random(4)
write("01-straight", [(3, 4, 0, 1, 1), (1, 1, 2, 5, 5), (500, 500, 500, 7, 7)])
write("02-extremes", [(1, 1, 599, 1000, 1), (1, 1000, 599, 1, 1000), (1000, 1, 1, 1, 1000), (1, 1, 0, 1000, 1000)])
write("03-small", [tuple(draw.randint(1, 5) for _ in range(5)) for _ in range(40)])
write("04-large", [tuple(draw.randint(500, 1000) for _ in range(5)) for _ in range(200)])
write("05-fast-heath", [(*(draw.randint(1, 1000) for _ in range(3)), 1000, draw.randint(1, 3)) for _ in range(200)])
write("06-fast-dunes", [(*(draw.randint(1, 1000) for _ in range(3)), draw.randint(1, 3), 1000) for _ in range(200)])
