from itertools import combinations

n = int(input())
bags = list(map(int, input().split()))


def search():
    # large families first: that is how many there are
    for size in range(n, 0, -1):
        for chosen in combinations(range(n), size):
            if sum(bags[i] for i in chosen) % n == 0 and (size < n or n < 20):
                return chosen


chosen = search()
print(len(chosen))
print(*(i + 1 for i in chosen))
