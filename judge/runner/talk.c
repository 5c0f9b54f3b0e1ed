/*
 * An interaction: two programs in two containers, each one's output the other's input, a runner beside each.
 *
 * The runners share a page of memory. By it each knows whether the other's program works, so that nobody is idle who
 * waits for somebody at work, and which of the two ended first. For that order each runner holds its own program's ends
 * of the pipes until it has noted that the program ended: only then can the other one see an end of input, or a broken
 * pipe, and end of that itself. A program may close an end on purpose, so that the other reads to it: when neither works
 * the runners look for that, and let it go.
 */
#define _GNU_SOURCE
#include "runner.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	IDLE_LOOKS = 2, /* so many in a row at which neither worked: an end may have been closed */
	UNSEEN = 4,     /* looks of ours without one of the other runner: it does not get the core, and nobody knows of its program */
};

struct page {
	int gap_ms;   /* the judge's: so far apart are the looks of both, at least */
	int looks[2]; /* by side: how often its runner has looked */
	int works[2]; /* and found its program at work */
	int ended;    /* how many have ended */
	int order[2]; /* as which of the two a side ended, 1 or 2; 0 while it runs */
};

int talk_open(struct talk *talk, const char *side, uid_t uid, struct request *request)
{
	*talk = (struct talk){.uid = uid, .held = {-1, -1}};
	if (strcmp(side, "-") == 0)
		return 0;
	talk->side = strcmp(side, "submission") == 0 ? SUBMISSION : VALIDATOR;
	int shared = request->fd[--request->fds];
	void *page = request->fds < 3 ? MAP_FAILED
				      : mmap(NULL, sizeof(struct page), PROT_READ | PROT_WRITE, MAP_SHARED, shared, 0);
	close(shared);
	request->fd[request->fds] = -1;
	if (page == MAP_FAILED)
		return -1;
	talk->page = page;
	/* the judge lets others open its ends anew (/dev/stdin) in their own direction; who cannot be the owner has to do without */
	for (int i = 0; i < 2 && talk->side == VALIDATOR; i++)
		if (fchown(request->fd[i], uid, uid) < 0 && errno != EPERM) {
			int failure = errno;
			talk_end(talk);
			errno = failure;
			return -1;
		}
	return 0;
}

void talk_hold(struct talk *talk, struct request *request)
{
	for (int i = 0; talk->page != NULL && i < 2; i++) {
		talk->held[i] = request->fd[i];
		request->fd[i] = -1;
	}
}

long talk_gap_us(const struct talk *talk, long usual)
{
	return talk->page != NULL ? talk->page->gap_ms * 1000L : usual;
}

static void let_go(struct talk *talk, int i)
{
	if (talk->held[i] >= 0)
		close(talk->held[i]);
	talk->held[i] = -1;
}

/* Whether a process has this pipe open; also when it does not let even its own user look. */
static int has_open(const char *pid, const struct stat *pipe)
{
	char path[300];
	snprintf(path, sizeof path, "/proc/%s/fd", pid);
	DIR *fds = opendir(path);
	if (fds == NULL)
		return errno != ENOENT && errno != ESRCH;
	int found = 0;
	struct dirent *fd;
	struct stat info;
	while (!found && (fd = readdir(fds)) != NULL)
		found = fstatat(dirfd(fds), fd->d_name, &info, 0) == 0 && info.st_ino == pipe->st_ino &&
			info.st_dev == pipe->st_dev;
	closedir(fds);
	return found;
}

/* Let go of each end that no process of the program has open any more. Whether there was one. */
static int let_closed_go(struct talk *talk)
{
	int closed = 0;
	for (int i = 0; i < 2; i++) {
		struct stat pipe;
		if (talk->held[i] < 0 || fstat(talk->held[i], &pipe) < 0)
			continue;
		int found = 0;
		struct dirent *process;
		DIR *all = opendir("/proc");
		setfsgid(talk->uid); /* only a process's own user may look at what it has open */
		setfsuid(talk->uid);
		while (all != NULL && !found && (process = readdir(all)) != NULL)
			found = process->d_name[0] >= '0' && process->d_name[0] <= '9' && strcmp(process->d_name, "1") != 0 &&
				has_open(process->d_name, &pipe);
		setfsuid(0);
		setfsgid(0);
		if (all == NULL)
			continue;
		closedir(all);
		if (found)
			continue;
		let_go(talk, i);
		closed = 1;
	}
	return closed;
}

int talk_works(struct talk *talk, int works, int *afresh)
{
	*afresh = 0;
	if (talk->page == NULL)
		return works;
	if (works)
		__atomic_add_fetch(&talk->page->works[talk->side], 1, __ATOMIC_SEQ_CST);
	__atomic_add_fetch(&talk->page->looks[talk->side], 1, __ATOMIC_SEQ_CST);
	int looks = __atomic_load_n(&talk->page->looks[1 - talk->side], __ATOMIC_SEQ_CST);
	int others = __atomic_load_n(&talk->page->works[1 - talk->side], __ATOMIC_SEQ_CST);
	int ended = __atomic_load_n(&talk->page->order[1 - talk->side], __ATOMIC_SEQ_CST);
	talk->unseen = ended || looks != talk->looks ? 0 : talk->unseen + 1;
	talk->looks = looks;
	int idle = !works && others == talk->others && talk->unseen < UNSEEN;
	talk->others = others;
	talk->idle = idle ? talk->idle + 1 : 0;
	if (talk->idle >= IDLE_LOOKS)
		*afresh = let_closed_go(talk);
	if (talk->side == VALIDATOR && ended != talk->ended)
		*afresh = 1;
	talk->ended = ended;
	return !idle || (talk->side == VALIDATOR && !ended);
}

void talk_end(struct talk *talk)
{
	if (talk->page == NULL)
		return;
	int place = __atomic_add_fetch(&talk->page->ended, 1, __ATOMIC_SEQ_CST);
	__atomic_store_n(&talk->page->order[talk->side], place, __ATOMIC_SEQ_CST);
	let_go(talk, 0);
	let_go(talk, 1);
	munmap(talk->page, sizeof(struct page));
	talk->page = NULL;
}
