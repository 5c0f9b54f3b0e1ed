/* Tries to change the input, which all runs of a test share. Prints what worked. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
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
	if (futimens(0, (const struct timespec[]){{0, UTIME_NOW}, {0, UTIME_NOW}}) == 0)
		puts("set times to now");
	if (futimens(0, (const struct timespec[]){{1, 0}, {1, 0}}) == 0)
		puts("set times");
	if (flock(0, LOCK_SH) == 0)
		puts("flock");
	for (int command = F_GETLK; command <= F_SETLKW; command++)
		if (fcntl(0, command, &(struct flock){.l_type = F_RDLCK}) == 0)
			puts("lock");
	for (int command = F_OFD_GETLK; command <= F_OFD_SETLKW; command++)
		if (fcntl(0, command, &(struct flock){.l_type = F_RDLCK}) == 0)
			puts("lock of the open file");
	if (fcntl(0, F_SETLEASE, F_RDLCK) == 0)
		puts("lease");
	if (fcntl(0, 1036 /* F_SET_RW_HINT */, &(unsigned long){2}) == 0)
		puts("hint");
	return 0;
}
