#include <stdio.h>

int main(void) {
    int n, sum = 0, before = 0;
    if (scanf("%d", &n) != 1) return 1;
    for (int i = 0; i < n; i++) {
        int x;
        if (scanf("%d", &x) != 1) return 1;
        if (i == 0 || x != before) sum = (int)((unsigned)sum + (unsigned)x);
        before = x;
    }
    printf("%d\n", sum);
    return 0;
}
