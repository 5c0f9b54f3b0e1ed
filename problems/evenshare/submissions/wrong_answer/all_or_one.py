n = int(input())
bags = list(map(int, input().split()))
single = [i for i, sweets in enumerate(bags, 1) if sweets % n == 0]
if single:
    print(1)
    print(single[0])
else:
    print(n)
    print(*range(1, n + 1))
