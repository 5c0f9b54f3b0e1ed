/* Hides memory where no process has it mapped: in files without a name. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int main(void)
{
	char *block = malloc(1 << 20);
	signal(SIGXFSZ, SIG_IGN);
	for (int i = 0; i < 250; i++) {
		int fd = memfd_create("hidden", 0);
		while (write(fd, block, 1 << 20) > 0)
			;
	}
	return 0;
}
