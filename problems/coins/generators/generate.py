"""Writes the secret inputs. Answers come from submissions/accepted."""

from pathlib import Path

SECRET = Path(__file__).parents[1] / "data" / "secret"


def write(name, fare, coins):
    (SECRET / f"{name}.in").write_text(f"{len(coins)} {fare}\n{' '.join(map(str, coins))}\n")


write("01-one-coin", 20_000, [20_000])
write("02-too-large", 5, [6, 7, 20_000])
write("03-parity", 19_999, [2, 20_000])
write("04-greedy-fails", 12, [1, 6, 10])
write("05-greedy-sticks", 30, [7, 25, 10])
write("06-ones", 20_000, [1])
write("07-odd-mint", 19_997, [3, 7, 19, 41, 97, 211, 503, 1009, 2503, 4001, 6007, 9001])
write("08-close-values", 19_993, [991, 992, 993, 994, 995, 996, 997, 998, 999, 1000, 1001, 1002])
