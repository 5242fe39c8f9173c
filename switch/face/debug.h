/* debug: what can be told to sessions as it happens (debug/add). */
#ifndef FACE_DEBUG_H
#define FACE_DEBUG_H

#include <stdbool.h>

struct face;

/* In the order in which they are listed. */
enum debug_category {
	DEBUG_HASH_NEW,
	DEBUG_HASH_GONE,
	DEBUG_FSTP_STATUS,
	DEBUG_FSTP_ROOT,
	DEBUG_FSTP_ACTIVE,
	DEBUG_FSTP_INACTIVE,
	DEBUG_PORT_NEW,
	DEBUG_PORT_GONE,
	DEBUG_PORT_DESCRIPTION,
	DEBUG_CLIENT_NEW,
	DEBUG_CLIENT_GONE,
	N_DEBUG_CATEGORIES
};

struct debug_info {
	const char *path;
	unsigned tag; /* the answer's number, shown in octal behind a 3 */
	const char *help;
};
extern const struct debug_info debug_categories[N_DEBUG_CATEGORIES];

/** face_debug_is_wanted() - does any session want to hear of it? */
bool face_debug_is_wanted(const struct face *face,
			  enum debug_category category);
/** face_debug() - one line to every session that wants to hear of it */
void face_debug(struct face *face, enum debug_category category,
		const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif /* FACE_DEBUG_H */
