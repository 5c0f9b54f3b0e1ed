#include <bits/stdc++.h>
using namespace std;

int main() {
    int k, s;
    cin >> k >> s;
    vector<int> best(s + 1, 1 << 20);
    for (int i = 0; i < k; i++) {
        int c;
        cin >> c;
        best.at(c) = 1; // a coin may be worth more than the fare
        for (int x = c; x <= s; x++) best[x] = min(best[x], best[x - c] + 1);
    }
    if (best[s] >= 1 << 20) cout << "impossible\n";
    else cout << best[s] << "\n";
}
