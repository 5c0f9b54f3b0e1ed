#include <stdio.h>

int main(void) {
    static int best[20001];
    int k, s, coin[12];
    if (scanf("%d %d", &k, &s) != 2) return 1;
    for (int i = 0; i < k; i++)
        if (scanf("%d", &coin[i]) != 1) return 1;
    for (int x = 1; x <= s; x++) {
        best[x] = 1 << 20;
        for (int i = 0; i < k; i++)
            if (coin[i] <= x && best[x - coin[i]] + 1 < best[x]) best[x] = best[x - coin[i]] + 1;
    }
    if (best[s] >= 1 << 20) puts("impossible");
    else printf("%d\n", best[s]);
    return 0;
}
