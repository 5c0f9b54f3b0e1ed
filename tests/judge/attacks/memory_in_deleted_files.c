/* Part of its memory in files that it deletes while they are open, so that they are no output either, and part as usual. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { IN_FILES_MIB = 40, USUAL_MIB = 35 };

int main(void)
{
	char *block = malloc(USUAL_MIB << 20);
	memset(block, 1, USUAL_MIB << 20);
	for (int i = 0; i < IN_FILES_MIB; i++) {
		int fd = open("deleted", O_RDWR | O_CREAT | O_EXCL, 0600);
		if (fd < 0 || unlink("deleted") < 0 || write(fd, block, 1 << 20) != 1 << 20)
			return 1;
	}
	return 0;
}
