/* Starts threads for as long as it can, each of which spins. */
#include <pthread.h>
#include <unistd.h>

static void *spin(void *unused)
{
	for (volatile long n = 0;; n++)
		;
	return unused;
}

int main(void)
{
	pthread_t thread;
	for (;;)
		if (pthread_create(&thread, NULL, spin, NULL) != 0)
			usleep(1000);
}
