#include "tests/unit/control-rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <check.h>
#include <event2/event.h>

#include "lib/json.h"
#include "lib/sockpath.h"
#include "switch/methods/methods.h"

static void
on_answer(const json_t *result, const struct err *err, void *arg)
{
	struct answer *answer = arg;

	ck_assert(!answer->here);
	answer->here = true;
	if (result != NULL)
		answer->result = json_deep_copy(result);
	else
		answer->err = *err;
}

/* Are there methods of the switch itself that begin like @name, "port.x"? */
static bool
is_noun(const char *name)
{
	size_t len = strcspn(name, ".") + 1;

	for (size_t i = 0; method_tables[i] != NULL; i++) {
		if (strncmp(method_tables[i]->name, name, len) == 0)
			return true;
	}
	return false;
}

static void
on_notify(const char *method, const json_t *params, void *arg)
{
	struct control_rig *r = arg;
	char *text =
	    json_dumps(params, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
	size_t len = strlen(r->events);
	const struct control_event *event = control_event_find(method);
	struct err err = ERR_INIT;

	if (event != NULL)
		ck_assert_msg(json_check(params, event->data, &err) == 0,
			      "%s: %s", method, err.text);
	else /* one of a plugin */
		ck_assert_msg(!is_noun(method), "%s is not in control_events",
			      method);
	snprintf(r->events + len, sizeof(r->events) - len, "%s %s\n", method,
		 text);
	free(text);
}

static void
on_closed(void *arg)
{
	(void)arg;
}

static void
on_stop(void *arg)
{
	struct control_rig *r = arg;

	r->stopped = true;
}

static void
connect_client(struct control_rig *r)
{
	char path[PATH_MAX + 16];
	int fd;

	snprintf(path, sizeof(path), "%s/control", r->dir);
	fd = sockpath_connect(path, SOCK_STREAM, NULL);
	ck_assert_int_ge(fd, 0);
	r->conn = rpc_conn_new(r->rig.base, fd, on_notify, on_closed, r);
}

void
control_rig_init(struct control_rig *r)
{
	struct control_config config = { .stop = on_stop, .stop_arg = r };
	struct err err = ERR_INIT;
	char path[PATH_MAX + 16];

	*r = (struct control_rig){ .stopped = false };
	rig_init(&r->rig, CONTROL_PORTS);
	r->host = plugin_host_new(r->rig.sw);
	snprintf(r->dir, sizeof(r->dir), "/tmp/vdelab-control-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(r->dir));
	snprintf(path, sizeof(path), "%s/control", r->dir);
	config.sw = r->rig.sw;
	config.host = r->host;
	config.listen_fd = sockpath_listen(path, SOCK_STREAM, 0600, &err);
	ck_assert_msg(config.listen_fd >= 0, "%s", err.text);
	r->control = control_new(&config, &err);
	ck_assert_msg(r->control != NULL, "%s", err.text);
	connect_client(r);
}

void
control_rig_fini(struct control_rig *r)
{
	rpc_conn_free(r->conn);
	control_free(r->control);
	plugin_host_free(r->host);
	rig_fini(&r->rig);
	sockpath_remove_tree(r->dir, NULL);
}

void
control_rig_reconnect(struct control_rig *r)
{
	rpc_conn_free(r->conn);
	connect_client(r);
}

json_t *
control_rig_parse(const char *text)
{
	char *copy = strdup(text);
	json_t *value;

	for (char *p = copy; *p != '\0'; p++) {
		if (*p == '\'')
			*p = '"';
	}
	value = json_loads(copy, JSON_DECODE_ANY, NULL);
	ck_assert_msg(value != NULL, "bad JSON in test: %s", text);
	free(copy);
	return value;
}

void
control_rig_start_call(struct control_rig *r, const char *method,
		       const char *params, int fd, struct answer *answer)
{
	json_t *p = params != NULL ? control_rig_parse(params) : NULL;

	*answer = (struct answer){ .here = false };
	rpc_conn_call(r->conn, method, p, &fd, fd >= 0 ? 1 : 0, on_answer,
		      answer);
}

void
control_rig_wait(struct control_rig *r, const struct answer *answer)
{
	for (int i = 0; i < CONTROL_TURNS_MAX && !answer->here; i++)
		event_base_loop(r->rig.base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
	ck_assert_msg(answer->here, "no answer");
}

struct answer
control_rig_call(struct control_rig *r, const char *method, const char *params,
		 int fd)
{
	struct answer answer;

	control_rig_start_call(r, method, params, fd, &answer);
	control_rig_wait(r, &answer);
	return answer;
}

/* Does @have contain all that @want, JSON text with ' for ", says?  Members
 * that @want does not name may be anything. */
static bool
contains(const json_t *have, const json_t *want)
{
	const char *key;
	json_t *value;
	size_t i;

	if (json_is_object(want)) {
		json_object_foreach((json_t *)want, key, value)
		{
			if (!contains(json_object_get(have, key), value))
				return false;
		}
		return json_is_object(have);
	}
	if (json_is_array(want)) {
		if (json_array_size(have) != json_array_size(want))
			return false;
		json_array_foreach((json_t *)want, i, value)
		{
			if (!contains(json_array_get(have, i), value))
				return false;
		}
		return json_is_array(have);
	}
	return json_equal(have, want);
}

static void
expect_error(const char *method, const struct answer *answer, const char *words)
{
	ck_assert_msg(answer->result == NULL, "%s must fail", method);
	ck_assert_msg(strstr(answer->err.text, words) != NULL,
		      "%s: \"%s\" lacks \"%s\"", method, answer->err.text,
		      words);
}

static void
expect_result(const char *method, const struct answer *answer, const char *text)
{
	json_t *want = control_rig_parse(text);
	char *got = answer->result != NULL
			? json_dumps(answer->result, JSON_ENCODE_ANY)
			: strdup(answer->err.text);

	ck_assert_msg(answer->result != NULL && contains(answer->result, want),
		      "%s: %s is not %s", method, got, text);
	free(got);
	json_decref(want);
}

void
control_rig_expect(struct control_rig *r, const char *method,
		   const char *params, int fd, const char *want)
{
	struct answer answer = control_rig_call(r, method, params, fd);

	if (want[0] == '!')
		expect_error(method, &answer, want + 1);
	else
		expect_result(method, &answer, want);
	json_decref(answer.result);
}
