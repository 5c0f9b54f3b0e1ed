#include <bits/stdc++.h>
using namespace std;

struct Part {
    int left = -1, right = -1, count = 0;
};

Part join(const Part& a, const Part& b) {
    if (!a.count) return b;
    if (!b.count) return a;
    return {a.left, b.right, a.count + b.count - (a.right == b.left)};
}

struct Node {
    Part part;
    int paint = -1;
};

int n, q;
vector<Node> tree;

void paint(int node, int colour) {
    tree[node].part = {colour, colour, 1};
    tree[node].paint = colour;
}

void push(int node) {
    if (tree[node].paint < 0) return;
    paint(2 * node, tree[node].paint);
    paint(2 * node + 1, tree[node].paint);
    tree[node].paint = -1;
}

void update(int node, int low, int high, int l, int r, int colour) {
    if (r < low || high < l) return;
    if (l <= low && high <= r) return paint(node, colour);
    push(node);
    int middle = (low + high) / 2;
    update(2 * node, low, middle, l, r, colour);
    update(2 * node + 1, middle + 1, high, l, r, colour);
    tree[node].part = join(tree[2 * node].part, tree[2 * node + 1].part);
}

Part ask(int node, int low, int high, int l, int r) {
    if (r < low || high < l) return {};
    if (l <= low && high <= r) return tree[node].part;
    push(node);
    int middle = (low + high) / 2;
    return join(ask(2 * node, low, middle, l, r), ask(2 * node + 1, middle + 1, high, l, r));
}

int main() {
    scanf("%d %d", &n, &q);
    tree.resize(1 << 21);
    paint(1, 0);
    while (q--) {
        char act;
        int l, r, c;
        scanf(" %c %d %d", &act, &l, &r);
        if (act == 'A') {
            printf("%d\n", ask(1, 1, n, l, r).count);
        } else {
            scanf("%d", &c);
            update(1, 1, n, l, r, c);
        }
    }
}
