#include "switch/port-store.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/log.h"
#include "lib/xalloc.h"
#include "switch/inherited.h"
#include "switch/port.h"
#include "switch/segment.h"
#include "switch/service-manager.h"
#include "switch/switch.h"

#define PREFIX "port/"

struct port_store {
	struct vswitch *sw;	    /* borrowed */
	struct service_manager *sm; /* borrowed */
	struct switch_observer observer;
};

/* ---- keeping ---- */

static void
name_of(const struct port *port, uint32_t mtu,
	char name[static SERVICE_NAME_MAX + 1])
{
	snprintf(name, SERVICE_NAME_MAX + 1, PREFIX "%.30s/%s/%s/%" PRIu32,
		 port->kind->name, port->segment->name, port->name, mtu);
}

static int
fd_of(const struct port *port)
{
	return port->kind->keep_fd != NULL ? port->kind->keep_fd(port->priv)
					   : -1;
}

static void
on_port_added(struct port *port, void *arg)
{
	struct port_store *store = arg;
	char name[SERVICE_NAME_MAX + 1];
	int fd = fd_of(port);

	if (fd < 0)
		return;
	name_of(port, port->mtu, name);
	service_manager_store(store->sm, name, fd);
}

static void
on_port_removed(struct port *port, const char *reason, void *arg)
{
	struct port_store *store = arg;
	char name[SERVICE_NAME_MAX + 1];

	(void)reason;
	if (fd_of(port) < 0)
		return;
	name_of(port, port->mtu, name);
	service_manager_unstore(store->sm, name);
}

static void
on_port_mtu(struct port *port, uint32_t old, void *arg)
{
	struct port_store *store = arg;
	char name[SERVICE_NAME_MAX + 1];

	if (fd_of(port) < 0)
		return;
	name_of(port, old, name);
	service_manager_unstore(store->sm, name);
	on_port_added(port, store);
}

/* ---- restoring ---- */

/* What the name of a descriptor says. */
struct kept {
	const char *kind, *segment, *port;
	uint32_t mtu;
};

/* @name: taken apart in place.  Return: 0; -EINVAL. */
static int
parse_name(char *name, struct kept *kept)
{
	const char *mtu;
	char *end;
	unsigned long n;

	kept->kind = strsep(&name, "/");
	kept->segment = strsep(&name, "/");
	kept->port = strsep(&name, "/");
	mtu = name;
	if (mtu == NULL || !segment_name_is_valid(kept->segment) ||
	    !port_name_is_valid(kept->port))
		return -EINVAL;
	n = strtoul(mtu, &end, 10);
	if (end == mtu || *end != '\0' || n < PORT_MTU_MIN ||
	    n > PORT_MTU_DEFAULT)
		return -EINVAL;
	kept->mtu = (uint32_t)n;
	return 0;
}

static struct segment *
segment_for(struct vswitch *sw, const char *name, struct err *err)
{
	struct segment *segment = switch_find_segment(sw, name);

	if (segment != NULL)
		return segment;
	segment = switch_add_segment(sw, name, err);
	if (segment != NULL)
		segment->restored = true;
	return segment;
}

/* @fd: taken.  Return: 0; negative with @err set. */
static int
restore(struct vswitch *sw, const struct kept *kept, int fd, struct err *err)
{
	const struct port_kind *kind = switch_find_kind(sw, kept->kind);
	struct segment *segment = NULL;
	struct port *port;

	if (kind == NULL || kind->keep_fd == NULL)
		err_set(err, -ENOENT, "no kind of port goes on with it");
	else
		segment = segment_for(sw, kept->segment, err);
	if (segment == NULL) {
		close(fd);
		return -EINVAL;
	}
	port = switch_add_port(segment, kind, kept->port, kept->mtu, NULL, fd,
			       err);
	if (port == NULL)
		return -EIO;
	port->restored = true;
	return 0;
}

static void
restore_all(struct port_store *store, struct inherited *inherited)
{
	const char *name;
	int fd;

	while ((fd = inherited_take(inherited, PREFIX, &name)) >= 0) {
		char *copy = xstrdup(name),
		     *full = xasprintf(PREFIX "%s", name);
		struct err err = ERR_INIT;
		struct kept kept;
		int ret;

		if (parse_name(copy, &kept) < 0) {
			ret = err_set(&err, -EINVAL, "it does not name a port");
			close(fd);
		} else {
			ret = restore(store->sw, &kept, fd, &err);
		}
		if (ret < 0) {
			log_warn("cannot restore %s: %s", full, err.text);
			service_manager_unstore(store->sm, full);
		}
		free(full);
		free(copy);
	}
}

struct port_store *
port_store_new(struct vswitch *sw, struct service_manager *sm,
	       struct inherited *inherited)
{
	struct port_store *store = XNEW(struct port_store);

	store->sw = sw;
	store->sm = sm;
	restore_all(store, inherited);
	store->observer = (struct switch_observer){
		.port_added = on_port_added,
		.port_removed = on_port_removed,
		.port_mtu = on_port_mtu,
		.arg = store,
	};
	switch_observer_add(sw, &store->observer);
	return store;
}

void
port_store_free(struct port_store *store)
{
	if (store == NULL)
		return;
	switch_observer_remove(store->sw, &store->observer);
	free(store);
}
