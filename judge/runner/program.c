/* One run: fork the program out of this small process, watch its limits, kill what is left, say what it used. */
#define _GNU_SOURCE
#include "runner.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	LOOK_US = 50000,     /* an OOM kill among children does not wake us: look for it this often */
	BUSY_TRIES = 20,     /* a copy of a file that is still being closed elsewhere: "text file busy" for a moment */
	OPEN_FILES = 256,    /* the JVM needs some sixty */
	NEAR_FULL = 1 << 20, /* the kernel charges memory in batches */
	BUSY_PART = 4,       /* a program that ran or waited for the core in less than this part of the looks is idle */
	SAMPLES = 20,        /* at least so many looks in a stretch, at times that a program cannot foresee */
};

/* A figure of our own container, which cgroup v1 and v2 keep in different files. */
struct figure {
	int fd;
	const char *key; /* the word before the number, "" where the file is the number */
	long long unit;  /* divides what is read */
};

static struct figure cpu = {.fd = -1}, ooms = {.fd = -1}, full = {.fd = -1}, most = {.fd = -1}, limited = {.fd = -1};
static int cpus = 1;

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
	char text[4096];
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

void program_start(const char *cgroup)
{
	static const char *const cpu_files[][2] = {
		{"cpuacct/cpuacct.usage", ""}, {"cpu,cpuacct/cpuacct.usage", ""}, {"cpu.stat", "usage_usec "}, {NULL, NULL}};
	static const char *const oom_files[][2] = {
		{"memory/memory.oom_control", "oom_kill "}, {"memory.events", "oom_kill "}, {NULL, NULL}};
	cpu = figure(cgroup, cpu_files, (const long long[]){1000, 1000, 1});
	/* an OOM kill may be for the whole machine's want of memory: only these say that our own limit was met */
	static const char *const full_files[][2] = {{"memory.events", "oom "}, {NULL, NULL}};
	static const char *const most_files[][2] = {{"memory/memory.max_usage_in_bytes", ""}, {NULL, NULL}};
	static const char *const limit_files[][2] = {{"memory/memory.limit_in_bytes", ""}, {NULL, NULL}};
	ooms = figure(cgroup, oom_files, (const long long[]){1, 1});
	full = figure(cgroup, full_files, (const long long[]){1});
	most = figure(cgroup, most_files, (const long long[]){1});
	limited = figure(cgroup, limit_files, (const long long[]){1});
	cpu_set_t set;
	if (sched_getaffinity(0, sizeof set, &set) == 0)
		cpus = CPU_COUNT(&set);
}

static long long micros(clockid_t clock)
{
	struct timespec now;
	if (clock_gettime(clock, &now) < 0)
		return 0;
	return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

/* Whether our own memory limit was met: since then by cgroup v2, ever by v1, whose own counts say nothing on some kernels. */
static int filled(long long before)
{
	return look(&full) > before || (most.fd >= 0 && look(&most) + NEAR_FULL >= look(&limited));
}

static int limit(int what, rlim_t value)
{
	struct rlimit both = {value, value};
	if (setrlimit((__rlimit_resource_t)what, &both) == 0)
		return 0;
	/* the container's own hard limit is lower: all of it then */
	if (getrlimit((__rlimit_resource_t)what, &both) < 0 || both.rlim_max >= value)
		return -1;
	both.rlim_cur = both.rlim_max;
	return setrlimit((__rlimit_resource_t)what, &both);
}

struct run {
	uid_t uid;
	long long cpu_us;  /* where it is killed */
	long long wall_us; /* a stretch of wall time in which it must not be idle */
	rlim_t file_bytes, stack_bytes, processes;
	const char *folder;
	char *const *argv, *const *envp;
};

static void child(const struct run *run, const struct request *request, int errors)
{
	int adj = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	if (adj < 0 || write(adj, "1000", 4) != 4)
		goto failed;
	for (int i = 0; i < request->fds; i++)
		if (dup2(request->fd[i], i) < 0)
			goto failed;
	if (files_enter(run->folder) < 0)
		goto failed;
	if (limit(RLIMIT_CORE, 1) < 0 || /* 1 stops a core handler too, 0 does not */
	    limit(RLIMIT_MSGQUEUE, 0) < 0 || /* a queue made in /dev/mqueue would outlive the run, and its name carry something over */
	    limit(RLIMIT_FSIZE, run->file_bytes) < 0 || limit(RLIMIT_STACK, run->stack_bytes) < 0 ||
	    limit(RLIMIT_NOFILE, OPEN_FILES) < 0 ||
	    limit(RLIMIT_CPU, (rlim_t)(run->cpu_us / 1000000 + 3)) < 0 || /* only in case that nobody watches */
	    limit(RLIMIT_NPROC, run->processes) < 0)
		goto failed;
	umask(022);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || setgroups(0, NULL) < 0 ||
	    setresgid(run->uid, run->uid, run->uid) < 0 || setresuid(run->uid, run->uid, run->uid) < 0)
		goto failed;
	for (int i = 0; i < BUSY_TRIES; i++) {
		execve(run->argv[0], run->argv, run->envp);
		if (errno != ETXTBSY)
			break;
		usleep(1000);
	}
failed:;
	int code = errno;
	if (write(errors, &code, sizeof code) != sizeof code)
		_exit(2);
	_exit(1);
}

struct used {
	int status, left;
	long long rusage_us, peak_kib;
};

static long long time_us(struct timeval time)
{
	return time.tv_sec * 1000000LL + time.tv_usec;
}

/* Kill and reap until nobody but us is there; as PID 1 we get every orphan, so nothing can hide. */
static struct used sweep(pid_t program)
{
	struct used used = {.status = -1};
	for (;;) {
		int status;
		struct rusage usage;
		kill(-1, SIGKILL);
		pid_t pid = wait4(-1, &status, __WALL, &usage);
		if (pid < 0) {
			if (errno == EINTR)
				continue;
			return used;
		}
		used.rusage_us += time_us(usage.ru_utime) + time_us(usage.ru_stime);
		if (usage.ru_maxrss > used.peak_kib)
			used.peak_kib = usage.ru_maxrss;
		if (pid == program)
			used.status = status;
		else
			used.left++;
	}
}

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

/*
 * Wait until the program ends or must be ended. Says why we stopped waiting; leaves at once when the judge has gone.
 *
 * Wall time alone ends no program that works: on a core that others use too it gets little of it. It is ended when it
 * was idle for a whole stretch of its wall time: most of the times that we looked it neither ran nor waited for the
 * core. One that is at work in every stretch meets its CPU limit in the end.
 */
static const char *watch(const struct run *run, int program, int control, clockid_t clock, long long start,
			 long long cpu_start, long long own_start, long long ooms_start)
{
	long long stretch = 0, sample = 0;
	long gap = (long)(run->wall_us / (2 * SAMPLES)) + 1;
	int samples = 0, busy = 0;
	srandom((unsigned)start);
	for (;;) {
		long long wall = micros(CLOCK_MONOTONIC) - start;
		long long own = micros(CLOCK_PROCESS_CPUTIME_ID) - own_start;
		long long used = cpu_start < 0 ? micros(clock) : look(&cpu) - cpu_start - own;
		if (ooms_start >= 0 && look(&ooms) > ooms_start)
			return "oom";
		if (used >= run->cpu_us)
			return "cpu";
		if (wall >= sample) {
			samples++;
			busy += runnable();
			sample = wall + gap + random() % gap;
		}
		if (wall - stretch >= run->wall_us && samples >= SAMPLES) {
			if (busy * BUSY_PART < samples)
				return "wall";
			stretch = wall;
			samples = busy = 0;
		}
		long long next = (run->cpu_us - used) / cpus;
		if (sample - wall < next)
			next = sample - wall;
		if (next > LOOK_US)
			next = LOOK_US;
		struct pollfd fds[2] = {{program, POLLIN, 0}, {control, POLLRDHUP, 0}};
		if (poll(fds, 2, (int)(next / 1000) + 1) < 0 && errno != EINTR)
			_exit(1);
		if (fds[1].revents != 0)
			_exit(0);
		if (fds[0].revents != 0)
			return "end";
	}
}

/* exec UID CPU_MS WALL_MS FILE_BYTES STACK_BYTES PROCESSES FOLDER ARGC ARGV… ENV…, with descriptors 0, 1, 2, … */
int program_exec(const struct request *request, int control, char *reply, size_t size)
{
	char *const *word = request->word;
	int argc = request->words < 10 ? 0 : atoi(word[8]);
	if (argc < 1 || argc > request->words - 9 || request->fds < 3) {
		errno = EINVAL;
		return -1;
	}
	char *argv[MAX_WORDS + 1] = {NULL};
	memcpy(argv, word + 9, (size_t)argc * sizeof *argv);
	struct run run = {
		.uid = (uid_t)atoi(word[1]),
		.cpu_us = atoll(word[2]) * 1000,
		.wall_us = atoll(word[3]) * 1000,
		.file_bytes = (rlim_t)atoll(word[4]),
		.stack_bytes = (rlim_t)atoll(word[5]),
		.processes = (rlim_t)atoll(word[6]),
		.folder = word[7],
		.argv = argv,
		.envp = word + 9 + argc,
	};
	int errors[2];
	if (run.uid == 0 || pipe2(errors, O_CLOEXEC | O_NONBLOCK) < 0) {
		errno = run.uid == 0 ? EPERM : errno;
		return -1;
	}
	long long ooms_start = look(&ooms), full_start = look(&full);
	long long cpu_start = look(&cpu), own_start = micros(CLOCK_PROCESS_CPUTIME_ID), start = micros(CLOCK_MONOTONIC);
	pid_t pid = fork();
	if (pid == 0)
		child(&run, request, errors[1]);
	int failure = errno;
	close(errors[1]);
	int program = pid < 0 ? -1 : (int)syscall(SYS_pidfd_open, pid, 0);
	if (program < 0) {
		failure = pid < 0 ? failure : errno;
		sweep(pid);
		close(errors[0]);
		errno = failure;
		return -1;
	}
	clockid_t clock = CLOCK_MONOTONIC;
	if (cpu_start < 0 && clock_getcpuclockid(pid, &clock) != 0)
		clock = CLOCK_PROCESS_CPUTIME_ID;
	const char *why = watch(&run, program, control, clock, start, cpu_start, own_start, ooms_start);
	long long wall = micros(CLOCK_MONOTONIC) - start;
	close(program);
	struct used used = sweep(pid);
	long long own = micros(CLOCK_PROCESS_CPUTIME_ID) - own_start;
	long long cpu_us = cpu_start < 0 ? -1 : look(&cpu) - cpu_start - own;
	ssize_t failed = read(errors[0], &failure, sizeof failure);
	close(errors[0]);
	if (failed == sizeof failure) {
		errno = failure;
		return -1;
	}
	long long killed = ooms_start < 0 ? -1 : look(&ooms) - ooms_start;
	return snprintf(reply, size, "ok %s %d %lld %lld %lld %lld %lld %d %d", why, used.status, wall, cpu_us,
			used.rusage_us, used.peak_kib, killed, filled(full_start), used.left);
}

/* Whether no process but us is there. */
int program_alone(void)
{
	return kill(-1, 0) < 0 && errno == ESRCH;
}
