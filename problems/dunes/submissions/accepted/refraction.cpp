#include <bits/stdc++.h>
using namespace std;

// Where sin(alpha) / u == sin(beta) / v the walk is shortest; the difference grows with x.
int main() {
    int t;
    cin >> t;
    cout << setprecision(10);
    while (t--) {
        double a, b, c, u, v;
        cin >> a >> b >> c >> u >> v;
        double low = 0, high = c;
        for (int i = 0; i < 80; i++) {
            double x = (low + high) / 2;
            if (x / hypot(a, x) / u < (c - x) / hypot(b, c - x) / v) low = x;
            else high = x;
        }
        cout << hypot(a, low) / u + hypot(b, c - low) / v << "\n";
    }
}
