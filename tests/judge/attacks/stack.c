/* Calls itself for ever. */
#include <stdio.h>

static int deeper(volatile int *above)
{
	volatile int here[1024] = {*above + 1};
	return deeper(here) + here[0];
}

int main(void)
{
	volatile int first = 0;
	return printf("%d\n", deeper(&first));
}
