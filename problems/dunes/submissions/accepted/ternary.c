#include <math.h>
#include <stdio.h>

static double a, b, c, u, v;

static double minutes(double x) { return hypot(a, x) / u + hypot(b, c - x) / v; }

int main(void) {
    int t;
    if (scanf("%d", &t) != 1) return 1;
    while (t--) {
        if (scanf("%lf %lf %lf %lf %lf", &a, &b, &c, &u, &v) != 5) return 1;
        double low = 0, high = c;
        for (int i = 0; i < 100; i++) {
            double p = low + (high - low) / 3, q = high - (high - low) / 3;
            if (minutes(p) < minutes(q)) high = q;
            else low = p;
        }
        printf("%.9f\n", minutes(low));
    }
    return 0;
}
