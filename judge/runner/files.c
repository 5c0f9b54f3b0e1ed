/* Files below one root. Programs write there, so each step of a path is opened by itself and never through a link. */
#define _GNU_SOURCE
#include "runner.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	DEPTH_MAX = 16,       /* folders of a tree that is gathered: each is a descriptor while it is read */
	MADE_AT = 946684800, /* 2000-01-01, when the judge's own files were last written: a program's writing sets another time */
};

static int root = -1;

static int open_folder(int at, const char *name)
{
	return openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

int files_root(const char *path)
{
	root = open_folder(AT_FDCWD, path);
	return root < 0 ? -1 : 0;
}

/* Close without losing the errno of what went wrong before. */
static int finish(int fd, int result)
{
	int saved = errno;
	close(fd);
	errno = saved;
	return result;
}

/* Make a folder, and open it. */
static int make_folder(int at, const char *name, uid_t uid, mode_t mode)
{
	int folder = mkdirat(at, name, 0700) == 0 ? open_folder(at, name) : -1;
	if (folder >= 0 && (fchown(folder, uid, uid) < 0 || fchmod(folder, mode) < 0))
		return finish(folder, -1);
	return folder;
}

/*
 * The folder that holds the last step of a path, opened; the last step itself is left in `leaf` (at least 256 bytes).
 * A folder on the way that is missing is made for `owner`, unless that is NOBODY.
 */
static int open_parent(const char *path, char *leaf, uid_t owner)
{
	int at = openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	while (at >= 0) {
		size_t length = strcspn(path, "/");
		if (length == 0 || length > 255 || (path[0] == '.' && (length == 1 || (length == 2 && path[1] == '.')))) {
			close(at);
			errno = EINVAL;
			return -1;
		}
		memcpy(leaf, path, length);
		leaf[length] = '\0';
		if (path[length] == '\0')
			return at;
		int next = open_folder(at, leaf);
		if (next < 0 && errno == ENOENT && owner != NOBODY)
			next = make_folder(at, leaf, owner, 0755);
		at = finish(at, next);
		path += length + 1;
	}
	return -1;
}

/* A folder by its path; the empty path is the root. */
static int open_path(const char *path)
{
	char leaf[256];
	if (path[0] == '\0')
		return openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int parent = open_parent(path, leaf, NOBODY);
	if (parent < 0)
		return -1;
	return finish(parent, open_folder(parent, leaf));
}

int files_mkdir(const char *path, uid_t uid, mode_t mode)
{
	char leaf[256];
	int parent = open_parent(path, leaf, NOBODY);
	if (parent < 0)
		return -1;
	int folder = finish(parent, make_folder(parent, leaf, uid, mode));
	return folder < 0 ? -1 : finish(folder, 0);
}

static int copy(int to, int from, off_t size)
{
	off_t offset = 0;
	while (offset < size) {
		ssize_t sent = sendfile(to, from, &offset, (size_t)(size - offset));
		if (sent < 0)
			return -1;
		if (sent == 0) {
			errno = EIO; /* it became shorter while it was read */
			return -1;
		}
	}
	return 0;
}

int files_put(const char *path, uid_t uid, mode_t mode, int from)
{
	char leaf[256];
	struct stat info;
	if (fstat(from, &info) < 0)
		return -1;
	int parent = open_parent(path, leaf, uid);
	if (parent < 0)
		return -1;
	int file = finish(parent, openat(parent, leaf, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
	if (file < 0)
		return -1;
	const struct timespec times[2] = {{MADE_AT, 0}, {MADE_AT, 0}};
	int result = copy(file, from, info.st_size) == 0 && fchown(file, uid, uid) == 0 && fchmod(file, mode) == 0 &&
			futimens(file, times) == 0;
	return finish(file, result ? 0 : -1);
}

int files_get(const char *path, off_t limit, int to, off_t *size)
{
	char leaf[256];
	struct stat info;
	int parent = open_parent(path, leaf, NOBODY);
	if (parent < 0)
		return -1;
	/* a pipe put in its place must not hold us */
	int file = finish(parent, openat(parent, leaf, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
	if (file < 0)
		return -1;
	int result = fstat(file, &info);
	if (result == 0 && !S_ISREG(info.st_mode)) {
		errno = EINVAL;
		result = -1;
	} else if (result == 0) {
		*size = info.st_size;
		result = copy(to, file, info.st_size < limit ? info.st_size : limit);
	}
	return finish(file, result);
}

/* Move what is in a folder up into `top`, under names of ours. However deep a tree is, it is taken apart flat. */
static int lift(int top, const char *name, unsigned *number)
{
	int folder = open_folder(top, name);
	DIR *entries = folder < 0 ? NULL : fdopendir(folder);
	if (entries == NULL)
		return folder < 0 ? -1 : finish(folder, -1);
	struct dirent *entry;
	int result = 0;
	while (result == 0 && (entry = readdir(entries)) != NULL) {
		char fresh[32];
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		do {
			snprintf(fresh, sizeof fresh, ".wipe-%u", (*number)++);
			result = renameat2(folder, entry->d_name, top, fresh, 1 /* RENAME_NOREPLACE */);
		} while (result < 0 && errno == EEXIST);
	}
	closedir(entries);
	return result < 0 ? -1 : unlinkat(top, name, AT_REMOVEDIR);
}

/* Count a file that is about to go; one with several names goes with the last of them. */
static void count(int folder, const char *name, struct sizes *sizes)
{
	struct stat info;
	if (fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(info.st_mode) || info.st_nlink > 1)
		return;
	sizes->all += info.st_size;
	if (info.st_mtim.tv_sec == MADE_AT && info.st_mtim.tv_nsec == 0)
		sizes->untouched += info.st_size;
}

/* Empty a folder. Each pass removes what it meets and lifts what is in a folder it cannot remove. */
int files_wipe(const char *path, struct sizes *sizes)
{
	unsigned number = 0;
	*sizes = (struct sizes){0, 0};
	int top = open_path(path);
	DIR *entries = top < 0 ? NULL : fdopendir(top);
	if (entries == NULL)
		return top < 0 ? -1 : finish(top, -1);
	int removed;
	do {
		struct dirent *entry;
		removed = 0;
		rewinddir(entries);
		while ((entry = readdir(entries)) != NULL) {
			const char *name = entry->d_name;
			if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
				continue;
			count(top, name, sizes);
			if (unlinkat(top, name, 0) < 0 && unlinkat(top, name, AT_REMOVEDIR) < 0 && lift(top, name, &number) < 0) {
				int saved = errno;
				closedir(entries);
				errno = saved;
				return -1;
			}
			removed = 1;
		}
	} while (removed);
	closedir(entries);
	return 0;
}

/* Empty a folder and remove it; one that is not there is no error. */
int files_remove(const char *path, struct sizes *sizes)
{
	char leaf[256];
	if (files_wipe(path, sizes) < 0)
		return errno == ENOENT ? 0 : -1;
	int parent = open_parent(path, leaf, NOBODY);
	return parent < 0 ? -1 : finish(parent, unlinkat(parent, leaf, AT_REMOVEDIR));
}

/* An empty folder, in the place of the one that may be there: times, mode, attributes of the old one are gone with it. */
int files_renew(const char *path, uid_t uid, mode_t mode, struct sizes *sizes)
{
	return files_remove(path, sizes) < 0 ? -1 : files_mkdir(path, uid, mode);
}

/* One file of a tree into an archive: its path, its size in digits, each with a zero byte behind it, and its bytes. */
static int gather_file(int folder, const char *name, const char *path, struct gathering *all)
{
	struct stat info;
	char head[PATH_BYTES + 32];
	int file = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (file < 0)
		return errno == ELOOP || errno == ENXIO || errno == ENOENT ? 0 : -1; /* a link, a socket: no file */
	if (fstat(file, &info) < 0 || !S_ISREG(info.st_mode))
		return finish(file, 0);
	all->bytes += info.st_size;
	if (++all->files > all->files_most || all->bytes > all->bytes_most)
		all->more = 1;
	if (all->more)
		return finish(file, 0);
	int length = snprintf(head, sizeof head, "%s%c%lld", path, 0, (long long)info.st_size) + 1;
	if (write(all->to, head, (size_t)length) != length)
		return finish(file, -1);
	return finish(file, copy(all->to, file, info.st_size));
}

static int gather_folder(int folder, const char *path, int depth, struct gathering *all)
{
	DIR *entries = fdopendir(folder);
	if (entries == NULL)
		return finish(folder, -1);
	struct dirent *entry;
	int result = 0;
	while (result == 0 && !all->more && (entry = readdir(entries)) != NULL) {
		char below[PATH_BYTES];
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		int length = snprintf(below, sizeof below, "%s%s%s", path, path[0] ? "/" : "", entry->d_name);
		if (length >= (int)sizeof below) {
			all->more = 1;
			break;
		}
		int inner = open_folder(folder, entry->d_name);
		if (inner < 0 && errno != ENOTDIR && errno != ELOOP)
			result = -1;
		else if (inner < 0)
			result = gather_file(folder, entry->d_name, below, all);
		else if (depth == DEPTH_MAX)
			all->more = finish(inner, 1);
		else
			result = gather_folder(inner, below, depth + 1, all);
	}
	int saved = errno;
	closedir(entries);
	errno = saved;
	return result;
}

/* All regular files below a folder, into one descriptor; `more` when there are more of them than may be. */
int files_gather(const char *path, struct gathering *all)
{
	int folder = open_path(path);
	return folder < 0 ? -1 : gather_folder(folder, "", 1, all);
}

int files_enter(const char *path)
{
	int folder = open_path(path);
	return folder < 0 ? -1 : finish(folder, fchdir(folder));
}
