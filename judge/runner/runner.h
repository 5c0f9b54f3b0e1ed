/* The resident runner: what its three parts share. */
#ifndef RUNNER_H
#define RUNNER_H

#include <stddef.h>
#include <sys/types.h>

enum {
	MAX_FDS = 16,      /* descriptors of one request: stdin, stdout, stderr and a validator's inputs */
	MAX_WORDS = 512,   /* words of one request: a command line and an environment */
	MAX_BYTES = 65536, /* of one request; more words or bytes end the runner: what is sent is bounded where it comes in */
	PATH_BYTES = 1024, /* of a path in a folder that is gathered */
};

#define NOBODY ((uid_t)-1)

struct request {
	char *word[MAX_WORDS + 1]; /* ends with NULL */
	int words;
	int fd[MAX_FDS];
	int fds;
};

/* Bytes of the regular files that were removed, and of those among them that nobody has written since they were put. */
struct sizes {
	long long all, untouched;
};

/* Where the files of a tree go, how many and how much of them may be, and what was found. */
struct gathering {
	int to, files_most, files, more;
	long long bytes_most, bytes;
};

/* files.c: everything below one root; no symbolic link is ever followed. 0, or -1 with errno.
   `files_put` makes the folders on the way. `files_get` copies at most `limit` bytes and says by `size` how many the
   file has. */
int files_root(const char *path);
int files_mkdir(const char *path, uid_t uid, mode_t mode);
int files_put(const char *path, uid_t uid, mode_t mode, int from);
int files_get(const char *path, off_t limit, int to, off_t *size);
int files_gather(const char *path, struct gathering *all);
int files_wipe(const char *path, struct sizes *sizes);
int files_remove(const char *path, struct sizes *sizes);
int files_renew(const char *path, uid_t uid, mode_t mode, struct sizes *sizes);
int files_enter(const char *path);

/* talk.c: what two runners tell each other while their programs interact. Without a side ("-") there is no page, and
   nothing is held. */
enum { VALIDATOR, SUBMISSION }; /* the sides, in the page as well */

struct page;
struct talk {
	struct page *page;
	uid_t uid; /* the program's */
	int side, idle, others, ended;
	int held[2];
};

/* The request's last descriptor is the page: it is taken out. 0, or -1 with errno. */
int talk_open(struct talk *talk, const char *side, uid_t uid, struct request *request);
/* Take over the program's ends of the pipes. */
void talk_hold(struct talk *talk, struct request *request);
long talk_gap_us(const struct talk *talk, long usual);
/* Whether a look at which the program did or did not work counts as work; `afresh` when idleness is counted anew. */
int talk_works(struct talk *talk, int works, int *afresh);
/* The program has ended, or has to be ended. */
void talk_end(struct talk *talk);

/* program.c: one run of one program. */
void program_start(const char *cgroup);
int program_exec(struct request *request, int control, char *reply, size_t size);
int program_alone(void);

#endif
