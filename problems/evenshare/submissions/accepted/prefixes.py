n = int(input())
first, total = {0: 0}, 0
for i, sweets in enumerate(map(int, input().split()), 1):
    total += sweets
    if total % n in first:
        bags = range(first[total % n] + 1, i + 1)
        print(len(bags))
        print(*bags)
        break
    first[total % n] = i
