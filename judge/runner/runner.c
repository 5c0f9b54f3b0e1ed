/*
 * The resident runner: PID 1 of a judge container. It does this for the judge at the other end of one socket:
 *
 *   mkdir PATH UID MODE       make a folder
 *   put PATH UID MODE  (fd)   make a file with that descriptor's content, and the folders on the way to it
 *   get PATH LIMIT     (fd)   copy a file's first bytes, if it is a regular one, into that descriptor; say its size
 *   gather PATH FILES BYTES (fd)  all regular files below a folder into that descriptor (files.c); say how many there
 *                             are, -1 when more than may be, and their bytes
 *   wipe PATH                 empty a folder
 *   remove PATH               empty it and remove it; it need not be there
 *   renew PATH UID MODE       make an empty folder, in the place of the one that may be there: nothing of it stays, not
 *                             even its times. Both say how many bytes of files went, and how many of them untouched
 *   exec …             (fds)  run a program (program.c)
 *   stop                      end the program that runs now; never answered
 *   ping                      say whether it is alone, and the KiB in use in the container now, and at the most
 *
 * A request is one packet: words that each end with a zero byte, descriptors beside them. An answer is one packet:
 * "ok …", or "error ERRNO". Whatever decides anything (limits, languages, verdicts) lives in the judge.
 * It allocates nothing by itself, parses nothing that a submission wrote, and ends when the judge has gone; with it, as
 * it is PID 1, ends everything in the container.
 *
 * Usage: runner SOCKET ROOT CGROUP
 */
#define _GNU_SOURCE
#include "runner.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int dial(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0 || strlen(path) >= sizeof address.sun_path)
		return -1;
	strcpy(address.sun_path, path);
	return connect(fd, (struct sockaddr *)&address, sizeof address) < 0 ? -1 : fd;
}

/* Receive one request into `bytes`; 0 when the judge has gone. */
static int receive(int control, struct request *request, char *bytes)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(MAX_FDS * sizeof(int))];
	} ancillary;
	struct iovec part = {bytes, MAX_BYTES - 1};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &ancillary,
				 .msg_controllen = sizeof ancillary};
	ssize_t size;
	do
		size = recvmsg(control, &message, MSG_CMSG_CLOEXEC);
	while (size < 0 && errno == EINTR);
	if (size <= 0 || (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)))
		return 0;
	bytes[size] = '\0';
	request->words = request->fds = 0;
	for (char *word = bytes; word < bytes + size; word += strlen(word) + 1) {
		if (request->words == MAX_WORDS)
			return 0; /* never a part of a command line */
		request->word[request->words++] = word;
	}
	request->word[request->words] = NULL;
	for (struct cmsghdr *head = CMSG_FIRSTHDR(&message); head != NULL; head = CMSG_NXTHDR(&message, head)) {
		if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS)
			continue;
		request->fds = (int)((head->cmsg_len - CMSG_LEN(0)) / sizeof(int));
		memcpy(request->fd, CMSG_DATA(head), (size_t)request->fds * sizeof(int));
	}
	return 1;
}

static uid_t user(const char *word)
{
	return (uid_t)atoi(word);
}

static mode_t octal(const char *word)
{
	return (mode_t)strtol(word, NULL, 8);
}

/* Do it; the length of a reply already made, 0 for a plain "ok", or -1 with errno. */
static int answer(struct request *request, int control, char *reply, size_t size)
{
	char *const *word = request->word;
	const char *verb = request->words > 0 ? word[0] : "";
	struct sizes sizes = {0, 0};
	if (strcmp(verb, "exec") == 0)
		return program_exec(request, control, reply, size);
	if (strcmp(verb, "mkdir") == 0 && request->words == 4)
		return files_mkdir(word[1], user(word[2]), octal(word[3]));
	if (strcmp(verb, "put") == 0 && request->words == 4 && request->fds == 1)
		return files_put(word[1], user(word[2]), octal(word[3]), request->fd[0]);
	if (strcmp(verb, "get") == 0 && request->words == 3 && request->fds == 1) {
		off_t whole;
		if (files_get(word[1], (off_t)atoll(word[2]), request->fd[0], &whole) < 0)
			return -1;
		return snprintf(reply, size, "ok %lld", (long long)whole);
	}
	if (strcmp(verb, "gather") == 0 && request->words == 4 && request->fds == 1) {
		struct gathering all = {.to = request->fd[0], .files_most = atoi(word[2]), .bytes_most = atoll(word[3])};
		if (files_gather(word[1], &all) < 0)
			return -1;
		return snprintf(reply, size, "ok %d %lld", all.more ? -1 : all.files, all.bytes);
	}
	if (strcmp(verb, "wipe") == 0 && request->words == 2)
		return files_wipe(word[1], &sizes);
	if ((strcmp(verb, "renew") == 0 && request->words == 4) || (strcmp(verb, "remove") == 0 && request->words == 2)) {
		if ((request->words == 4 ? files_renew(word[1], user(word[2]), octal(word[3]), &sizes)
					 : files_remove(word[1], &sizes)) < 0)
			return -1;
		return snprintf(reply, size, "ok %lld %lld", sizes.all, sizes.untouched);
	}
	if (strcmp(verb, "ping") == 0)
		return snprintf(reply, size, "ok %d %lld %lld", program_alone(), usage_memory() / 1024, usage_mark() / 1024);
	errno = ENOSYS;
	return -1;
}

int main(int argc, char **argv)
{
	static char bytes[MAX_BYTES];
	static struct request request;
	char reply[256];
	if (argc != 4)
		return 2;
	if (getpid() != 1) /* kill(-1) would hit the whole machine */
		return 3;
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	/* keep the low numbers taken: a descriptor that comes in is then never one that a program's must be put on */
	int null;
	do
		null = open("/dev/null", O_RDWR | O_CLOEXEC);
	while (null >= 0 && null < MAX_FDS);
	if (null < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 || files_root(argv[2]) < 0)
		return 4;
	int control = dial(argv[1]);
	if (control < 0)
		return 5;
	usage_start(argv[3]);
	while (receive(control, &request, bytes)) {
		if (request.words == 1 && strcmp(request.word[0], "stop") == 0)
			continue; /* the program that it was for has ended meanwhile */
		int length = answer(&request, control, reply, sizeof reply);
		if (length == 0)
			length = snprintf(reply, sizeof reply, "ok");
		else if (length < 0)
			length = snprintf(reply, sizeof reply, "error %d", errno);
		for (int i = 0; i < request.fds; i++)
			if (request.fd[i] >= 0)
				close(request.fd[i]);
		if (send(control, reply, (size_t)length, MSG_NOSIGNAL) != length)
			break;
	}
	return 0;
}
