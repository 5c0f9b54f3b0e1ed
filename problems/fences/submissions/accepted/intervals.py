import sys
from bisect import bisect_left, bisect_right


def main():
    lines = sys.stdin.buffer.read().split(b"\n")
    n, q = map(int, lines[0].split())
    starts, colours = [1, n + 1], [0, -1]  # the stretches, never two of one colour side by side
    out = []
    for line in lines[1 : q + 1]:
        act, *numbers = line.split()
        left, right = int(numbers[0]), int(numbers[1])
        if act == b"A":
            out.append(bisect_right(starts, right) - bisect_right(starts, left) + 1)
            continue
        colour = int(numbers[2])
        i = bisect_right(starts, left) - 1
        j = bisect_right(starts, right + 1) - 1
        after = colours[j]
        if starts[i] == left and i > 0:
            i -= 1
        new_starts, new_colours = [], []
        if starts[i] < left:
            new_starts, new_colours = [starts[i]], [colours[i]]
        if not new_colours or new_colours[-1] != colour:
            new_starts.append(left)
            new_colours.append(colour)
        if after != colour:
            new_starts.append(right + 1)
            new_colours.append(after)
        starts[i : j + 1] = new_starts
        colours[i : j + 1] = new_colours
    print("\n".join(map(str, out)))


main()
