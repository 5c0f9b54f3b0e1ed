n, q = map(int, input().split())
colours = [0] * (n + 2)
for _ in range(q):
    act, *numbers = input().split()
    left, right = int(numbers[0]), int(numbers[1])
    if act == "A":
        stretches = 1
        for i in range(left + 1, right + 1):
            if colours[i] != colours[i - 1]:
                stretches += 1
        print(stretches)
    else:
        for i in range(left, right + 1):
            colours[i] = int(numbers[2])
