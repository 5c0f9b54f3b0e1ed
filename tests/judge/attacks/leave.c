/*
 * Leaves behind all that is no file, and ends well: processes that hear no signal, are stopped, wait for each other or
 * are dead already, sockets without a path, memory in descriptors that are on their way round in a circle, timers, and
 * changes of all that a process may change of itself and of its devices.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static void *forever(void *unused)
{
	for (;;)
		pause();
	return unused;
}

/* Memory that only a message holds, in a queue that only the message holds. */
static void circle(void)
{
	static char block[900 << 10];
	int ends[2], hidden = memfd_create("hidden", 0);
	socketpair(AF_UNIX, SOCK_DGRAM, 0, ends);
	memset(block, 1, sizeof block);
	write(hidden, block, sizeof block);
	int sent[3] = {hidden, ends[0], ends[1]};
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof sent)];
	} ancillary = {.head = {.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof sent)}};
	memcpy(CMSG_DATA(&ancillary.head), sent, sizeof sent);
	struct msghdr message = {.msg_iov = &(struct iovec){"x", 1}, .msg_iovlen = 1, .msg_control = &ancillary,
				 .msg_controllen = sizeof ancillary};
	sendmsg(ends[0], &message, 0);
	close(hidden);
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "\0here"};
	sigset_t all;
	timer_t timer;
	cpu_set_t cores;
	pthread_t thread;

	for (int i = 0; i < 12; i++)
		circle();
	for (int i = 0; i < 8; i++)
		if (fork() == 0)
			_exit(0); /* nobody waits for it */
	for (int i = 0; i < 4; i++)
		if (fork() == 0) {
			setsid();
			if (i == 0) {
				sigfillset(&all);
				sigprocmask(SIG_BLOCK, &all, NULL);
				for (int number = 1; number < 65; number++)
					signal(number, SIG_IGN);
			} else if (i == 1) {
				raise(SIGSTOP);
			} else if (i == 2) {
				if (vfork() == 0)
					forever(NULL); /* and its parent cannot go on */
			} else {
				pthread_create(&thread, NULL, forever, NULL);
				pthread_exit(NULL); /* dead, and not dead */
			}
			forever(NULL);
		}
	bind(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&name, sizeof(sa_family_t) + 5);
	setpriority(PRIO_USER, 0, 19);
	CPU_ZERO(&cores);
	sched_setaffinity(1, sizeof cores, &cores);
	prctl(PR_SET_TIMERSLACK, 1000000000);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	umask(0777);
	setitimer(ITIMER_REAL, &(struct itimerval){{0, 1000}, {0, 1000}}, NULL);
	timer_create(CLOCK_MONOTONIC, &(struct sigevent){.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1}, &timer);
	for (int i = 0; i < 50; i++)
		sigqueue(getpid(), SIGRTMIN + 1, (union sigval){.sival_int = i});
	utimensat(AT_FDCWD, "/dev/null", NULL, 0);
	mlockall(MCL_CURRENT | MCL_FUTURE);
	chmod("/dev/null", 0);
	chmod("/dev", 0777);
	puts("done");
	return 0;
}
