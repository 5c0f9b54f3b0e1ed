/*
 * An interaction: two programs in two containers, each one's output the other's input, a runner beside each.
 *
 * The runners share a page of memory. By it each knows whether the other's program works, so that nobody is idle who
 * waits for somebody at work, and which of the two ended first. For that order each runner holds its own program's ends
 * of the pipes until it has noted that the program ended: only then can the other one see an end of input, or a broken
 * pipe, and end of that itself. Where both are idle for long a program may have closed its end on purpose, so that the
 * other reads to it: then what is held is let go.
 */
#define _GNU_SOURCE
#include "runner.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	IDLE_LOOKS = 10, /* so many in a row at which neither worked, and what is held is let go: half of a stretch */
};

struct page {
	int gap_ms;   /* the judge's: so far apart are the looks of both, at least */
	int works[2]; /* by side: looks at which its program worked */
	int ended;    /* how many have ended */
	int order[2]; /* as which of the two a side ended, 1 or 2; 0 while it runs */
};

int talk_open(struct talk *talk, const char *side, struct request *request)
{
	*talk = (struct talk){.held = {-1, -1}};
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

static void let_go(struct talk *talk)
{
	for (int i = 0; i < 2; i++) {
		if (talk->held[i] >= 0)
			close(talk->held[i]);
		talk->held[i] = -1;
	}
}

int talk_works(struct talk *talk, int works, int *afresh)
{
	*afresh = 0;
	if (talk->page == NULL)
		return works;
	if (works)
		__atomic_add_fetch(&talk->page->works[talk->side], 1, __ATOMIC_SEQ_CST);
	int others = __atomic_load_n(&talk->page->works[1 - talk->side], __ATOMIC_SEQ_CST);
	int ended = __atomic_load_n(&talk->page->order[1 - talk->side], __ATOMIC_SEQ_CST);
	int idle = !works && others == talk->others;
	talk->others = others;
	talk->idle = idle ? talk->idle + 1 : 0;
	if (talk->held[0] >= 0 && talk->idle == IDLE_LOOKS) {
		let_go(talk);
		*afresh = 1;
	}
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
	let_go(talk);
	munmap(talk->page, sizeof(struct page));
	talk->page = NULL;
}
