/* A validator that reads its input line by line, as many do, and rejects it; it says how long the longest was. */
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	char path[256];
	long line = 0, longest = 0;
	for (int c; (c = getc_unlocked(stdin)) != EOF; line = c == '\n' ? 0 : line + 1)
		longest = line >= longest ? line + 1 : longest;
	snprintf(path, sizeof path, "%sjudgemessage.txt", argc > 3 ? argv[3] : "");
	FILE *file = fopen(path, "w");
	fprintf(file, "%ld", longest);
	fclose(file);
	return 43;
}
