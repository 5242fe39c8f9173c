#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <event2/buffer.h>
#include <event2/event.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "switch/face/face.h"
#include "switch/face/session.h"
#include "switch/ports/dummy.h"

enum { TEXT_MAX = 2 * LINES_MAX };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(int ok)
{
	if (!ok)
		abort();
}

/* Everything that a client is told who says @data in pieces of @piece octets;
 * returned owned. */
static char *
talk(const char *data, size_t size, size_t piece)
{
	static const struct port_kind *const kinds[] = { &port_kind_dummy,
							 NULL };
	struct face_options options = { .n_ports = 8,
					.hash_size = 16,
					.mac = { { 0, 0xff, 1, 2, 3, 4 } } };
	struct switch_config config = { .base = switch_base_new(),
					.clock = clock_virtual_new(0),
					.kinds = kinds };
	struct vswitch *sw = switch_new(&config);
	struct session *s;
	struct face *face;
	size_t len;
	char *told;

	require(switch_add_segment(sw, "fuzz", NULL) != NULL);
	face = face_new(&options, sw, NULL);
	require(switch_add_port(TAILQ_FIRST(&sw->segments), &port_kind_dummy,
				NULL, PORT_MTU_DEFAULT, NULL, -1,
				NULL) != NULL);
	s = session_new(face, SESSION_SOCKET, true, NULL, NULL);
	for (size_t at = 0; at < size; at += piece)
		session_feed(s, data + at,
			     size - at < piece ? size - at : piece);
	session_hang_up(s);
	require(s->ended);
	len = evbuffer_get_length(s->out);
	told = calloc(len + 1, 1);
	require(told != NULL);
	evbuffer_remove(s->out, told, len);
	session_free(s);
	switch_remove_port(TAILQ_FIRST(&face->segment->ports), "the end");
	face_free(face);
	switch_free(sw);
	clock_free(config.clock);
	event_base_free(config.base);
	return told;
}

/* Files and libraries are not what this is about. */
static int
is_about_files(const char *text, size_t size)
{
	for (size_t i = 0; i + 4 <= size; i++) {
		if (memcmp(text + i, "load", 4) == 0 ||
		    memcmp(text + i, "plug", 4) == 0)
			return 1;
	}
	return 0;
}

/* Property: it does not matter in which pieces a client's commands arrive, and
 * every data block that begins ends. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char begin[] = "0000 DATA END WITH '.'\n";
	char *whole, *pieces;

	log_set_level(LOG_ERROR);
	if (size > TEXT_MAX)
		size = TEXT_MAX;
	if (is_about_files((const char *)data, size))
		return 0;
	whole = talk((const char *)data, size, TEXT_MAX);
	pieces = talk((const char *)data, size, 3);
	require(strcmp(whole, pieces) == 0);
	for (const char *p = whole; (p = strstr(p, begin)) != NULL;) {
		p += strlen(begin);
		require(*p == '.' || strstr(p, "\n.\n") != NULL);
	}
	free(whole);
	free(pieces);
	return 0;
}
