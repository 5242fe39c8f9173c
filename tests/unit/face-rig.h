/* face-rig: the console of a switch on a virtual clock, for unit tests. */
#ifndef TESTS_FACE_RIG_H
#define TESTS_FACE_RIG_H

#include "switch/face/face.h"
#include "switch/face/session.h"
#include "tests/unit/switch-rig.h"

struct face_rig {
	struct rig rig;
	struct face_options options; /* set them before face_rig_start() */
	struct face *face;
	struct session *session; /* as of the management socket */
	unsigned n_stops;
};

/** face_rig_init() - options as of a command line without any */
void face_rig_init(struct face_rig *fr);
void face_rig_start(struct face_rig *fr);
void face_rig_fini(struct face_rig *fr);

/** face_rig_say() - the session's client says @text
 * Return: what it was told since, borrowed until the next call */
const char *face_rig_say(struct face_rig *fr, const char *text);
/** face_rig_answer() - the answer to the command @line, without the prompt */
const char *face_rig_answer(struct face_rig *fr, const char *line);
/** face_rig_attach() - a port of kind dummy comes by itself */
struct port *face_rig_attach(struct face_rig *fr);

#endif /* TESTS_FACE_RIG_H */
