#include "config.h"

#include "tools/extcap/interfaces.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "lib/json.h"
#include "lib/rpc.h"
#include "lib/siphash.h"
#include "lib/sockpath.h"
#include "lib/xalloc.h"

/* ---- what they are called ---- */

/* What Wireshark has signs of its own for, or cannot show. */
static void
make_plain(char *text, const char *unwanted)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f ||
		    strchr(unwanted, *text) != NULL)
			*text = '_';
}

/* Of a switch in the user's own folder, its name there; of another one, its
 * folder's name and a number that only the whole path has.  Returned owned. */
static char *
switch_label(const char *dir, const char *runtime_dir)
{
	static const struct siphash_key key = { 0 };
	const char *slash = strrchr(dir, '/');
	const char *base = slash != NULL ? slash + 1 : dir;
	size_t parent_len = (size_t)(base - dir);
	char *label;

	if (parent_len == strlen(runtime_dir) + 1 &&
	    strncmp(dir, runtime_dir, parent_len - 1) == 0)
		label = xstrdup(base);
	else
		label = xasprintf("%s~%08" PRIx32, base,
				  (uint32_t)siphash(&key, dir, strlen(dir)));
	make_plain(label, " :{}/\\\"'");
	return label;
}

char *
interfaces_id(const char *dir, const char *runtime_dir, const char *segment,
	      const char *port)
{
	char *label = switch_label(dir, runtime_dir);
	char *id = xasprintf("vdelab:%s:%s%s%s", label, segment,
			     port != NULL ? ":" : "", port != NULL ? port : "");

	free(label);
	return id;
}

/* ---- which there are ---- */

static void
add(struct interfaces *interfaces, const struct found_switch *from,
    const char *runtime_dir, const char *segment, const char *port)
{
	struct interface *i;

	interfaces->list = xrealloc(interfaces->list, interfaces->n + 1,
				    sizeof(*interfaces->list));
	i = &interfaces->list[interfaces->n++];
	*i = (struct interface){
		.id = interfaces_id(from->dir, runtime_dir, segment, port),
		.display = xasprintf("%s%s%s (switch %s)", segment,
				     port != NULL ? ", port " : "",
				     port != NULL ? port : "", from->dir),
		.segment = xstrdup(segment),
		.port = port != NULL ? xstrdup(port) : NULL,
		.fd = from->fd,
	};
	make_plain(i->display, "{}");
}

static json_t *
ask(const struct found_switch *from, const char *method)
{
	return rpc_call_sync(from->fd, method, NULL, NULL, 0,
			     SWITCHES_ANSWER_MS, NULL);
}

static void
add_switch(struct interfaces *interfaces, const struct found_switch *from,
	   const char *runtime_dir)
{
	json_t *segments = ask(from, "segment.show");
	json_t *ports = segments != NULL ? ask(from, "port.show") : NULL;
	json_t *segment, *port;
	size_t i, j;

	json_array_foreach(segments, i, segment)
	{
		const char *name = json_str_or(segment, "name", "");

		add(interfaces, from, runtime_dir, name, NULL);
		json_array_foreach(ports, j, port)
		{
			if (strcmp(json_str_or(port, "segment", ""), name) == 0)
				add(interfaces, from, runtime_dir, name,
				    json_str_or(port, "name", ""));
		}
	}
	json_decref(segments);
	json_decref(ports);
}

void
interfaces_find(struct interfaces *interfaces, const struct switches *switches)
{
	char runtime_dir[PATH_MAX] = "";

	*interfaces = (struct interfaces){ .n = 0 };
	sockpath_runtime_dir(runtime_dir, sizeof(runtime_dir), NULL);
	for (size_t i = 0; i < switches->n; i++)
		add_switch(interfaces, &switches->list[i], runtime_dir);
}

void
interfaces_fini(struct interfaces *interfaces)
{
	for (size_t i = 0; i < interfaces->n; i++) {
		free(interfaces->list[i].id);
		free(interfaces->list[i].display);
		free(interfaces->list[i].segment);
		free(interfaces->list[i].port);
	}
	free(interfaces->list);
	interfaces->list = NULL;
	interfaces->n = 0;
}

const struct interface *
interfaces_get(const struct interfaces *interfaces, const char *id)
{
	for (size_t i = 0; i < interfaces->n; i++)
		if (strcmp(interfaces->list[i].id, id) == 0)
			return &interfaces->list[i];
	return NULL;
}

void
interfaces_print(const struct interfaces *interfaces, FILE *out)
{
	fprintf(out, "extcap {version=%s}{display=vdelab}\n", PACKAGE_VERSION);
	for (size_t i = 0; i < interfaces->n; i++)
		fprintf(out, "interface {value=%s}{display=%s}\n",
			interfaces->list[i].id, interfaces->list[i].display);
}
