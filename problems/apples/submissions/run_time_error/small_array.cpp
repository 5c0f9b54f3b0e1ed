#include <bits/stdc++.h>
using namespace std;

int main() {
    int n;
    cin >> n;
    vector<long long> a(3000);
    for (int i = 0; i < n; i++) cin >> a.at(i);
    long long sum = 0;
    for (int i = 0; i < n; i++)
        if (i == 0 || a[i] != a[i - 1]) sum += a[i];
    cout << sum << "\n";
}
