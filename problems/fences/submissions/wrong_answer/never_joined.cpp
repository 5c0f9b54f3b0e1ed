#include <bits/stdc++.h>
using namespace std;

// Forgets that two neighbouring stretches may have the same colour.
int main() {
    int n, q;
    scanf("%d %d", &n, &q);
    map<int, int> stretches{{1, 0}, {n + 1, -1}};
    auto split = [&](int board) {
        auto it = prev(stretches.upper_bound(board));
        return it->first == board ? it : stretches.emplace(board, it->second).first;
    };
    while (q--) {
        char act;
        int l, r, c;
        scanf(" %c %d %d", &act, &l, &r);
        if (act == 'A') {
            auto from = stretches.upper_bound(l), to = stretches.upper_bound(r);
            printf("%d\n", (int)distance(from, to) + 1);
        } else {
            scanf("%d", &c);
            auto to = split(r + 1), from = split(l);
            stretches.erase(from, to);
            stretches[l] = c;
        }
    }
}
