#include <stdio.h>

int main(void) {
    int n;
    long long sum = 0, before = 0;
    if (scanf("%d", &n) != 1) return 1;
    for (int i = 0; i < n; i++) {
        long long x;
        if (scanf("%lld", &x) != 1) return 1;
        if (i == 0 || x != before) sum += x;
        before = x;
    }
    printf("%lld\n", sum);
    return 0;
}
