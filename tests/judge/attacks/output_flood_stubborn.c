/* Writes for ever and will not be told by the signal. */
#include <signal.h>
#include <string.h>
#include <unistd.h>

int main(void)
{
	char block[1 << 16];
	memset(block, 'x', sizeof block);
	signal(SIGXFSZ, SIG_IGN);
	while (write(1, block, sizeof block) > 0)
		;
	return 0;
}
