/* Leaves behind all that is hard to remove: a deep tree, many files, links to elsewhere, a pipe, a socket, no rights. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

int main(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket"};
	char name[32];
	symlink("/etc", "link");
	symlink("/w/program", ".wipe-0");
	symlink("nowhere", "broken");
	link("/w/program/program", "hard");
	mkfifo("pipe", 0600);
	bind(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&address, sizeof address);
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof name, "file-%d", i);
		close(open(name, O_CREAT | O_WRONLY, 0));
	}
	for (int i = 0; i < 1000 && mkdir("d", 0700) == 0 && chdir("d") == 0; i++)
		close(open("leaf", O_CREAT | O_WRONLY, 0));
	chmod(".", 0);
	return 0;
}
