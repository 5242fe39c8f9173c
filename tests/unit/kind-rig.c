#include "config.h"

#include "tests/unit/kind-rig.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/if.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "switch/ports/dummy.h"

struct rig rig;
struct port *watch;
static size_t n_heard;
static uint16_t ignored; /* 0 = nothing */

static json_t *
parse(const char *text)
{
	char copy[2048];
	json_t *json;

	snprintf(copy, sizeof(copy), "%s", text);
	for (char *c = copy; *c != '\0'; c++)
		*c = *c == '\'' ? '"' : *c;
	json = json_loads(copy, 0, NULL);
	ck_assert_msg(json != NULL, "no JSON: %s", copy);
	return json;
}

bool
kind_own_network(void)
{
	struct ifreq ifr = { .ifr_flags = IFF_UP };
	bool up;
	int fd;

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "lo");
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		return false;
	fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	up = ioctl(fd, SIOCSIFFLAGS, &ifr) == 0;
	close(fd);
	return up;
}

bool
kind_may_own_network(void)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(kind_own_network() ? 0 : 1);
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

void
kind_setup(void)
{
	rig_up(&rig, 0);
	watch = switch_add_port(rig.segment, &port_kind_dummy, "watch",
				PORT_MTU_DEFAULT, NULL, -1, NULL);
	ck_assert_ptr_nonnull(watch);
	dummy_record(watch);
	n_heard = 0;
}

void
kind_teardown(void)
{
	rig_settle(&rig);
	rig_down(&rig);
}

static struct port *
add(const char *kind_name, const char *params, int fd, struct err *err)
{
	const struct port_kind *kind = switch_find_kind(rig.sw, kind_name);
	json_t *json = parse(params);
	struct port *port;

	ck_assert_ptr_nonnull(kind);
	port = switch_add_port(rig.segment, kind, "p", PORT_MTU_DEFAULT, json,
			       fd, err);
	json_decref(json);
	return port;
}

struct port *
kind_add(const char *kind, const char *params, int fd)
{
	struct err err = ERR_INIT;
	struct port *port = add(kind, params, fd, &err);

	ck_assert_msg(port != NULL, "%s", err.text);
	return port;
}

void
kind_refuse(const char *kind, const char *params, int fd, const char *want)
{
	struct err err = ERR_INIT;
	struct port *port = add(kind, params, fd, &err);

	ck_assert_msg(port == NULL, "accepted: %s %s", kind, params);
	ck_assert_msg(strstr(err.text, want) != NULL, "\"%s\" says not \"%s\"",
		      err.text, want);
}

bool
kind_shows(struct port *port, const char *want)
{
	json_t *all = json_object(), *members = parse(want), *value;
	const char *key;
	bool same = true;

	port->kind->describe(port->priv, all);
	json_object_foreach(members, key, value)
	{
		if (!json_equal(json_object_get(all, key), value))
			same = false;
	}
	json_decref(members);
	json_decref(all);
	return same;
}

void
kind_say(size_t len, unsigned seed)
{
	static uint8_t frame[FRAME_LEN_MAX];

	rig_fill(frame, len, 0, 1, seed);
	dummy_inject(watch, frame, len);
}

size_t
kind_n_heard(void)
{
	return dummy_n_sent(watch) - n_heard;
}

void
kind_forget(void)
{
	dummy_record(watch);
	n_heard = 0;
}

void
kind_ignore(uint16_t type)
{
	ignored = type;
}

const struct frame *
kind_next(void)
{
	const struct frame *frame;

	do {
		RIG_UNTIL(&rig, kind_n_heard() > 0);
		frame = dummy_sent(watch, n_heard++);
	} while (ignored != 0 &&
		 (frame->data[12] << 8 | frame->data[13]) == ignored);
	return frame;
}

void
kind_hear(const void *want, size_t len)
{
	const struct frame *frame = kind_next();

	ck_assert_uint_eq(frame->len, len);
	ck_assert_int_eq(memcmp(frame->data, want, len), 0);
}

void
kind_later(unsigned ms)
{
	clock_advance(rig.clock, ms * NS_PER_MS);
}
