// @EXPECTED_RESULTS@: COMPILER-ERROR
#include <bits/stdc++.h>
using namespace std;

int main() {
    int n, m;
    cin >> n >> m;
    vector<Road> roads(m);
    for (auto& r : roads) cin >> r.a >> r.b >> r.w;
    cout << roads.size() << "\n";
}
