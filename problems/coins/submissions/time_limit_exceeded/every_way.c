#include <stdio.h>

static int k, coin[12], best = 1 << 20;

static void pay(int rest, int count, int from) {
    if (rest == 0 && count < best) best = count;
    for (int i = from; i < k; i++)
        if (coin[i] <= rest) pay(rest - coin[i], count + 1, i);
}

int main(void) {
    int s;
    if (scanf("%d %d", &k, &s) != 2) return 1;
    for (int i = 0; i < k; i++)
        if (scanf("%d", &coin[i]) != 1) return 1;
    pay(s, 0, 0);
    if (best == 1 << 20) puts("impossible");
    else printf("%d\n", best);
    return 0;
}
