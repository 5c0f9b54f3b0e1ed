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
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
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
	ADJ_BYTES = 4,       /* what we write ourselves in the child, before it is the program */
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
	int program, control;
	clockid_t clock; /* where the container has no figure of its CPU time */
	long long start, cpu_start, own_start, ooms_start;
	int io; /* what the kernel says of the program's reading and writing; -1 where nobody asks */
	struct talk talk;
};

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
 * Bytes that the program wrote into whatever it was, it and those of its children that it waited for; -1 where nobody
 * knows. The kernel tells them only the program's own user, whom we are for a moment: a pipe counts for nobody else.
 */
static long long written(const struct run *run)
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
	return run->cpu_start < 0 ? micros(run->clock) : look(&cpu) - run->cpu_start - own;
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
 * core. One that is at work in every stretch meets its CPU limit in the end.
 */
static const char *watch(struct run *run)
{
	long long stretch = 0, sample = 0;
	long gap = talk_gap_us(&run->talk, (long)(run->wall_us / (2 * SAMPLES)) + 1);
	int samples = 0, busy = 0, afresh;
	srandom((unsigned)run->start);
	for (;;) {
		long long wall = micros(CLOCK_MONOTONIC) - run->start;
		long long used = cpu_used(run);
		if (run->ooms_start >= 0 && look(&ooms) > run->ooms_start)
			return "oom";
		if (used >= run->cpu_us)
			return "cpu";
		if (run->io >= 0 && written(run) > (long long)run->file_bytes)
			return "output";
		if (wall >= sample) {
			samples++;
			busy += talk_works(&run->talk, runnable(), &afresh);
			sample = wall + gap + random() % gap;
			if (afresh) {
				stretch = wall;
				samples = busy = 0;
			}
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
		struct pollfd fds[2] = {{run->program, POLLIN, 0}, {run->control, POLLIN | POLLRDHUP, 0}};
		if (poll(fds, 2, (int)(next / 1000) + 1) < 0 && errno != EINTR)
			_exit(1);
		if (fds[0].revents != 0)
			return "end";
		if (stopped(run->control, fds[1].revents))
			return "stop";
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

/*
 * exec UID CPU_MS WALL_MS FILE_BYTES STACK_BYTES PROCESSES SIDE FOLDER ARGC ARGV… ENV…, with descriptors 0, 1, 2, …
 * and, where SIDE is not "-" but "validator" or "submission", that of the page that the two runners share.
 */
int program_exec(struct request *request, int control, char *reply, size_t size)
{
	char *const *word = request->word;
	int argc = request->words < 11 ? 0 : atoi(word[9]);
	if (argc < 1 || argc > request->words - 10 || request->fds < 3) {
		errno = EINVAL;
		return -1;
	}
	char *argv[MAX_WORDS + 1] = {NULL};
	memcpy(argv, word + 10, (size_t)argc * sizeof *argv);
	struct run run = {
		.uid = (uid_t)atoi(word[1]),
		.cpu_us = atoll(word[2]) * 1000,
		.wall_us = atoll(word[3]) * 1000,
		.file_bytes = (rlim_t)atoll(word[4]),
		.stack_bytes = (rlim_t)atoll(word[5]),
		.processes = (rlim_t)atoll(word[6]),
		.folder = word[8],
		.argv = argv,
		.envp = word + 10 + argc,
		.control = control,
		.clock = CLOCK_MONOTONIC,
		.io = -1,
	};
	int errors[2];
	if (run.uid == 0) {
		errno = EPERM;
		return -1;
	}
	if (talk_open(&run.talk, word[7], run.uid, request) < 0)
		return -1;
	if (pipe2(errors, O_CLOEXEC | O_NONBLOCK) < 0)
		return -1;
	run.ooms_start = look(&ooms);
	long long full_start = look(&full);
	run.cpu_start = look(&cpu);
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
	long long wall = micros(CLOCK_MONOTONIC) - run.start, wrote = written(&run);
	close(run.program);
	struct used used = sweep(pid);
	if (run.io >= 0)
		close(run.io);
	long long own = micros(CLOCK_PROCESS_CPUTIME_ID) - run.own_start;
	long long cpu_us = run.cpu_start < 0 ? -1 : look(&cpu) - run.cpu_start - own;
	ssize_t failed = read(errors[0], &failure, sizeof failure);
	close(errors[0]);
	if (failed == sizeof failure) {
		errno = failure;
		return -1;
	}
	long long killed = run.ooms_start < 0 ? -1 : look(&ooms) - run.ooms_start;
	return snprintf(reply, size, "ok %s %d %lld %lld %lld %lld %lld %d %d %lld", why, used.status, wall, cpu_us,
			used.rusage_us, used.peak_kib, killed, filled(full_start), used.left, wrote);
}

/* Whether no process but us is there. */
int program_alone(void)
{
	return kill(-1, 0) < 0 && errno == ESRCH;
}
