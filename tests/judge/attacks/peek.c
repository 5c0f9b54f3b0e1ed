/* Looks for what is not its own: prints each file that it can read and should not, each folder where it can write. */
#define _XOPEN_SOURCE 700
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int writable(const char *path, const struct stat *info, int type, struct FTW *at)
{
	(void)info, (void)at;
	if (type != FTW_SL && strncmp(path, "/proc", 5) != 0 && strncmp(path, "/sys", 4) != 0 &&
	    strncmp(path, "/dev/", 5) != 0 && strncmp(path, "/w/box", 6) != 0 && access(path, W_OK) == 0)
		printf("can write %s\n", path);
	return 0;
}

int main(void)
{
	static const char *const secrets[] = {"/etc/shadow", "/etc/gshadow", "/proc/1/environ", "/proc/1/maps", "/proc/1/mem",
		"/proc/1/fd", "/proc/1/fd/3", "/proc/1/root/etc", "/proc/1/cwd/etc", "/run/judge", "/run/judge/runner", "/root",
		"/proc/kcore", "/proc/sysrq-trigger", "/w/src", "/w/box/../src", "/proc/self/fd/3", "/proc/self/fd/4"};
	for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++)
		if (open(secrets[i], O_RDONLY | O_NONBLOCK) >= 0)
			printf("can read %s\n", secrets[i]);
	if (open("/w/program/program", O_WRONLY) >= 0 || unlink("/w/program/program") == 0 || rename("/w/box", "/w/other") == 0)
		puts("can change its program");
	if (creat("/dev/x", 0600) >= 0 || creat("/dev/shm/x", 0600) >= 0 || creat("/dev/mqueue/x", 0600) >= 0)
		puts("can make a file in /dev");
	nftw("/", writable, 64, FTW_PHYS);
	return 0;
}
