/* The resident runner: what its parts share. */
#ifndef RUNNER_H
#define RUNNER_H

#include <stddef.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <time.h>

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
	int side, idle, others, looks, unseen, ended;
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

/* usage.c: the container's own figures; -1 where there is none. Times are microseconds. */
void usage_start(const char *cgroup);
long long micros(clockid_t clock);
long long usage_cpu_us(void);
long long usage_ooms(void);
/* How often the memory limit was met, by cgroup v2. */
long long usage_full(void);
/* Whether it was met since there were the first two figures: by v1, whose own counts say nothing on some kernels, when the
   mark has risen to it and is `mark`. */
int usage_filled(long long full_before, long long mark_before, long long mark);
int usage_cpus(void);
/* Bytes in use by everything in the container: processes, files in memory, what the kernel keeps for them, and pages of
   files on disks that were read first in it. */
long long usage_memory(void);
/* The most that it ever was: the kernel lets nobody in the container begin anew. */
long long usage_mark(void);
/* The same as usage_memory; what `usage_own` says is counted from here on. */
long long usage_settle(void);
/* Of so many bytes in use those that were not when it was settled with `start`, without the pages of files on disks. */
long long usage_own(long long bytes, long long start);
/* The same of those that the kernel has for itself: page tables, stacks, pipes. */
long long usage_kernel(void);

/* disk.c: what a run reads from disks, where large inputs and the image's files lie. The kernel counts it for a process, and
   says nothing of how long it waits: a state "D" is also a parent's that waits for its child. */
struct disk {
	long long seen, left; /* bytes: read at the last look; that may still count */
	long long granted_us; /* time that what was read may take on a slow disk, less that of the looks that counted */
};

void disk_start(struct disk *disk, const struct request *request);
/* Bytes that the program's processes have read from disks, but for those that are gone. */
long long disk_read(uid_t uid);
/* Whether a look `us` after the one before, by which so many bytes have been read in all, found the program at work. */
int disk_works(struct disk *disk, long long bytes, long long us);

/* A run, its limits, and from when it counts. */
struct run {
	uid_t uid;
	long long cpu_us;  /* where it is killed */
	long long wall_us; /* a stretch of wall time in which it must not be idle */
	rlim_t file_bytes, stack_bytes, processes;
	long long memory; /* what all its processes and files may hold in memory at any look; 0 where nobody asks */
	const char *folder;
	char *const *argv, *const *envp;
	int program, control;
	clockid_t clock; /* where the container has no figure of its CPU time */
	long long start, cpu_start, own_start, ooms_start, memory_start;
	long long memory_seen; /* the most that was in use at a look */
	long long kernel_seen; /* the most that the kernel had of it for itself */
	int io; /* what the kernel says of the program's reading and writing; -1 where nobody asks */
	struct talk talk;
	struct disk disk;
};

enum { ADJ_BYTES = 4 }; /* what we write ourselves in the child, before it is the program */

/* program.c: of so many bytes in use the run's own: all that it has, but what the kernel may have for its processes. */
long long program_own(const struct run *run, long long bytes);

/* watch.c: wait until the program ends, or say why it must be ended. Leaves at once when the judge has gone. */
const char *watch(struct run *run);
/* Bytes that the program wrote into whatever it was, it and those of its children that it waited for; -1 where nobody
   knows. The kernel tells them only the program's own user, whom we are for a moment: a pipe counts for nobody else. */
long long watch_written(const struct run *run);

/* program.c: one run of one program. */
int program_exec(struct request *request, int control, char *reply, size_t size);
int program_alone(void);

#endif
