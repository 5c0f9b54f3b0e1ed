#include <bits/stdc++.h>
using namespace std;

int main() {
    int k, s;
    cin >> k >> s;
    vector<int> best(s + 1, 1 << 20);
    best[0] = 0;
    for (int i = 0; i < k; i++) {
        int c;
        cin >> c;
        for (int x = s; x >= c; x--) best[x] = min(best[x], best[x - c] + 1);
    }
    if (best[s] >= 1 << 20) cout << "impossible\n";
    else cout << best[s] << "\n";
}
