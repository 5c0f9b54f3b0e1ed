#include <stdio.h>

static long long bag[2001];
static int last[2001];

int main(void) {
    int n;
    long long sum = 0;
    if (scanf("%d", &n) != 1) return 1;
    for (int i = 1; i <= n; i++)
        if (scanf("%lld", &bag[i]) != 1) return 1;
    last[0] = n + 1;
    for (int i = n; i >= 1; i--) {
        sum = (sum + bag[i]) % n;
        if (last[sum]) {
            printf("%d\n", last[sum] - i);
            for (int j = last[sum] - 1; j >= i; j--) printf("%d%c", j, j == i ? '\n' : ' ');
            return 0;
        }
        last[sum] = i;
    }
    return 1;
}
