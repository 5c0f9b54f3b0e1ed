#include <bits/stdc++.h>
using namespace std;

int n, m;
vector<vector<pair<int, int>>> roads;

bool reaches(int weight) {
    vector<bool> seen(n + 1);
    vector<int> stack{1};
    seen[1] = true;
    while (!stack.empty()) {
        int at = stack.back();
        stack.pop_back();
        for (auto [to, w] : roads[at])
            if (w >= weight && !seen[to]) {
                seen[to] = true;
                stack.push_back(to);
            }
    }
    return seen[n];
}

int main() {
    scanf("%d %d", &n, &m);
    roads.resize(n + 1);
    for (int i = 0; i < m; i++) {
        int a, b, w;
        scanf("%d %d %d", &a, &b, &w);
        roads[a].push_back({b, w});
        roads[b].push_back({a, w});
    }
    int low = 0, high = 1'000'000;
    while (low < high) {
        int middle = (low + high + 1) / 2;
        if (reaches(middle)) low = middle;
        else high = middle - 1;
    }
    printf("%d\n", low);
}
