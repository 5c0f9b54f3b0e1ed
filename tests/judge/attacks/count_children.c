/* Has as many children as it can, says how many, and keeps them. */
#include <stdio.h>
#include <unistd.h>

int main(void)
{
	int children = 0;
	for (pid_t pid; (pid = fork()) >= 0; children++)
		if (pid == 0)
			for (;;)
				pause();
	printf("%d\n", children);
	fflush(stdout);
	for (;;)
		pause();
}
