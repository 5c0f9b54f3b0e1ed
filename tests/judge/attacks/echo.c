/* A validator that tells the jury and the team all that the submission wrote, as it is, and rejects it. */
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	static char bytes[1 << 16];
	char path[256];
	size_t size = fread(bytes, 1, sizeof bytes, stdin);
	const char *const names[] = {"judgemessage.txt", "teammessage.txt"};
	for (int i = 0; i < 2 && argc > 3; i++) {
		snprintf(path, sizeof path, "%s%s", argv[3], names[i]);
		FILE *file = fopen(path, "w");
		fwrite(bytes, 1, size, file);
		fclose(file);
	}
	fwrite(bytes, 1, size, stderr);
	return 43;
}
