/* Leaves a daemon behind that would write into the output of this run, or of the next. */
#include <stdio.h>
#include <unistd.h>

int main(void)
{
	if (fork() == 0) {
		setsid();
		if (fork() == 0) {
			usleep(100000);
			puts("too late");
			fflush(stdout);
			for (;;)
				pause();
		}
		_exit(0);
	}
	puts("done");
	return 0;
}
