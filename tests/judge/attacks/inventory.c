/*
 * Says how a program finds its container: who else is there, what lies about, what it is itself allowed. In an honest
 * container it says the same every time, its last line aside: that is the memory in use, in KiB: of processes and of files
 * in memory, then the kernel's own.
 */
#define _XOPEN_SOURCE 700
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* The lines of a file that begin so; all of them for "". */
static void lines(const char *path, const char *begin)
{
	char *line = NULL;
	size_t size = 0;
	FILE *file = fopen(path, "r");
	while (file != NULL && getline(&line, &size, file) >= 0)
		if (strncmp(line, begin, strlen(begin)) == 0)
			printf("%s: %s", path, line);
	if (file != NULL)
		fclose(file);
}

static int found(const char *path, const struct stat *info, int type, struct FTW *at)
{
	(void)type, (void)at;
	printf("%s %o %s\n", path, info->st_mode, info->st_uid == 0 ? "root's" : info->st_uid == getuid() ? "mine" : "other's");
	return 0;
}

static void processes(void)
{
	struct dirent *entry;
	DIR *all = opendir("/proc");
	while ((entry = readdir(all)) != NULL)
		if (atoi(entry->d_name) > 1 && atoi(entry->d_name) != getpid())
			printf("process %s\n", entry->d_name);
	closedir(all);
}

static long kib(const char *path, const char *const keys[])
{
	char line[256], name[64];
	long sum = 0, value;
	FILE *file = fopen(path, "r");
	while (file != NULL && fgets(line, sizeof line, file) != NULL)
		for (int i = 0; keys[i] != NULL; i++)
			if (sscanf(line, "%63s %ld", name, &value) == 2 && strcmp(name, keys[i]) == 0)
				sum += value;
	if (file != NULL)
		fclose(file);
	return sum / 1024;
}

static long number(const char *path)
{
	long value = 0;
	FILE *file = fopen(path, "r");
	if (file != NULL && fscanf(file, "%ld", &value) != 1)
		value = 0;
	if (file != NULL)
		fclose(file);
	return value;
}

int main(void)
{
	struct statvfs disk;
	struct rlimit limit;
	cpu_set_t cores;
	processes();
	/* no program can write anywhere else: peek.c looks for it */
	static const char *const places[] = {"/w", "/dev", "/run", "/tmp", "/var/tmp"};
	for (size_t i = 0; i < sizeof places / sizeof *places; i++)
		nftw(places[i], found, 64, FTW_PHYS);
	statvfs("/w", &disk);
	printf("/w: %lu blocks and %lu inodes are used\n", disk.f_blocks - disk.f_bfree, disk.f_files - disk.f_ffree);
	statvfs("/dev", &disk);
	printf("/dev: %lu blocks and %lu inodes are used\n", disk.f_blocks - disk.f_bfree, disk.f_files - disk.f_ffree);
	lines("/proc/sysvipc/shm", "");
	lines("/proc/sysvipc/sem", "");
	lines("/proc/sysvipc/msg", "");
	lines("/proc/keys", "");
	static const char *const facts[] = {"Groups", "Sig", "Shd", "Cap", "NoNew", "Seccomp", "Cpus", "Mems", "Umask", "Threads"};
	for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
		lines("/proc/self/status", facts[i]);
	lines("/proc/self/oom_score_adj", "");
	lines("/proc/self/coredump_filter", "");
	for (int what = 0; what < RLIMIT_NLIMITS; what++)
		if (getrlimit((__rlimit_resource_t)what, &limit) == 0)
			printf("limit %d: %llu\n", what, (unsigned long long)limit.rlim_cur);
	for (int fd = 0; fd < 256; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			printf("descriptor %d: %x\n", fd, fcntl(fd, F_GETFL));
	for (char **variable = environ; *variable != NULL; variable++)
		puts(*variable);
	sched_getaffinity(0, sizeof cores, &cores);
	printf("%d cores, policy %d, nice %d, slack %d, personality %x, dumpable %d\n", CPU_COUNT(&cores), sched_getscheduler(0),
	       getpriority(PRIO_PROCESS, 0), prctl(PR_GET_TIMERSLACK), personality(0xffffffff), prctl(PR_GET_DUMPABLE));
	static const char *const v1[] = {"rss", "shmem", NULL}, *const v2[] = {"anon", "shmem", NULL};
	static const char *const kernel[] = {"kernel", NULL};
	long used = kib("/sys/fs/cgroup/memory/memory.stat", v1) + kib("/sys/fs/cgroup/memory.stat", v2);
	long kernels = number("/sys/fs/cgroup/memory/memory.kmem.usage_in_bytes") / 1024 + kib("/sys/fs/cgroup/memory.stat", kernel);
	printf("%ld %ld\n", used, kernels);
	return 0;
}
