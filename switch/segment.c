#include "config.h"

#include "switch/segment.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/log.h"
#include "lib/sockpath.h"
#include "lib/xalloc.h"
#include "switch/inherited.h"
#include "switch/stp.h"
#include "switch/switch.h"

enum { SEGMENT_LOOP_TELL_MS = 1000 };

/* What a kind's .listen made. */
struct listener {
	const struct port_kind *kind;
	void *priv;
	SLIST_ENTRY(listener) link;
};

bool
segment_name_is_valid(const char *name)
{
	static const char first[] = "abcdefghijklmnopqrstuvwxyz";
	static const char rest[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
	size_t len = strlen(name);

	return len >= 1 && len < SEGMENT_NAME_SIZE &&
	       strspn(name, first) >= 1 && strspn(name, rest) == len;
}

struct segment *
segment_new(struct lane *lane, uint32_t id, const char *name)
{
	struct segment *segment = XNEW(struct segment);
	struct vswitch *sw = lane->sw;
	struct siphash_key key = siphash_random_key();

	assert(segment_name_is_valid(name));
	segment->id = id;
	snprintf(segment->name, sizeof(segment->name), "%s", name);
	segment->sw = sw;
	segment->lane = lane;
	segment->fdb = fdb_new(sw->config.fdb_max, sw->config.ageing_ms, &key);
	segment->port_site.segment = segment;
	segment->tpid = TPID_CUSTOMER;
	segment_set_pvid(segment, VID_DEFAULT);
	TAILQ_INIT(&segment->ports);
	SLIST_INIT(&segment->listeners);
	return segment;
}

void
segment_free(struct segment *segment)
{
	assert(TAILQ_EMPTY(&segment->ports));
	segment_unlisten(segment);
	stp_free(segment);
	fdb_free(segment->fdb);
	free(segment);
}

const char *
segment_mode_name(enum segment_mode mode)
{
	static const char *const names[N_SEGMENT_MODES] = {
		[SEGMENT_BRIDGE] = "bridge",
		[SEGMENT_HUB] = "hub",
		[SEGMENT_8021Q] = "8021q",
	};

	return names[mode];
}

void
segment_set_mode(struct segment *segment, enum segment_mode mode)
{
	if (segment->mode == mode)
		return;
	segment->mode = mode;
	fdb_flush(segment->fdb);
}

void
segment_set_tpid(struct segment *segment, uint16_t tpid)
{
	if (segment->tpid == tpid)
		return;
	segment->tpid = tpid;
	fdb_flush(segment->fdb);
}

void
segment_set_pvid(struct segment *segment, uint16_t pvid)
{
	vid_rules_init(&segment->vid_rules, pvid);
}

void
segment_trap_bpdus(struct segment *segment, segment_bpdu_fn *fn, void *arg)
{
	segment->bpdu_fn = fn;
	segment->bpdu_arg = arg;
}

void
segment_station_moved(struct port *in, const struct mac *mac, uint16_t vid,
		      enum fdb_result result, uint64_t now_ms)
{
	struct segment *segment = in->segment;
	char text[MAC_TEXT_SIZE];
	struct fdb_entry entry;

	in->counters.moves++;
	if (result != FDB_FLAPPING ||
	    (segment->loop_told &&
	     now_ms - segment->loop_told_ms < SEGMENT_LOOP_TELL_MS) ||
	    !fdb_find(segment->fdb, mac, vid, now_ms, &entry))
		return;
	segment->loop_told = true;
	segment->loop_told_ms = now_ms;
	LOG_LIMITED(LOG_WARN,
		    "segment %s: %s moves between ports all the time, now to "
		    "%s: is there a loop, or are there two stations with this "
		    "address?",
		    segment->name, mac_format(mac, text), in->name);
	switch_tell(&(struct switch_event){ .type = SWITCH_LOOP_SUSPECTED,
					    .segment = segment,
					    .station = &entry });
}

uint64_t
segment_moves(const struct segment *segment)
{
	uint64_t n = segment->gone.moves;
	const struct port *port;

	TAILQ_FOREACH (port, &segment->ports, in_segment)
		n += port->counters.moves;
	return n;
}

static int
add_listener(struct segment *segment, const struct port_kind *kind,
	     struct err *err)
{
	struct listener *l;
	void *priv = kind->listen(&segment->port_site, segment->dir, err);

	if (priv == NULL)
		return -EIO;
	l = XNEW(struct listener);
	l->kind = kind;
	l->priv = priv;
	SLIST_INSERT_HEAD(&segment->listeners, l, link);
	return 0;
}

/* @dir: taken */
static int
listen_in(struct segment *segment, char *dir, struct err *err)
{
	const struct port_kind *const *kind = segment->sw->config.kinds;
	int ret;

	segment->dir = dir;
	for (ret = 0; *kind != NULL && ret == 0; kind++) {
		if ((*kind)->listen != NULL)
			ret = add_listener(segment, *kind, err);
	}
	if (ret < 0)
		segment_unlisten(segment);
	return ret;
}

int
segment_listen(struct segment *segment, const char *parent, struct err *err)
{
	const struct segment_access *access = &segment->sw->config.access;
	char *dir = xasprintf("%s/%s", parent, segment->name);
	int ret;

	if (access->dir_mode != 0) {
		ret = segment_listen_at(segment, dir, access, err);
		free(dir);
		return ret;
	}
	/* One that is there, made by a service manager say, keeps its mode. */
	ret = sockpath_make_dir(dir, 0700, err);
	if (ret < 0) {
		free(dir);
		return ret;
	}
	return listen_in(segment, dir, err);
}

/* A directory that is there already gets the mode that is wanted, so it does
 * not matter what it was, as long as it is ours. */
static int
claim_dir(const char *dir, const struct segment_access *access, mode_t mode,
	  struct err *err)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	int ret = 0;

	if (fd < 0)
		return errno == ENOENT ? 0
				       : err_errno(err, "directory %s", dir);
	if (fstat(fd, &st) < 0)
		ret = err_errno(err, "directory %s", dir);
	else if (st.st_uid != geteuid())
		ret = err_set(err, -EPERM,
			      "directory %s belongs to user %u: choose another",
			      dir, (unsigned)st.st_uid);
	else if ((access->has_group &&
		  fchown(fd, (uid_t)-1, access->group) < 0) ||
		 fchmod(fd, mode) < 0)
		ret =
		    err_errno(err, "cannot set the mode of directory %s", dir);
	close(fd);
	return ret;
}

int
segment_listen_at(struct segment *segment, const char *dir,
		  const struct segment_access *access, struct err *err)
{
	mode_t mode = access->dir_mode != 0 ? access->dir_mode : 0700;
	int ret = claim_dir(dir, access, mode, err);

	if (ret == 0)
		ret = sockpath_make_dir(dir, mode, err);
	if (ret == 0) /* newly made */
		ret = claim_dir(dir, access, mode, err);
	if (ret < 0)
		return ret;
	segment->access = *access;
	return listen_in(segment, xstrdup(dir), err);
}

void
segment_unlisten(struct segment *segment)
{
	struct listener *l;

	while ((l = SLIST_FIRST(&segment->listeners)) != NULL) {
		SLIST_REMOVE_HEAD(&segment->listeners, link);
		l->kind->unlisten(l->priv);
		free(l);
	}
	if (segment->dir == NULL)
		return;
	/* It lies in the directory whose lock we hold, so it is ours, also
	 * when a switch that was killed has left it behind. */
	if (rmdir(segment->dir) < 0 &&
	    !(segment->shared_dir && errno == ENOTEMPTY))
		log_warn("cannot remove %s: %m", segment->dir);
	free(segment->dir);
	segment->dir = NULL;
}

/* ---- the books ---- */

static void
add_to_stats(struct segment_stats *stats, const struct port_counters *c)
{
	stats->rx += c->rx_frames;
	stats->tx += c->tx_frames;
	for (int i = 0; i < N_DROP_REASONS; i++)
		stats->drops[i] += c->rx_drops[i] + c->tx_drops[i];
}

void
segment_read_stats(const struct segment *segment, struct segment_stats *stats)
{
	const struct port *port;

	*stats = (struct segment_stats){ .made = segment->made,
					 .copies = segment->copies,
					 .held = segment->n_held };
	add_to_stats(stats, &segment->gone);
	TAILQ_FOREACH (port, &segment->ports, in_segment) {
		struct port_counters c = port_read_counters(port);

		add_to_stats(stats, &c);
		stats->queued += port_queued(port);
	}
}

bool
segment_stats_balance(const struct segment_stats *stats)
{
	uint64_t out = stats->tx + stats->queued + stats->held;

	for (int i = 0; i < N_DROP_REASONS; i++)
		out += stats->drops[i];
	return stats->rx + stats->made + stats->copies == out;
}

/* ---- what a listener may ask for ---- */

struct event_base *
port_site_base(const struct port_site *site)
{
	return site->segment->lane->base;
}

struct clock *
port_site_clock(const struct port_site *site)
{
	return site->segment->lane->clock;
}

struct event_base *
port_site_listen_base(const struct port_site *site)
{
	return site->segment->sw->config.base;
}

struct clock *
port_site_listen_clock(const struct port_site *site)
{
	return site->segment->sw->config.clock;
}

void
port_site_hold(const struct port_site *site)
{
	switch_hold(site->segment->sw);
}

int
port_site_listen(struct port_site *site, const char *path, bool *own,
		 struct err *err)
{
	struct segment *segment = site->segment;
	struct inherited *inherited = segment->sw->config.inherited;
	const char *base = strrchr(path, '/');
	char *name;
	int fd;

	*own = true;
	if (inherited == NULL)
		return sockpath_listen(path, SOCK_STREAM, 0600, err);
	name =
	    xasprintf("%s.%s", segment->name, base != NULL ? base + 1 : path);
	fd = inherited_listener(inherited, name, path, err);
	free(name);
	if (fd == -ENOENT)
		return sockpath_listen(path, SOCK_STREAM, 0600, err);
	*own = false;
	segment->shared_dir = true;
	return fd;
}

const char *
port_site_name(const struct port_site *site)
{
	return site->segment->name;
}

int
port_site_publish(const struct port_site *site, const char *path,
		  struct err *err)
{
	const struct segment_access *access = &site->segment->access;

	if (access->has_group && lchown(path, (uid_t)-1, access->group) < 0)
		return err_errno(err, "cannot give %s to group %u", path,
				 (unsigned)access->group);
	if (access->mode != 0 && chmod(path, access->mode) < 0)
		return err_errno(err, "cannot set the mode of %s", path);
	return 0;
}

int
port_site_number(const struct port_site *site, const struct port_peer *peer,
		 int ctl_fd, uint32_t wanted, uint32_t *number, struct err *err)
{
	const struct port_numbering *n = site->segment->numbering;

	*number = wanted;
	if (n == NULL)
		return 0;
	return n->assign(n->arg, peer, ctl_fd, wanted, number, err);
}

bool
port_site_allows(const struct port_site *site, const struct port_peer *peer,
		 int fd)
{
	struct segment *segment = site->segment;

	if (access_allows(&segment->access, peer, fd))
		return true;
	segment->n_refused++;
	LOG_LIMITED(LOG_WARN,
		    "segment %s: user %u (pid %d) may not attach: only user "
		    "%u, root, and those of --allow-uid and --group may",
		    segment->name, (unsigned)peer->uid, (int)peer->pid,
		    (unsigned)geteuid());
	return false;
}
