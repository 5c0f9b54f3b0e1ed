/* Tries what no submission needs. Prints what worked, and what should have ended who tried it but was only refused. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ipc.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define TRY(name, call)             \
	do {                        \
		if ((call) >= 0)    \
			puts(name); \
	} while (0)

/* Another process tries it, which is ended for that. */
#define ENDS(name, call)                                                                                \
	do {                                                                                            \
		int status = 0;                                                                         \
		fflush(stdout);                                                                         \
		pid_t other = fork();                                                                   \
		if (other == 0)                                                                         \
			_exit((call) >= 0);                                                             \
		if (other < 0 || waitpid(other, &status, 0) != other || !WIFSIGNALED(status) ||         \
		    WTERMSIG(status) != SIGSYS)                                                         \
			puts(WIFEXITED(status) && WEXITSTATUS(status) == 1 ? name : name ": is not ended"); \
	} while (0)

#ifdef __x86_64__
/* Names of a second and a third set of system calls, by which a list of the first would be passed by. */
static void other_calls(void)
{
	if (fork() == 0) {
		long result = 20; /* getpid */
		__asm__ volatile("int $0x80" : "+a"(result) : : "memory");
		if (result > 0)
			write(1, "a call for 32 bits\n", 19);
		_exit(0);
	}
	if (fork() == 0) {
		if (syscall(0x40000000 + SYS_getpid) > 0)
			write(1, "a call of x32\n", 14);
		_exit(0);
	}
	wait(NULL);
	wait(NULL);
}
#else
static void other_calls(void)
{
}
#endif

int main(void)
{
	char page[4096];
	struct iovec here = {page, sizeof page}, there = {(void *)0x400000, sizeof page};

	for (int family = 2; family < 46; family++)
		for (int type = 1; type < 6; type++)
			if (socket(family, type, 0) >= 0)
				printf("socket family %d type %d\n", family, type);
	for (int number = 0; number < 64; number++) {
		struct sockaddr_un judge = {.sun_family = AF_UNIX};
		int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
		int length = snprintf(judge.sun_path + 1, sizeof judge.sun_path - 1, "podium-judge-uids-%d", number);
		TRY("the host's abstract sockets",
		    connect(fd, (struct sockaddr *)&judge, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + length)));
		close(fd);
	}
	ENDS("ptrace", ptrace(PTRACE_TRACEME, 0, 0, 0));
	TRY("process_vm_readv", process_vm_readv(1, &here, 1, &there, 1, 0));
	TRY("kill the runner", kill(1, SIGKILL));
	TRY("stop the runner", kill(1, SIGSTOP));
	ENDS("keyctl", syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 1));
	ENDS("add_key", syscall(SYS_add_key, "user", "name", "x", 1, KEY_SPEC_USER_KEYRING));
	ENDS("request_key", syscall(SYS_request_key, "user", "name", NULL, KEY_SPEC_USER_KEYRING));
	ENDS("bpf", syscall(SYS_bpf, 0, page, sizeof page));
	TRY("perf_event_open", syscall(SYS_perf_event_open, page, 0, -1, -1, 0));
	TRY("userfaultfd", syscall(SYS_userfaultfd, 0));
	TRY("io_uring_setup", syscall(SYS_io_uring_setup, 1, memset(page, 0, sizeof page)));
	TRY("clone3", syscall(SYS_clone3, page, 64));
	ENDS("unshare", unshare(CLONE_NEWUSER));
	TRY("clone of a namespace", syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0));
	ENDS("setns", setns(0, 0));
	ENDS("mount", mount("none", "/w/box", "tmpfs", 0, NULL));
	ENDS("umount", umount("/w"));
	ENDS("pivot_root", syscall(SYS_pivot_root, "/w", "/w/box"));
	ENDS("chroot", chroot("/w/box"));
	TRY("mknod of a disk", mknod("/w/box/disk", S_IFBLK | 0600, 0x800));
	TRY("shmget", shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600));
	TRY("msgget", syscall(SYS_msgget, IPC_PRIVATE, IPC_CREAT | 0600));
	TRY("mq_open", syscall(SYS_mq_open, "name", O_CREAT | O_RDWR, 0600, NULL));
	TRY("personality", personality(PER_LINUX32));
	TRY("setuid 0", setuid(0));
	TRY("setgid 0", setgid(0));
	TRY("inotify", syscall(SYS_inotify_init1, 0));
	TRY("fanotify", syscall(SYS_fanotify_init, 0, 0));
	TRY("name_to_handle_at", syscall(SYS_name_to_handle_at, AT_FDCWD, "/", page, page + 2048, 0));
	ENDS("open_by_handle_at", syscall(SYS_open_by_handle_at, AT_FDCWD, page, 0));
	ENDS("sethostname", sethostname("x", 1));
	ENDS("reboot", syscall(SYS_reboot, 0xfee1dead, 672274793, 0, NULL));
	TRY("syslog", syscall(SYS_syslog, 3, page, sizeof page));
	ENDS("swapon", syscall(SYS_swapon, "/w/box", 0));
	ENDS("init_module", syscall(SYS_init_module, page, 0, ""));
	ENDS("iopl", syscall(SYS_iopl, 3));
	TRY("modify_ldt", syscall(SYS_modify_ldt, 0, page, sizeof page));
	ENDS("acct", syscall(SYS_acct, "/w/box"));
	ENDS("quotactl", syscall(SYS_quotactl, 0, NULL, 0, NULL));
	TRY("clock_settime", syscall(SYS_clock_settime, 0, page));
	TRY("a scheduler for real time", sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){1}));
	TRY("ioprio_set", syscall(SYS_ioprio_set, 1, 0, 4096));
	TRY("limits of the runner", syscall(SYS_prlimit64, 1, RLIMIT_NOFILE, NULL, page));
	TRY("the runner's cores", sched_setaffinity(1, sizeof page, (cpu_set_t *)page));
	TRY("the runner's group", syscall(SYS_setpgid, 1, 0));
	TRY("pidfd_getfd", syscall(SYS_pidfd_getfd, syscall(SYS_pidfd_open, 1, 0), 0, 0));
	TRY("process_madvise", syscall(SYS_process_madvise, syscall(SYS_pidfd_open, 1, 0), &here, 1, 21, 0));
	TRY("kcmp", syscall(SYS_kcmp, getpid(), getpid(), 0, 0, 0));
	ENDS("fsopen", syscall(SYS_fsopen, "tmpfs", 0));
	ENDS("open_tree", syscall(SYS_open_tree, AT_FDCWD, "/", 1));
	ENDS("move_mount", syscall(SYS_move_mount, AT_FDCWD, "/w", AT_FDCWD, "/w/box", 0));
	ENDS("mount_setattr", syscall(SYS_mount_setattr, AT_FDCWD, "/", 0, page, 32));
	TRY("landlock", syscall(SYS_landlock_create_ruleset, NULL, 0, 1));
	TRY("a filter of its own", syscall(SYS_seccomp, 2, 0, NULL));
	TRY("memfd_secret", syscall(447, 0));
	TRY("splice", syscall(SYS_splice, 0, NULL, 1, NULL, 1, 0));
	TRY("tee", syscall(SYS_tee, 0, 1, 1, 0));
	TRY("vmsplice", syscall(SYS_vmsplice, 1, &here, 1, 0));
	TRY("migrate_pages", syscall(SYS_migrate_pages, 1, 1, page, page));
	ENDS("kexec_load", syscall(SYS_kexec_load, 0, 0, NULL, 0));
	ENDS("delete_module", syscall(SYS_delete_module, "x", 0));
	ENDS("swapoff", syscall(SYS_swapoff, "/w/box"));
	ENDS("kexec_file_load", syscall(SYS_kexec_file_load, 0, 0, 0, "", 0));
	ENDS("finit_module", syscall(SYS_finit_module, 0, "", 0));
	TRY("adjtimex", syscall(SYS_adjtimex, page));
	ENDS("setdomainname", setdomainname("x", 1));
	TRY("vhangup", syscall(SYS_vhangup));
	TRY("a lock on what all read", flock(0, LOCK_SH));
	TRY("a terminal", open("/dev/tty", O_RDWR));
	other_calls();
	TRY("nice", syscall(SYS_setpriority, 0, 0, -5));
	return 0;
}
