/* Fills its folder: first with as many files as there may be, then the rest of the bytes. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(void)
{
	static char block[1 << 20];
	char name[32];
	int files = 0, fd;
	signal(SIGXFSZ, SIG_IGN);
	memset(block, 'x', sizeof block);
	for (;; files++) {
		snprintf(name, sizeof name, "%d", files);
		fd = open(name, O_CREAT | O_WRONLY, 0600);
		if (fd < 0)
			break;
		close(fd);
	}
	for (int i = 0; i < files; i++) {
		snprintf(name, sizeof name, "%d", i);
		fd = open(name, O_WRONLY);
		if (write(fd, block, sizeof block) < (ssize_t)sizeof block)
			break;
		close(fd);
	}
	return 0;
}
