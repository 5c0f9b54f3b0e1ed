/* What our own container has used, as its cgroup says. */
#define _GNU_SOURCE
#include "runner.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	NEAR_FULL = 1 << 20, /* the kernel charges memory in batches */
	STALE = 1 << 20,     /* so much more or less in use: some of it may be pages of files on disks */
};

/* A figure of our own container, which cgroup v1 and v2 keep in different files. */
struct figure {
	int fd;
	const char *key; /* the word before the number, "" where the file is the number */
	long long unit;  /* divides what is read */
};

static struct figure cpu = {.fd = -1}, ooms = {.fd = -1}, full = {.fd = -1};
static struct figure memory = {.fd = -1}, most = {.fd = -1}, pages = {.fd = -1}, shared = {.fd = -1}, kernel = {.fd = -1};
static int cpus = 1;
static long long limit; /* by cgroup v1 */
/* What was in use when the pages of files on disks, and what the kernel has for itself, were last counted; and these. */
static long long settled, settled_pages, settled_kernel;

static struct figure figure(const char *cgroup, const char *const names[][2], const long long *units)
{
	for (int i = 0; names[i][0] != NULL; i++) {
		char path[256];
		snprintf(path, sizeof path, "%s/%s", cgroup, names[i][0]);
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd >= 0)
			return (struct figure){fd, names[i][1], units[i]};
	}
	return (struct figure){.fd = -1};
}

/* The figure now; -1 where there is none. */
static long long look(const struct figure *from)
{
	char text[8192];
	ssize_t size = from->fd < 0 ? -1 : pread(from->fd, text, sizeof text - 1, 0);
	if (size <= 0)
		return -1;
	text[size] = '\0';
	size_t length = strlen(from->key);
	for (char *line = text; line != NULL; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
		if (strncmp(line, from->key, length) == 0)
			return atoll(line + length) / from->unit;
	return -1;
}

void usage_start(const char *cgroup)
{
	static const char *const cpu_files[][2] = {
		{"cpuacct/cpuacct.usage", ""}, {"cpu,cpuacct/cpuacct.usage", ""}, {"cpu.stat", "usage_usec "}, {NULL, NULL}};
	static const char *const oom_files[][2] = {
		{"memory/memory.oom_control", "oom_kill "}, {"memory.events", "oom_kill "}, {NULL, NULL}};
	cpu = figure(cgroup, cpu_files, (const long long[]){1000, 1000, 1});
	/* an OOM kill may be for the whole machine's want of memory: only these say that our own limit was met */
	static const char *const full_files[][2] = {{"memory.events", "oom "}, {NULL, NULL}};
	static const char *const limit_files[][2] = {{"memory/memory.limit_in_bytes", ""}, {NULL, NULL}};
	static const char *const memory_files[][2] = {
		{"memory/memory.usage_in_bytes", ""}, {"memory.current", ""}, {NULL, NULL}};
	static const char *const most_files[][2] = {
		{"memory/memory.max_usage_in_bytes", ""}, {"memory.peak", ""}, {NULL, NULL}};
	static const char *const page_files[][2] = {{"memory/memory.stat", "cache "}, {"memory.stat", "file "}, {NULL, NULL}};
	static const char *const shared_files[][2] = {{"memory/memory.stat", "shmem "}, {"memory.stat", "shmem "}, {NULL, NULL}};
	static const char *const kernel_files[][2] = {
		{"memory/memory.kmem.usage_in_bytes", ""}, {"memory.stat", "kernel "}, {NULL, NULL}};
	ooms = figure(cgroup, oom_files, (const long long[]){1, 1});
	full = figure(cgroup, full_files, (const long long[]){1});
	struct figure limited = figure(cgroup, limit_files, (const long long[]){1});
	limit = look(&limited);
	if (limited.fd >= 0)
		close(limited.fd);
	memory = figure(cgroup, memory_files, (const long long[]){1, 1});
	most = figure(cgroup, most_files, (const long long[]){1, 1});
	pages = figure(cgroup, page_files, (const long long[]){1, 1});
	shared = figure(cgroup, shared_files, (const long long[]){1, 1});
	kernel = figure(cgroup, kernel_files, (const long long[]){1, 1});
	cpu_set_t set;
	if (sched_getaffinity(0, sizeof set, &set) == 0)
		cpus = CPU_COUNT(&set);
}

long long micros(clockid_t clock)
{
	struct timespec now;
	if (clock_gettime(clock, &now) < 0)
		return 0;
	return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

long long usage_cpu_us(void)
{
	return look(&cpu);
}

long long usage_ooms(void)
{
	return look(&ooms);
}

long long usage_full(void)
{
	return look(&full);
}

int usage_cpus(void)
{
	return cpus;
}

int usage_filled(long long full_before, long long mark_before, long long mark)
{
	if (limit < 0)
		return look(&full) > full_before;
	return mark > mark_before && mark + NEAR_FULL >= limit;
}

long long usage_memory(void)
{
	return look(&memory);
}

long long usage_mark(void)
{
	return look(&most);
}

/* Pages of files on disks; those of files in memory are of the same kind to the kernel. */
static long long of_disks(void)
{
	return look(&pages) - look(&shared);
}

long long usage_settle(void)
{
	long long now = look(&memory);
	if (now > settled + STALE || now < settled - STALE) {
		settled = now;
		settled_pages = of_disks();
		settled_kernel = look(&kernel);
	}
	return now;
}

long long usage_own(long long bytes, long long start)
{
	return bytes - start - (of_disks() - settled_pages);
}

long long usage_kernel(void)
{
	return look(&kernel) - settled_kernel;
}
