/* One run while it lasts: whether it works, what it has used and written, and when it must be ended. */
#define _GNU_SOURCE
#include "runner.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	LOOK_US = 50000, /* an OOM kill among children does not wake us: look for it this often */
	SMALL = 1 << 20, /* so little in use is nobody's concern */
	BUSY_PART = 4,   /* a program that ran or waited for the core or a disk in less than this part of the looks is idle */
	SAMPLES = 20,    /* at least so many looks in a stretch, at times that a program cannot foresee */
	REST_PART = 50,  /* less than this part of a stretch's second half on the core is no CPU time: a runtime's own timers */
};

/* Whether a thread of any process but us runs, or waits for the core. */
static int runnable(void)
{
	int found = 0;
	DIR *all = opendir("/proc");
	struct dirent *process, *thread;
	while (all != NULL && !found && (process = readdir(all)) != NULL) {
		char path[2 * sizeof process->d_name];
		if (process->d_name[0] < '0' || process->d_name[0] > '9' || strcmp(process->d_name, "1") == 0)
			continue;
		snprintf(path, sizeof path, "/proc/%s/task", process->d_name);
		DIR *threads = opendir(path);
		while (threads != NULL && !found && (thread = readdir(threads)) != NULL) {
			char text[1024];
			snprintf(path, sizeof path, "%s/stat", thread->d_name);
			int fd = openat(dirfd(threads), path, O_RDONLY | O_CLOEXEC);
			ssize_t size = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
			if (fd >= 0)
				close(fd);
			text[size > 0 ? size : 0] = '\0';
			const char *name_end = strrchr(text, ')'); /* a program may name itself as it likes */
			found = name_end != NULL && name_end[1] == ' ' && name_end[2] == 'R';
		}
		if (threads != NULL)
			closedir(threads);
	}
	if (all != NULL)
		closedir(all);
	return found;
}

long long watch_written(const struct run *run)
{
	char text[512];
	if (run->io < 0)
		return -1;
	setfsgid(run->uid);
	setfsuid(run->uid);
	ssize_t size = pread(run->io, text, sizeof text - 1, 0);
	setfsuid(0);
	setfsgid(0);
	text[size > 0 ? size : 0] = '\0';
	const char *found = strstr(text, "wchar: ");
	long long bytes = found == NULL ? -1 : atoll(found + 7);
	return bytes < ADJ_BYTES ? bytes : bytes - ADJ_BYTES;
}

static long long cpu_used(const struct run *run)
{
	long long own = micros(CLOCK_PROCESS_CPUTIME_ID) - run->own_start;
	return run->cpu_start < 0 ? micros(run->clock) : usage_cpu_us() - run->cpu_start - own;
}

/* Whether all that the program has in memory, in processes and in files, is more than it may be. */
static int too_large(struct run *run)
{
	long long used = usage_memory();
	if (used > run->memory_seen) {
		run->memory_seen = used;
		long long kernel = used - run->memory_start > SMALL ? usage_kernel() : 0;
		if (kernel > run->kernel_seen)
			run->kernel_seen = kernel;
	}
	return run->memory > 0 && used - run->memory_start > run->memory && program_own(run, used) > run->memory;
}

/* Whether the judge wants the program to end; if the judge has gone, we end. */
static int stopped(int control, short events)
{
	char word[8];
	if (events == 0)
		return 0;
	if (events != POLLIN || recv(control, word, sizeof word, MSG_DONTWAIT) != sizeof "stop" ||
	    memcmp(word, "stop", sizeof "stop") != 0)
		_exit(0);
	return 1;
}

/*
 * Wait until the program ends or must be ended. Says why we stopped waiting; leaves at once when the judge has gone.
 *
 * Wall time alone ends no program that works: on a core that others use too it gets little of it. It is ended when it
 * was idle for a whole stretch of its wall time: most of the times that we looked it neither ran nor waited for the
 * core or a disk. One that is at work in every stretch meets its CPU limit in the end, or has read all that there is.
 * "idle" is one that used no CPU time for half a stretch, "wall" one that did something now and then.
 */
const char *watch(struct run *run)
{
	long long stretch = 0, sample = 0, looked = 0, half = 0, half_used = 0;
	long gap = talk_gap_us(&run->talk, (long)(run->wall_us / (2 * SAMPLES)) + 1);
	int samples = 0, busy = 0, afresh;
	srandom((unsigned)run->start);
	for (;;) {
		long long wall = micros(CLOCK_MONOTONIC) - run->start;
		long long used = cpu_used(run);
		if (run->ooms_start >= 0 && usage_ooms() > run->ooms_start)
			return "oom";
		if (too_large(run))
			return "memory";
		if (used >= run->cpu_us)
			return "cpu";
		if (run->io >= 0 && watch_written(run) > (long long)run->file_bytes)
			return "output";
		if (wall >= sample) {
			samples++;
			int works = runnable() || disk_works(&run->disk, disk_read(run->uid), wall - looked);
			busy += talk_works(&run->talk, works, &afresh);
			looked = wall;
			sample = wall + gap + random() % gap;
			if (afresh) {
				stretch = wall;
				samples = busy = 0;
			}
		}
		if (half <= stretch && wall - stretch >= run->wall_us / 2) {
			half = wall;
			half_used = used;
		}
		if (wall - stretch >= run->wall_us && samples >= SAMPLES) {
			if (busy * BUSY_PART < samples)
				return (used - half_used) * REST_PART < wall - half ? "idle" : "wall";
			stretch = wall;
			samples = busy = 0;
		}
		long long next = (run->cpu_us - used) / usage_cpus();
		if (sample - wall < next)
			next = sample - wall;
		if (next > LOOK_US)
			next = LOOK_US;
		struct pollfd fds[2] = {{run->program, POLLIN, 0}, {run->control, POLLIN | POLLRDHUP, 0}};
		if (poll(fds, 2, (int)(next / 1000) + 1) < 0 && errno != EINTR)
			_exit(1);
		if (fds[0].revents != 0)
			return "end";
		if (stopped(run->control, fds[1].revents))
			return "stop";
	}
}
