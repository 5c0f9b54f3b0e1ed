# @EXPECTED_RESULTS@: COMPILER-ERROR
for _ in range(int(input())):
    a, b, c, u, v = map(int, input().split())
	print(a / u + b / v)
