/* Lets children take the memory and waits: the kernel kills a child, and the parent looks idle. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(void)
{
	for (int i = 0; i < 6; i++)
		if (fork() == 0)
			for (;;)
				memset(malloc(1 << 20), 1, 1 << 20);
	for (;;)
		pause();
}
