#include <bits/stdc++.h>
using namespace std;

// Breadth first over the sums: wave i holds what i coins can pay.
int main() {
    int k, s;
    cin >> k >> s;
    vector<int> coin(k), coins(s + 1, -1);
    for (int& c : coin) cin >> c;
    queue<int> wave;
    coins[0] = 0;
    wave.push(0);
    while (!wave.empty() && coins[s] < 0) {
        int x = wave.front();
        wave.pop();
        for (int c : coin)
            if (x + c <= s && coins[x + c] < 0) {
                coins[x + c] = coins[x] + 1;
                wave.push(x + c);
            }
    }
    if (coins[s] < 0) cout << "impossible\n";
    else cout << coins[s] << "\n";
}
