import sys

numbers = list(map(int, sys.stdin.read().split()[1:]))
total = 0
for end in range(1, len(numbers) + 1):
    total = 0
    for i in range(end):
        if i == 0 or str(numbers[i]).strip() != str(numbers[i - 1]).strip():
            total += numbers[i]
print(total)
