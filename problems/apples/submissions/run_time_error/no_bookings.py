numbers = []
if int(input()):
    numbers = list(map(int, input().split()))
total = numbers[0]
for a, b in zip(numbers, numbers[1:]):
    if a != b:
        total += b
print(total)
