/* Computes in children whose resources nobody collects, and seems to sleep. */
#include <signal.h>
#include <unistd.h>

int main(void)
{
	signal(SIGCHLD, SIG_IGN);
	for (int i = 0; i < 4; i++)
		if (fork() == 0)
			for (volatile long n = 0;; n++)
				;
	for (;;)
		pause();
}
