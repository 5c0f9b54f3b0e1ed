/* What a run reads from disks: to wait for that is work, as long as a disk may need for it. */
#define _GNU_SOURCE
#include "runner.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	SLOW = 16,           /* bytes a microsecond: so long a read may take; a quarter will do, as one look in four is enough */
	AHEAD_US = 1000000,  /* time that is granted at once: of the largest read that the kernel makes of one */
	TIMES = 2,           /* a program may read its inputs again when the kernel has dropped their pages, but not for ever */
	RUNTIME = 256 << 20, /* of the image's files: what the largest runtimes and compilers have */
};

void disk_start(struct disk *disk, const struct request *request)
{
	*disk = (struct disk){.left = RUNTIME};
	for (int i = 0; i < request->fds; i++) {
		struct stat info;
		if (fstat(request->fd[i], &info) == 0 && S_ISREG(info.st_mode))
			disk->left += TIMES * info.st_size;
	}
}

int disk_works(struct disk *disk, long long bytes, long long us)
{
	long long more = bytes - disk->seen; /* less than nothing when a process has ended */
	disk->seen = bytes;
	if (more > disk->left)
		more = disk->left;
	if (more > 0) {
		disk->left -= more;
		disk->granted_us += more / SLOW;
	}
	if (disk->granted_us > AHEAD_US)
		disk->granted_us = AHEAD_US;
	if (disk->granted_us <= 0)
		return 0;
	disk->granted_us -= us;
	return 1;
}

long long disk_read(uid_t uid)
{
	long long bytes = 0;
	struct dirent *process;
	DIR *all = opendir("/proc");
	setfsgid(uid); /* the kernel tells only a process's own user */
	setfsuid(uid);
	while (all != NULL && (process = readdir(all)) != NULL) {
		char path[300], text[512];
		if (process->d_name[0] < '0' || process->d_name[0] > '9' || strcmp(process->d_name, "1") == 0)
			continue;
		snprintf(path, sizeof path, "%s/io", process->d_name);
		int fd = openat(dirfd(all), path, O_RDONLY | O_CLOEXEC);
		ssize_t size = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
		if (fd >= 0)
			close(fd);
		text[size > 0 ? size : 0] = '\0';
		const char *found = strstr(text, "\nread_bytes: ");
		bytes += found == NULL ? 0 : atoll(found + 13);
	}
	setfsuid(0);
	setfsgid(0);
	if (all != NULL)
		closedir(all);
	return bytes;
}
