/* The resident runner: what its three parts share. */
#ifndef RUNNER_H
#define RUNNER_H

#include <stddef.h>
#include <sys/types.h>

enum {
	MAX_FDS = 16,      /* descriptors of one request: stdin, stdout, stderr and a validator's inputs */
	MAX_WORDS = 512,   /* words of one request: a command line and an environment */
	MAX_BYTES = 65536, /* of one request; more words or bytes end the runner: what is sent is bounded where it comes in */
};

struct request {
	char *word[MAX_WORDS + 1]; /* ends with NULL */
	int words;
	int fd[MAX_FDS];
	int fds;
};

/* files.c: everything below one root; no symbolic link is ever followed. 0, or -1 with errno.
   `files_get` copies at most `limit` bytes and says by `size` how many the file has. */
int files_root(const char *path);
int files_mkdir(const char *path, uid_t uid, mode_t mode);
int files_put(const char *path, mode_t mode, int from);
int files_get(const char *path, off_t limit, int to, off_t *size);
int files_wipe(const char *path);
int files_renew(const char *path, uid_t uid, mode_t mode);
int files_enter(const char *path);

/* program.c: one run of one program. */
void program_start(const char *cgroup);
int program_exec(const struct request *request, int control, char *reply, size_t size);
int program_alone(void);

#endif
