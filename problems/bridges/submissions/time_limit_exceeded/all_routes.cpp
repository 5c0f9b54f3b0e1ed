#include <bits/stdc++.h>
using namespace std;

int n, m, best = 0;
vector<vector<pair<int, int>>> roads;
vector<char> onRoute;

void walk(int at, int load) {
    if (at == n) {
        best = max(best, load);
        return;
    }
    onRoute[at] = 1;
    for (auto [to, w] : roads[at])
        if (!onRoute[to]) walk(to, min(load, w));
    onRoute[at] = 0;
}

int main() {
    scanf("%d %d", &n, &m);
    roads.resize(n + 1);
    onRoute.resize(n + 1);
    for (int i = 0; i < m; i++) {
        int a, b, w;
        scanf("%d %d %d", &a, &b, &w);
        roads[a].push_back({b, w});
        roads[b].push_back({a, w});
    }
    walk(1, INT_MAX);
    printf("%d\n", best);
}
