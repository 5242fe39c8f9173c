#include "tests/unit/face-rig.h"

#include <stdlib.h>
#include <string.h>

#include <event2/buffer.h>

#include "lib/clock.h"
#include "tests/unit/unit.h"

enum { TOLD_MAX = 1024 * 1024 };

void
face_rig_init(struct face_rig *fr)
{
	static const struct mac mac = { { 0, 0xff, 1, 2, 3, 4 } };

	*fr = (struct face_rig){
		.options = { .n_ports = FACE_PORTS_DEFAULT,
			     .hash_size = FACE_HASH_SIZE_DEFAULT,
			     .priority = FACE_PRIORITY_DEFAULT,
			     .mac = mac },
	};
	rig_init(&fr->rig, 0);
}

static void
on_stop(void *arg)
{
	struct face_rig *fr = arg;

	fr->n_stops++;
}

void
face_rig_start(struct face_rig *fr)
{
	fr->face = face_new(&fr->options, fr->rig.sw, NULL);
	fr->face->stop = on_stop;
	fr->face->stop_arg = fr;
	fr->session = session_new(fr->face, SESSION_SOCKET, true, NULL, NULL);
}

void
face_rig_fini(struct face_rig *fr)
{
	struct port *port;

	session_free(fr->session);
	while ((port = TAILQ_FIRST(&fr->rig.segment->ports)) != NULL)
		switch_remove_port(port, "the test ends");
	face_free(fr->face);
	rig_fini(&fr->rig);
}

const char *
face_rig_say(struct face_rig *fr, const char *text)
{
	static char told[TOLD_MAX];
	int n;

	session_feed(fr->session, text, strlen(text));
	n = evbuffer_remove(fr->session->out, told, sizeof(told) - 1);
	ck_assert_int_ge(n, 0);
	told[n] = '\0';
	return told;
}

const char *
face_rig_answer(struct face_rig *fr, const char *line)
{
	static const char prompt[] = "\nvde$ ";
	static char answer[TOLD_MAX];
	size_t len;

	face_rig_say(fr, line);
	strcpy(answer, face_rig_say(fr, "\n"));
	len = strlen(answer);
	ck_assert_uint_ge(len, strlen(prompt));
	ck_assert_str_eq(answer + len - strlen(prompt), prompt);
	answer[len - strlen(prompt)] = '\0';
	return answer;
}

struct port *
face_rig_attach(struct face_rig *fr)
{
	json_t *none = json_object();
	struct err err = ERR_INIT;
	struct port *port =
	    switch_add_port(fr->rig.segment, &port_kind_dummy, NULL,
			    PORT_MTU_DEFAULT, none, -1, &err);

	json_decref(none);
	ck_assert_msg(port != NULL, "%s", err.text);
	return port;
}
