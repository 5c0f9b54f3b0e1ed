#include <bits/stdc++.h>
using namespace std;

int n;
vector<long long> bag;
vector<int> chosen;

// The first bags are the heaviest choice: they are tried last.
bool give(int at, long long sum) {
    if (at == n) return !chosen.empty() && sum % n == 0;
    if (give(at + 1, sum)) return true;
    chosen.push_back(at + 1);
    if (give(at + 1, sum + bag[at])) return true;
    chosen.pop_back();
    return false;
}

int main() {
    cin >> n;
    bag.resize(n);
    for (auto& b : bag) cin >> b;
    give(0, 0);
    cout << chosen.size() << "\n";
    for (int i : chosen) cout << i << " ";
    cout << "\n";
}
