#include <bits/stdc++.h>
using namespace std;

// Remembers the fence after each villager: far more memory than there is.
int main() {
    int n, q;
    scanf("%d %d", &n, &q);
    vector<vector<int>> fences{vector<int>(n + 1)};
    while (q--) {
        char act;
        int l, r, c;
        scanf(" %c %d %d", &act, &l, &r);
        if (act == 'A') {
            int stretches = 1;
            for (int i = l + 1; i <= r; i++) stretches += fences.back()[i] != fences.back()[i - 1];
            printf("%d\n", stretches);
        } else {
            scanf("%d", &c);
            fences.push_back(fences.back());
            fill(fences.back().begin() + l, fences.back().begin() + r + 1, c);
        }
    }
}
