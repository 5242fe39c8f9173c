/* live: a capture for as long as somebody reads it. */
#ifndef TOOLS_EXTCAP_LIVE_H
#define TOOLS_EXTCAP_LIVE_H

#include <stdbool.h>
#include <stdio.h>

#include "tools/extcap/interfaces.h"

struct live_request {
	const struct interface *interface;
	const char *filter;    /* or NULL */
	const char *direction; /* "in", "out" or "both"; NULL: as usual */
	const char *snaplen;   /* a number; or NULL */
	bool drops;
};

/** live_check_filter() - would the switch take it?  What is wrong goes to
 * @out, nothing when all is well.  Return: exit code. */
int live_check_filter(const struct interface *interface, const char *filter,
		      FILE *out);
/** live_capture() - into the FIFO @path, until SIGTERM, SIGINT, or nobody reads
 * it any longer.  Return: exit code; what went wrong is on stderr. */
int live_capture(const struct live_request *request, const char *path);

#endif /* TOOLS_EXTCAP_LIVE_H */
