#include <bits/stdc++.h>
using namespace std;

int main() {
    int n, q;
    scanf("%d %d", &n, &q);
    unordered_map<int, int> colour;
    while (q--) {
        char act;
        int l, r, c;
        scanf(" %c %d %d", &act, &l, &r);
        if (act == 'A') {
            int stretches = 1;
            for (int i = l + 1; i <= r; i++) {
                auto here = colour.find(i), before = colour.find(i - 1);
                stretches += (here == colour.end() ? 0 : here->second) != (before == colour.end() ? 0 : before->second);
            }
            printf("%d\n", stretches);
        } else {
            scanf("%d", &c);
            for (int i = l; i <= r; i++) colour[i] = c;
        }
    }
}
