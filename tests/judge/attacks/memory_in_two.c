/* Two children that each have seven tenths of the memory, at the same time and for a moment; neither has too much. */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MIB = 45 };

int main(void)
{
	int ready[2], go[2];
	char word[2];
	if (pipe(ready) < 0 || pipe(go) < 0)
		return 1;
	for (int i = 0; i < 2; i++)
		if (fork() == 0) {
			char *volatile block = malloc(MIB << 20);
			memset(block, 1, MIB << 20);
			if (write(ready[1], "r", 1) != 1 || read(go[0], word, 1) != 1)
				return 1;
			_exit(block[5] - 1);
		}
	for (int i = 0; i < 2; i++)
		if (read(ready[0], word, 1) != 1)
			return 1;
	if (write(go[1], "go", 2) != 2)
		return 1;
	while (wait(NULL) > 0)
		;
	return 0;
}
