/* A fifth more than it may have, in files without a name that no process maps; the kernel's own limit is further away. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MIB = 77 };

int main(void)
{
	char *block = malloc(1 << 20);
	memset(block, 1, 1 << 20);
	for (int i = 0; i < MIB; i++) {
		int fd = memfd_create("hidden", 0);
		if (write(fd, block, 1 << 20) != 1 << 20)
			return 1;
	}
	return 0;
}
