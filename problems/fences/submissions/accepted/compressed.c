#include <stdio.h>
#include <stdlib.h>

/* Only boards where a stretch can begin or end matter: at most three a villager. Offline, then a segment tree. */
#define MOST 65536

typedef struct { int left, right, changes, paint; } Node; /* changes of colour inside */
static Node tree[2 * MOST];
static int q, l[20000], r[20000], c[20000], boards[MOST], count;
static char act[20000];

static int ascending(const void* p, const void* q_) { return *(const int*)p - *(const int*)q_; }

static int place(int board) {
    int low = 0, high = count - 1;
    while (low < high) {
        int middle = (low + high + 1) / 2;
        if (boards[middle] <= board) low = middle;
        else high = middle - 1;
    }
    return low;
}

static void paint(int node, int colour) { tree[node] = (Node){colour, colour, 0, colour}; }

static void push(int node) {
    if (tree[node].paint < 0) return;
    paint(2 * node, tree[node].paint);
    paint(2 * node + 1, tree[node].paint);
    tree[node].paint = -1;
}

static Node join(Node a, Node b) { return (Node){a.left, b.right, a.changes + b.changes + (a.right != b.left), -1}; }

static void update(int node, int low, int high, int from, int to, int colour) {
    if (to < low || high < from) return;
    if (from <= low && high <= to) {
        paint(node, colour);
        return;
    }
    push(node);
    int middle = (low + high) / 2;
    update(2 * node, low, middle, from, to, colour);
    update(2 * node + 1, middle + 1, high, from, to, colour);
    tree[node] = join(tree[2 * node], tree[2 * node + 1]);
}

static Node ask(int node, int low, int high, int from, int to) {
    if (from <= low && high <= to) return tree[node];
    push(node);
    int middle = (low + high) / 2;
    if (to <= middle) return ask(2 * node, low, middle, from, to);
    if (from > middle) return ask(2 * node + 1, middle + 1, high, from, to);
    return join(ask(2 * node, low, middle, from, to), ask(2 * node + 1, middle + 1, high, from, to));
}

int main(void) {
    int n, raw = 0;
    static int all[60001];
    if (scanf("%d %d", &n, &q) != 2) return 1;
    all[raw++] = 1;
    for (int i = 0; i < q; i++) {
        if (scanf(" %c %d %d", &act[i], &l[i], &r[i]) != 3) return 1;
        if (act[i] == 'P' && scanf("%d", &c[i]) != 1) return 1;
        all[raw++] = l[i];
        all[raw++] = r[i];
        if (r[i] < n) all[raw++] = r[i] + 1;
    }
    qsort(all, (size_t)raw, sizeof *all, ascending);
    for (int i = 0; i < raw; i++)
        if (i == 0 || all[i] != all[i - 1]) boards[count++] = all[i];
    paint(1, 0);
    for (int i = 0; i < q; i++) {
        int from = place(l[i]), to = place(r[i]);
        if (act[i] == 'P') update(1, 0, MOST - 1, from, to, c[i]);
        else printf("%d\n", ask(1, 0, MOST - 1, from, to).changes + 1);
    }
    return 0;
}
