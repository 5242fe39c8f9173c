#include "driver/wire/plug.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/xalloc.h"

enum { RECONNECT_MS = 10 }; /* the least the switch takes */

struct plug *
plug_new(struct plug_list *list, enum plug_kind kind, const char *port,
	 size_t vlan, int fd, char *path)
{
	struct plug *plug = XNEW(struct plug);

	plug->kind = kind;
	plug->port = xstrdup(port);
	plug->vlan = vlan;
	plug->fd = fd;
	plug->path = path;
	plug->adding = true;
	TAILQ_INSERT_TAIL(list, plug, entry);
	return plug;
}

void
plug_free(struct plug_list *list, struct plug *plug)
{
	TAILQ_REMOVE(list, plug, entry);
	if (plug->fd >= 0)
		close(plug->fd);
	if (plug->path != NULL)
		unlink(plug->path);
	free(plug->path);
	free(plug->port);
	free(plug);
}

struct plug *
plug_find(const struct plug_list *list, const char *port)
{
	struct plug *plug;

	TAILQ_FOREACH (plug, list, entry)
		if (strcmp(plug->port, port) == 0)
			return plug;
	return NULL;
}

json_t *
plug_params(const struct plug *plug, const char *segment)
{
	static const char *const kinds[] = {
		[PLUG_DGRAM] = "dgram",
		[PLUG_STREAM] = "stream",
		[PLUG_VHOST] = "vhost-user",
		[PLUG_VDE] = "vde",
	};
	json_t *params =
	    json_pack("{s:s, s:s, s:s}", "segment", segment, "kind",
		      kinds[plug->kind], "name", plug->port);
	char mac[MAC_TEXT_SIZE];

	if (plug->kind == PLUG_VDE)
		json_object_set_new(params, "mac",
				    json_string(mac_format(&plug->mac, mac)));
	if (plug->path != NULL) {
		json_object_set_new(params, "path", json_string(plug->path));
		json_object_set_new(params, "reconnect",
				    json_integer(RECONNECT_MS));
	}
	return params;
}
