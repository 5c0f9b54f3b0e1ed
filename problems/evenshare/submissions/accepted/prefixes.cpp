#include <bits/stdc++.h>
using namespace std;

int main() {
    int n;
    cin >> n;
    vector<int> first(n, -1);
    first[0] = 0;
    long long sum = 0;
    for (int i = 1; i <= n; i++) {
        long long x;
        cin >> x;
        sum = (sum + x) % n;
        if (first[sum] >= 0) {
            cout << i - first[sum] << "\n";
            for (int j = first[sum] + 1; j <= i; j++) cout << j << " ";
            cout << "\n";
            return 0;
        }
        first[sum] = i;
    }
}
