/* One side of an interaction, which does what its arguments behind "--" say, one after the other. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char block[1 << 16];

static void put(const char *text)
{
	size_t left = strlen(text);
	while (left > 0) {
		ssize_t done = write(1, text, left);
		if (done < 0)
			exit(9);
		text += done;
		left -= (size_t)done;
	}
}

/* A line without its end; exit 8 at the end of the input. */
static void line(char *text, size_t size)
{
	size_t used = 0;
	char c;
	do {
		if (read(0, &c, 1) != 1)
			exit(8);
		text[used++] = c;
	} while (c != '\n' && used < size - 1);
	text[used - 1] = '\0';
}

static void spin(double seconds)
{
	clock_t end = clock() + (clock_t)(seconds * CLOCKS_PER_SEC);
	while (clock() < end)
		;
}

int main(int argc, char **argv)
{
	char text[256];
	struct stat found;
	int at = 1;
	while (at < argc && strcmp(argv[at], "--") != 0)
		at++;
	for (at++; at < argc; at++) {
		char *word = argv[at], *value = strchr(word, '=');
		if (value != NULL)
			*value++ = '\0';
		if (strcmp(word, "say") == 0) {
			put(value);
			put("\n");
		} else if (strcmp(word, "hear") == 0) {
			line(text, sizeof text);
			if (strcmp(text, value) != 0)
				return 7;
		} else if (strcmp(word, "echo") == 0) {
			for (long n = atol(value); n > 0; n--) {
				line(text, sizeof text - 1);
				put(strcat(text, "\n"));
			}
		} else if (strcmp(word, "serve") == 0) {
			for (long n = atol(value); n > 0; n--) {
				put("1234567\n");
				line(text, sizeof text);
			}
		} else if (strcmp(word, "drain") == 0) {
			while (read(0, block, sizeof block) > 0)
				;
		} else if (strcmp(word, "flood") == 0) {
			for (long n = atol(value); n != 0; n--)
				if (write(1, block, sizeof block) < 0)
					return 9;
		} else if (strcmp(word, "deaf") == 0) {
			signal(SIGPIPE, SIG_IGN);
		} else if (strcmp(word, "close") == 0) {
			close(atoi(value));
		} else if (strcmp(word, "spin") == 0) {
			spin(atof(value));
		} else if (strcmp(word, "nap") == 0) {
			usleep((useconds_t)(atof(value) * 1e6));
		} else if (strcmp(word, "await") == 0) { /* until there is something in the input */
			while (stat(argv[1], &found) == 0 && found.st_size == 0)
				usleep(10000);
		} else if (strcmp(word, "sleep") == 0) {
			sleep(1000);
		} else if (strcmp(word, "child") == 0) {
			if (fork() == 0)
				sleep(1000);
		} else if (strcmp(word, "hoard") == 0) {
			memset(malloc(1 << 30), 1, 1 << 30);
		} else if (strcmp(word, "die") == 0) {
			raise(atoi(value));
		} else if (strcmp(word, "feed") == 0) {
			char *content = strchr(value, ':');
			*content++ = '\0';
			FILE *file = fopen(value, "a");
			if (file == NULL || fputs(content, file) < 0 || fclose(file) != 0)
				return 6;
		} else if (strcmp(word, "exit") == 0) {
			return atoi(value);
		} else {
			return 5;
		}
	}
	return 0;
}
