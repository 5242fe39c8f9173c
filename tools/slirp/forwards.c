/* The text of a forward. */
#include "tools/slirp/net-config.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/xalloc.h"

static const struct {
	const char *word;
	enum hostfwd_kind kind;
} kinds[] = {
	{ "tcp:", HOSTFWD_TCP },
	{ "udp:", HOSTFWD_UDP },
	{ "unix:", HOSTFWD_UNIX },
};
enum { N_KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static int
wrong_hostfwd(const char *text, struct err *err)
{
	return err_set(err, -EINVAL,
		       "--hostfwd takes tcp:[ADDR]:PORT-[GUEST]:PORT, the same "
		       "with udp:, or unix:PATH-[GUEST]:PORT, not \"%s\"",
		       text);
}

static bool
parse_port(const char *text, uint16_t *port)
{
	unsigned long n;

	if (!number_parse(text, UINT16_MAX, &n) || n == 0)
		return false;
	*port = (uint16_t)n;
	return true;
}

/* "[ADDR]:PORT", of which @addr keeps its value when ADDR is empty. */
static bool
parse_end(const char *text, size_t len, uint32_t *addr, uint16_t *port)
{
	char *copy = xasprintf("%.*s", (int)len, text);
	char *colon = strchr(copy, ':');
	bool good = colon != NULL;

	if (good) {
		*colon = '\0';
		good = (colon == copy || addr_parse(copy, addr)) &&
		       parse_port(colon + 1, port);
	}
	free(copy);
	return good;
}

int
hostfwd_parse(const char *text, struct hostfwd *forward, struct err *err)
{
	const char *dash = strrchr(text, '-'), *from = NULL;

	*forward = (struct hostfwd){ .addr = 0x7f000001 };
	for (size_t i = 0; i < N_KINDS; i++) {
		size_t len = strlen(kinds[i].word);

		if (strncmp(text, kinds[i].word, len) == 0) {
			forward->kind = kinds[i].kind;
			from = text + len;
		}
	}
	if (from == NULL || dash == NULL || dash <= from ||
	    !parse_end(dash + 1, strlen(dash + 1), &forward->guest,
		       &forward->guest_port))
		return wrong_hostfwd(text, err);
	if (forward->kind == HOSTFWD_UNIX)
		forward->path = xasprintf("%.*s", (int)(dash - from), from);
	else if (!parse_end(from, (size_t)(dash - from), &forward->addr,
			    &forward->port))
		return wrong_hostfwd(text, err);
	return 0;
}

int
guestfwd_parse(const char *text, struct guestfwd *forward, struct err *err)
{
	static const char way[] = "-unix:";
	const char *at = strstr(text, way);
	char *number =
	    at != NULL ? xasprintf("%.*s", (int)(at - text), text) : NULL;
	bool good = number != NULL && parse_port(number, &forward->port) &&
		    at[strlen(way)] != '\0';

	free(number);
	if (!good)
		return err_set(err, -EINVAL,
			       "--guestfwd takes PORT-unix:PATH, not \"%s\"",
			       text);
	forward->path = xstrdup(at + strlen(way));
	return 0;
}
