/* One run: fork the program out of this small process, watch its limits, kill what is left, say what it used. */
#define _GNU_SOURCE
#include "runner.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
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
	BUSY_TRIES = 20,  /* a copy of a file that is still being closed elsewhere: "text file busy" for a moment */
	OPEN_FILES = 256, /* the JVM needs some sixty */
	KIB = 1024,
	KERNEL_BYTES = 512 << 10, /* of a process that does not do much: page tables, a stack, what it has open */
	CERTAIN_KIB = 1024, /* above a process's own peak: what the kernel keeps for a small one is less */
};

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

static void child(const struct run *run, const struct request *request, int errors)
{
	int adj = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	if (adj < 0 || write(adj, "1000", ADJ_BYTES) != ADJ_BYTES)
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

/* The child is there: what only it needs is closed here, else nobody would ever see the end of a pipe. */
static void let_run(struct run *run, struct request *request, pid_t pid)
{
	talk_hold(&run->talk, request);
	for (int i = 0; i < request->fds; i++) {
		if (request->fd[i] >= 0)
			close(request->fd[i]);
		request->fd[i] = -1;
	}
	if (run->talk.page != NULL && run->talk.side == SUBMISSION) {
		char path[64];
		snprintf(path, sizeof path, "/proc/%d/io", (int)pid);
		run->io = open(path, O_RDONLY | O_CLOEXEC);
	}
	if (run->cpu_start < 0 && clock_getcpuclockid(pid, &run->clock) != 0)
		run->clock = CLOCK_PROCESS_CPUTIME_ID;
	run->program = (int)syscall(SYS_pidfd_open, pid, 0);
}

long long program_own(const struct run *run, long long bytes)
{
	long long most = (long long)run->processes * KERNEL_BYTES;
	return usage_own(bytes, run->memory_start) - (run->kernel_seen < most ? run->kernel_seen : most);
}

/* What all of it had in memory at the most, of which the kernel's figure is `most` bytes: -1 where there is none. Pages of
   files on disks are counted only where it is more than the largest process had. */
static long long own_kib(const struct run *run, long long most, long long peak_kib)
{
	if (run->memory_start < 0)
		return -1;
	long long own = most - run->memory_start;
	return (own / KIB > peak_kib + CERTAIN_KIB ? program_own(run, most) : own) / KIB;
}

/*
 * exec UID CPU_MS WALL_MS FILE_BYTES STACK_BYTES PROCESSES MEMORY_KIB SIDE FOLDER ARGC ARGV… ENV…, with descriptors 0, 1, 2, …
 * and, where SIDE is not "-" but "validator" or "submission", that of the page that the two runners share.
 */
int program_exec(struct request *request, int control, char *reply, size_t size)
{
	char *const *word = request->word;
	int argc = request->words < 12 ? 0 : atoi(word[10]);
	if (argc < 1 || argc > request->words - 11 || request->fds < 3) {
		errno = EINVAL;
		return -1;
	}
	char *argv[MAX_WORDS + 1] = {NULL};
	memcpy(argv, word + 11, (size_t)argc * sizeof *argv);
	struct run run = {
		.uid = (uid_t)atoi(word[1]),
		.cpu_us = atoll(word[2]) * 1000,
		.wall_us = atoll(word[3]) * 1000,
		.file_bytes = (rlim_t)atoll(word[4]),
		.stack_bytes = (rlim_t)atoll(word[5]),
		.processes = (rlim_t)atoll(word[6]),
		.memory = atoll(word[7]) * KIB,
		.folder = word[9],
		.argv = argv,
		.envp = word + 11 + argc,
		.control = control,
		.clock = CLOCK_MONOTONIC,
		.io = -1,
	};
	int errors[2];
	if (run.uid == 0) {
		errno = EPERM;
		return -1;
	}
	if (talk_open(&run.talk, word[8], run.uid, request) < 0)
		return -1;
	if (pipe2(errors, O_CLOEXEC | O_NONBLOCK) < 0) {
		int failure = errno;
		talk_end(&run.talk);
		errno = failure;
		return -1;
	}
	disk_start(&run.disk, request);
	run.ooms_start = usage_ooms();
	long long full_start = usage_full(), mark_start = usage_mark();
	run.memory_start = run.memory_seen = usage_settle();
	run.cpu_start = usage_cpu_us();
	run.own_start = micros(CLOCK_PROCESS_CPUTIME_ID);
	run.start = micros(CLOCK_MONOTONIC);
	pid_t pid = fork();
	if (pid == 0)
		child(&run, request, errors[1]);
	int failure = errno;
	close(errors[1]);
	if (pid > 0)
		let_run(&run, request, pid);
	if (pid < 0 || run.program < 0) {
		failure = pid < 0 ? failure : errno;
		sweep(pid);
		talk_end(&run.talk);
		if (run.io >= 0)
			close(run.io);
		close(errors[0]);
		errno = failure;
		return -1;
	}
	const char *why = watch(&run);
	talk_end(&run.talk);
	long long wall = micros(CLOCK_MONOTONIC) - run.start, wrote = watch_written(&run);
	close(run.program);
	struct used used = sweep(pid);
	if (run.io >= 0)
		close(run.io);
	long long own = micros(CLOCK_PROCESS_CPUTIME_ID) - run.own_start;
	long long cpu_us = run.cpu_start < 0 ? -1 : usage_cpu_us() - run.cpu_start - own;
	ssize_t failed = read(errors[0], &failure, sizeof failure);
	close(errors[0]);
	if (failed == sizeof failure) {
		errno = failure;
		return -1;
	}
	long long killed = run.ooms_start < 0 ? -1 : usage_ooms() - run.ooms_start;
	long long mark = usage_mark();
	return snprintf(reply, size, "ok %s %d %lld %lld %lld %lld %lld %d %d %lld %lld %lld %lld", why, used.status, wall,
			cpu_us, used.rusage_us, used.peak_kib, killed, usage_filled(full_start, mark_start, mark), used.left, wrote,
			own_kib(&run, mark > mark_start ? mark : run.memory_seen, used.peak_kib), usage_memory() / KIB, mark / KIB);
}

/* Whether no process but us is there. */
int program_alone(void)
{
	return kill(-1, 0) < 0 && errno == ESRCH;
}
