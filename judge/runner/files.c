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

/* The folder that holds the last step of a path, opened; the last step itself is left in `leaf` (at least 256 bytes). */
static int open_parent(const char *path, char *leaf)
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
		close(at);
		at = next;
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
	int parent = open_parent(path, leaf);
	if (parent < 0)
		return -1;
	int folder = open_folder(parent, leaf);
	close(parent);
	return folder;
}

/* Close without losing the errno of what went wrong before. */
static int finish(int fd, int result)
{
	int saved = errno;
	close(fd);
	errno = saved;
	return result;
}

int files_mkdir(const char *path, uid_t uid, mode_t mode)
{
	char leaf[256];
	int parent = open_parent(path, leaf);
	if (parent < 0)
		return -1;
	int folder = mkdirat(parent, leaf, 0700) == 0 ? open_folder(parent, leaf) : -1;
	if (folder < 0)
		return finish(parent, -1);
	close(parent);
	int result = fchown(folder, uid, uid) == 0 && fchmod(folder, mode) == 0 ? 0 : -1;
	return finish(folder, result);
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

int files_put(const char *path, mode_t mode, int from)
{
	char leaf[256];
	struct stat info;
	if (fstat(from, &info) < 0)
		return -1;
	int parent = open_parent(path, leaf);
	if (parent < 0)
		return -1;
	int file = openat(parent, leaf, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (file < 0)
		return finish(parent, -1);
	close(parent);
	int result = copy(file, from, info.st_size) == 0 && fchmod(file, mode) == 0 ? 0 : -1;
	return finish(file, result);
}

int files_get(const char *path, off_t limit, int to, off_t *size)
{
	char leaf[256];
	struct stat info;
	int parent = open_parent(path, leaf);
	if (parent < 0)
		return -1;
	/* a pipe put in its place must not hold us */
	int file = openat(parent, leaf, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (file < 0)
		return finish(parent, -1);
	close(parent);
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

/* Empty a folder. Each pass removes what it meets and lifts what is in a folder it cannot remove. */
int files_wipe(const char *path)
{
	unsigned number = 0;
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

/* An empty folder in the place of this one: times, mode, attributes of the old one are gone with it. */
int files_renew(const char *path, uid_t uid, mode_t mode)
{
	char leaf[256];
	if (files_wipe(path) < 0)
		return -1;
	int parent = open_parent(path, leaf);
	if (parent < 0)
		return -1;
	if (finish(parent, unlinkat(parent, leaf, AT_REMOVEDIR)) < 0)
		return -1;
	return files_mkdir(path, uid, mode);
}

int files_enter(const char *path)
{
	int folder = open_path(path);
	return folder < 0 ? -1 : finish(folder, fchdir(folder));
}
