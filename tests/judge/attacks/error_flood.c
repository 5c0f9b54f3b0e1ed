/* Writes for ever to stderr. */
#include <string.h>
#include <unistd.h>

int main(void)
{
	char block[1 << 16];
	memset(block, 'x', sizeof block);
	for (;;)
		write(2, block, sizeof block);
}
