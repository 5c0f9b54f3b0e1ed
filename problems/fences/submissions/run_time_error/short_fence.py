import sys

lines = sys.stdin.read().split("\n")
n, q = map(int, lines[0].split())
colours = [0] * min(n + 1, 1000)
for line in lines[1 : q + 1]:
    act, *numbers = line.split()
    left, right = int(numbers[0]), int(numbers[1])
    if act == "A":
        print(1 + sum(colours[i] != colours[i - 1] for i in range(left + 1, right + 1)))
    else:
        for i in range(left, right + 1):
            colours[i] = int(numbers[2])
