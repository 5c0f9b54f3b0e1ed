#include <bits/stdc++.h>
using namespace std;

int main() {
    int t;
    cin >> t;
    cout << setprecision(10);
    while (t--) {
        double a, b, c, u, v;
        cin >> a >> b >> c >> u >> v;
        double x = c * a / (a + b);
        cout << hypot(a, x) / u + hypot(b, c - x) / v << "\n";
    }
}
