#include "switch/face/debug.h"

#include <stdarg.h>
#include <stdio.h>

#include "switch/face/face.h"
#include "switch/face/session.h"

enum { DEBUG_LINE_MAX = 512 };

const struct debug_info debug_categories[N_DEBUG_CATEGORIES] = {
	[DEBUG_HASH_NEW] = { "hash/+", 011, "hash: new element" },
	[DEBUG_HASH_GONE] = { "hash/-", 012, "hash: discarded element" },
	[DEBUG_FSTP_STATUS] = { "fstp/status", 044, "fstp: status change" },
	[DEBUG_FSTP_ROOT] = { "fstp/root", 045,
			      "fstp: rootswitch/port change" },
	[DEBUG_FSTP_ACTIVE] = { "fstp/+", 041, "fstp: port becomes active" },
	[DEBUG_FSTP_INACTIVE] = { "fstp/-", 042,
				  "fstp: port becomes inactive" },
	[DEBUG_PORT_NEW] = { "port/+", 021, "new port" },
	[DEBUG_PORT_GONE] = { "port/-", 022, "closed port" },
	[DEBUG_PORT_DESCRIPTION] = { "port/descr", 023,
				     "set port description" },
	[DEBUG_CLIENT_NEW] = { "port/ep/+", 031, "new endpoint" },
	[DEBUG_CLIENT_GONE] = { "port/ep/-", 032, "closed endpoint" },
};

bool
face_debug_is_wanted(const struct face *face, enum debug_category category)
{
	const struct session *session;

	TAILQ_FOREACH (session, &face->sessions, link) {
		if ((session->debug & 1u << category) != 0)
			return true;
	}
	return false;
}

void
face_debug(struct face *face, enum debug_category category, const char *fmt,
	   ...)
{
	const struct debug_info *info = &debug_categories[category];
	char text[DEBUG_LINE_MAX];
	struct session *session;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	TAILQ_FOREACH (session, &face->sessions, link) {
		if ((session->debug & 1u << category) != 0)
			session_tell(session, "3%03o %s %s\n", info->tag,
				     info->path, text);
	}
}
