#include <math.h>
#include <stdio.h>

int main(void) {
    int t;
    if (scanf("%d", &t) != 1) return 1;
    while (t--) {
        int a, b, c, u, v;
        if (scanf("%d %d %d %d %d", &a, &b, &c, &u, &v) != 5) return 1;
        volatile int faster = 1000 / (u - v); /* equal speeds were not thought of */
        double low = 0, high = faster ? c : 2 * c;
        for (int i = 0; i < 100; i++) {
            double x = (low + high) / 2;
            if (x * hypot(b, c - x) * v < (c - x) * hypot(a, x) * u) low = x;
            else high = x;
        }
        printf("%.9f\n", hypot(a, low) / u + hypot(b, c - low) / v);
    }
    return 0;
}
