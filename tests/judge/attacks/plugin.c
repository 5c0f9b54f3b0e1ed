/* Code that runs inside a compiler: what a compiler's plugin may be. It looks around, and leaves what it can behind. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int plugin_is_GPL_compatible = 1;

int plugin_init(void *given, void *version)
{
	(void)given, (void)version;
	puts("the plugin runs");
	fflush(stdout);
	if (system("./forbidden") < 0 || system("./leave") < 0 || system("./litter") < 0)
		puts("no shell");
	return 0;
}
