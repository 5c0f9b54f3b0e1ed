#include <stdio.h>

/* Walks on by the best bridge to a village not yet seen, and never turns back. */
static int a[50000], b[50000], w[50000], seen[20001];

int main(void) {
    int n, m, at = 1, load = 1000001;
    if (scanf("%d %d", &n, &m) != 2) return 1;
    for (int i = 0; i < m; i++)
        if (scanf("%d %d %d", &a[i], &b[i], &w[i]) != 3) return 1;
    while (at != n) {
        int best = -1, to = 0;
        seen[at] = 1;
        for (int i = 0; i < m; i++) {
            int other = a[i] == at ? b[i] : b[i] == at ? a[i] : 0;
            if (other && !seen[other] && (best < 0 || w[i] > w[best])) {
                best = i;
                to = other;
            }
        }
        if (best < 0) break;
        if (w[best] < load) load = w[best];
        at = to;
    }
    printf("%d\n", at == n ? load : 0);
    return 0;
}
