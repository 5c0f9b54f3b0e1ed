/* Prints everything but itself that it finds in its working folder, and every process beside the runner and itself. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(void)
{
	struct dirent *entry;
	for (DIR *here = opendir("."); (entry = readdir(here)) != NULL;)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
		    strcmp(entry->d_name, "program") != 0 && strcmp(entry->d_name, "visitor.c") != 0)
			printf("found %s\n", entry->d_name);
	for (DIR *all = opendir("/proc"); (entry = readdir(all)) != NULL;) {
		int pid = atoi(entry->d_name);
		if (pid > 1 && pid != getpid())
			printf("process %d\n", pid);
	}
	return 0;
}
