/*
 * slirp: the port kind for the host's network: NAT, DHCP and DNS for stations,
 * and ways in for callers from the host.
 *
 * It is a port of kind exec whose program is ours, vdelab-slirp, a process that
 * confines itself: what stations send is never looked into here.
 */
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/json.h"
#include "lib/paths.h"
#include "lib/xalloc.h"
#include "switch/ports/exec.h"
#include "switch/ports/port-provider.h"

enum {
	/* Of vdelab-slirp: it was asked for something that is not possible. */
	STATUS_USAGE = 2,
	MTU_MIN = 576,
	MTU_MAX = 65521,
};

/* A command line that is put together; words owned. */
struct line {
	char **words; /* NULL-ended once there are any */
	size_t n;
};

static void
add_word(struct line *line, char *word)
{
	line->words = xrealloc(line->words, line->n + 2, sizeof(*line->words));
	line->words[line->n++] = word;
	line->words[line->n] = NULL;
}

static void
add(struct line *line, const char *option, const char *value)
{
	add_word(line, xasprintf("--%s", option));
	if (value != NULL)
		add_word(line, xstrdup(value));
}

static void
line_fini(struct line *line)
{
	for (size_t i = 0; i < line->n; i++)
		free(line->words[i]);
	free(line->words);
}

/* ---- parameters ---- */

static void
add_text(struct line *line, const json_t *params, const char *key,
	 const char *option)
{
	const char *text = json_str_or(params, key, NULL);

	if (text != NULL)
		add(line, option, text);
}

/* @key is a boolean, or a word that people write for one.
 * Return: 0; -EINVAL with @err set. */
static int
read_flag(const json_t *params, const char *key, bool otherwise, bool *flag,
	  struct err *err)
{
	const json_t *value = json_object_get(params, key);
	json_t *read = NULL;

	*flag = otherwise;
	if (value == NULL || json_is_null(value))
		return 0;
	if (json_is_string(value))
		read = json_from_text("flag:bool", "flag",
				      json_string_value(value), NULL);
	else if (json_is_boolean(value))
		read = json_copy((json_t *)value);
	if (read == NULL)
		return err_set(err, -EINVAL, "\"%s\" must be yes or no", key);
	*flag = json_is_true(read);
	json_decref(read);
	return 0;
}

/* The option @option when @key is @wanted. */
static int
add_flag(struct line *line, const json_t *params, const char *key, bool wanted,
	 const char *option, struct err *err)
{
	bool flag;
	int ret = read_flag(params, key, !wanted, &flag, err);

	if (ret == 0 && flag == wanted)
		add(line, option, NULL);
	return ret;
}

/* Its directory is none that anybody knows. */
static int
check_forward(const char *key, const char *text, struct err *err)
{
	const char *path = strstr(text, "unix:");

	if (path == NULL || path[strlen("unix:")] == '/')
		return 0;
	return err_set(err, -EINVAL, "%s: the path in \"%s\" is not absolute",
		       key, text);
}

static int
add_forward(struct line *line, const char *key, const char *text,
	    struct err *err)
{
	int ret = check_forward(key, text, err);

	if (ret == 0)
		add(line, key, text);
	return ret;
}

/* @key is a text of forwards parted by commas, or a list of texts. */
static int
add_forwards(struct line *line, const json_t *params, const char *key,
	     struct err *err)
{
	const json_t *value = json_object_get(params, key);
	int ret = 0;

	if (json_is_string(value)) {
		char *copy = xstrdup(json_string_value(value));
		char *rest = copy, *one;

		while (ret == 0 && (one = strsep(&rest, ",")) != NULL)
			ret = add_forward(line, key, one, err);
		free(copy);
		return ret;
	}
	if (value != NULL && !json_is_null(value) && !json_is_array(value))
		return err_set(err, -EINVAL, "\"%s\" must be a text or a list",
			       key);
	for (size_t i = 0; ret == 0 && i < json_array_size(value); i++) {
		const char *text = json_string_value(json_array_get(value, i));

		ret = text != NULL
			  ? add_forward(line, key, text, err)
			  : err_set(err, -EINVAL,
				    "\"%s\": member %zu is not a text", key, i);
	}
	return ret;
}

static int
add_params(struct line *line, const json_t *params, struct err *err)
{
	static const struct {
		const char *key, *option;
	} texts[] = {
		{ "network", "network" }, { "host", "host" },
		{ "dns", "dns" },	  { "dhcp_start", "dhcp-start" },
		{ "tftp", "tftp" },
	};
	static const struct {
		const char *key, *option;
		bool wanted;
	} flags[] = {
		{ "dhcp", "no-dhcp", false },
		{ "restrict", "restrict", true },
		{ "host_loopback", "host-loopback", true },
		{ "ipv6", "ipv6", true },
	};
	int ret = 0;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		add_text(line, params, texts[i].key, texts[i].option);
	for (size_t i = 0; ret == 0 && i < sizeof(flags) / sizeof(flags[0]);
	     i++)
		ret = add_flag(line, params, flags[i].key, flags[i].wanted,
			       flags[i].option, err);
	if (ret == 0)
		ret = add_forwards(line, params, "hostfwd", err);
	if (ret == 0)
		ret = add_forwards(line, params, "guestfwd", err);
	return ret;
}

static void
add_mtu(struct line *line, uint32_t mtu)
{
	char *text;

	if (mtu < MTU_MIN || mtu > MTU_MAX)
		return; /* its own */
	text = xasprintf("%u", (unsigned)mtu);
	add(line, "mtu", text);
	free(text);
}

/* ---- coming and going ---- */

static void *
slirp_open(struct port *port, const json_t *params, int fd, struct err *err)
{
	struct exec_spec spec = { .restart = PROGRAM_ALWAYS,
				  .final_status = STATUS_USAGE,
				  .shown = params };
	struct line line = { .n = 0 };
	char program[PATH_MAX];
	void *priv = NULL;

	if (fd >= 0) {
		close(fd);
		err_set(err, -EINVAL,
			"a port of kind slirp takes no descriptor");
		return NULL;
	}
	if (paths_find(PATHS_LIBEXEC, "vdelab-slirp", program, sizeof(program),
		       err) < 0)
		return NULL;
	add_word(&line, xstrdup(program));
	add(&line, "fd", "3");
	add_mtu(&line, port_mtu(port));
	if (add_params(&line, params, err) == 0) {
		spec.argv = (const char *const *)line.words;
		priv = exec_start(port, &spec, err);
	}
	line_fini(&line);
	return priv;
}

const struct port_kind port_kind_slirp = {
	.name = "slirp",
	.summary = "the host's network: NAT, DHCP, DNS, forwards",
	.params = "network:str? host:str? dns:str? dhcp:any? dhcp_start:str? "
		  "hostfwd:any? guestfwd:any? tftp:str? restrict:any? "
		  "host_loopback:any? ipv6:any?",
	.details =
	    "A station behind which is what the user of the switch can reach: "
	    "by default 10.0.2.2 of 10.0.2.0/24, with a name server at "
	    "10.0.2.3, which gives addresses from 10.0.2.15 on by DHCP. "
	    "`network` is another network (as 192.168.7.0/24), `host`, `dns` "
	    "and `dhcp_start` other addresses there; `dhcp=no` gives none. "
	    "`hostfwd` leads callers from the host to a station: "
	    "`tcp:[ADDR]:PORT-[GUEST]:PORT`, `udp:` likewise, or "
	    "`unix:PATH-[GUEST]:PORT`, several parted by commas, or a list; "
	    "`guestfwd`, as `PORT-unix:PATH`, leads stations that call a port "
	    "of the host's address to a unix socket. With `restrict=yes` "
	    "nothing else leads out, nor to the host. With `host_loopback=yes` "
	    "the host's address leads to its 127.0.0.1, which is closed "
	    "otherwise. `tftp` is a directory whose files stations may read; "
	    "`ipv6=yes` adds fec0::/64. It is a process of its own, "
	    "vdelab-slirp(1), started again when it ends; where it cannot do "
	    "what is asked for, the log says why, and the port goes. "
	    "`port.show` has also these parameters, and `pid`, `restarts` and "
	    "`last_end` as those of kind exec.",
	.open = slirp_open,
	.transmit = exec_transmit,
	.pause = exec_pause,
	.describe = exec_describe,
	.close = exec_close,
};
