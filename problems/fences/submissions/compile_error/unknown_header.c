/* @EXPECTED_RESULTS@: COMPILER-ERROR */
#include <fence.h>

int main(void) {
    return paint(stdin);
}
