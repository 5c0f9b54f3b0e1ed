/* Asks for the keys of its user, as one who looks for holes of the kernel does, and goes on if it is let. */
#include <linux/keyctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void)
{
	syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 1);
	for (;;)
		;
}
