#include "tests/integration/vhostfront/attacks.h"

void
attacks_list(void)
{
}

int
attacks_run(const char *name, const char *path, const char *mac,
	    const char *peer)
{
	(void)name, (void)path, (void)mac, (void)peer;
	return 2;
}
