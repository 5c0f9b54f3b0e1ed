/* Holds the slot and does next to nothing: it works for 6 ms of CPU time, then sleeps for 94. */
#include <time.h>
#include <unistd.h>

int main(void)
{
	for (;;) {
		for (clock_t end = clock() + CLOCKS_PER_SEC * 6 / 1000; clock() < end;)
			;
		usleep(94000);
	}
}
