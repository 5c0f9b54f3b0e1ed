#include <stdio.h>
#include <stdlib.h>

typedef struct { int a, b, w; } Road;
static Road roads[50000];
static int up[20001];

static int find(int x) {
    while (up[x] != x) x = up[x] = up[up[x]];
    return x;
}

static int heavier(const void* p, const void* q) { return ((const Road*)q)->w - ((const Road*)p)->w; }

int main(void) {
    int n, m;
    if (scanf("%d %d", &n, &m) != 2) return 1;
    for (int i = 0; i < m; i++)
        if (scanf("%d %d %d", &roads[i].a, &roads[i].b, &roads[i].w) != 3) return 1;
    for (int i = 1; i <= n; i++) up[i] = i;
    qsort(roads, (size_t)m, sizeof *roads, heavier);
    for (int i = 0; i < m; i++) {
        up[find(roads[i].a)] = find(roads[i].b);
        if (find(1) == find(n)) {
            printf("%d\n", roads[i].w);
            return 0;
        }
    }
    puts("0");
    return 0;
}
