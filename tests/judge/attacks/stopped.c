/* Stops itself, which no CPU limit notices. */
#include <signal.h>

int main(void)
{
	raise(SIGSTOP);
	return 0;
}
