/* Tries to change the input, which all runs of a test share. Prints what worked. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

int main(void)
{
	int fd = open("/proc/self/fd/0", O_RDWR);
	if (fd >= 0 && pwrite(fd, "9", 1, 0) == 1)
		puts("write through /proc/self/fd/0");
	if (fd >= 0 && ftruncate(fd, 0) == 0)
		puts("truncate");
	if (fd >= 0 && mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) != MAP_FAILED)
		puts("map writable");
	if (fd >= 0 && fallocate(fd, 0, 0, 1 << 20) == 0)
		puts("grow");
	if (write(0, "9", 1) == 1)
		puts("write to stdin");
	if (fchmod(0, 0) == 0)
		puts("chmod");
	return 0;
}
