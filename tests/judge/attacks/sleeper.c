/* Holds the slot and does nothing. */
#include <unistd.h>

int main(void)
{
	for (;;)
		pause();
}
