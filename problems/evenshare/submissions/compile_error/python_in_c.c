/* @EXPECTED_RESULTS@: COMPILER-ERROR */
#include <stdio.h>

int main(void) {
    n = int(input());
    print(n);
}
