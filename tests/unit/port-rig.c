#include "config.h"

#include "tests/unit/port-rig.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/sockpath.h"
#include "switch/ports/port-provider.h"

enum { PATIENCE_MS = 120 * 1000, TURN_MS = 1 };

static const struct port_kind *const kinds[] = { &port_kind_vde,
						 &port_kind_stream,
						 &port_kind_dgram,
						 &port_kind_tap,
						 &port_kind_packet,
						 &port_kind_mcast,
						 &port_kind_plug,
						 &port_kind_exec,
						 &port_kind_slirp,
						 &port_kind_vdeplug,
						 &port_kind_dummy,
						 &port_kind_vhost,
						 NULL };

static uint64_t
real_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

bool
rig_has_root(void)
{
	return getuid() == 0;
}

void
rig_be_root(void)
{
	if (!rig_has_root())
		return;
	ck_assert_int_eq(seteuid(0), 0);
	prctl(PR_SET_DUMPABLE, 1);
}

void
rig_be_ordinary(void)
{
	if (!rig_has_root())
		return;
	ck_assert_int_eq(seteuid(RIG_ORDINARY_UID), 0);
}

int
rig_count_files(const char *dir)
{
	DIR *d = opendir(dir);
	int n = 0;

	ck_assert_ptr_nonnull(d);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

int
rig_count_fds(void)
{
	return rig_count_files("/proc/self/fd");
}

static void
on_heartbeat(evutil_socket_t fd, short what, void *arg)
{
	struct rig *rig = arg;

	(void)fd;
	(void)what;
	rig->idle = true;
}

static void
on_added(struct port *port, void *arg)
{
	struct rig *rig = arg;

	rig->n_added++;
	snprintf(rig->last_name, sizeof(rig->last_name), "%s", port_name(port));
}

static void
on_removed(struct port *port, const char *reason, void *arg)
{
	struct rig *rig = arg;

	(void)port;
	rig->n_removed++;
	snprintf(rig->last_reason, sizeof(rig->last_reason), "%s", reason);
}

void
rig_up(struct rig *rig, size_t pool_bytes)
{
	struct err err = ERR_INIT;

	rig_be_ordinary();
	memset(rig, 0, sizeof(*rig));
	log_init("test", LOG_ERROR);
	rig->n_fds = rig_count_fds();
	snprintf(rig->top, sizeof(rig->top), "/tmp/vdelab-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(rig->top));
	snprintf(rig->dir, sizeof(rig->dir), "%s/lab", rig->top);
	rig->base = switch_base_new();
	rig->heartbeat = event_new(rig->base, -1, 0, on_heartbeat, rig);
	ck_assert_ptr_nonnull(rig->heartbeat);
	rig->clock = clock_virtual_new(1000 * NS_PER_S);
	rig->sw = switch_new(&(struct switch_config){
	    .base = rig->base,
	    .clock = rig->clock,
	    .kinds = kinds,
	    .dir = rig->top,
	    .pool_bytes = pool_bytes,
	});
	rig->segment = switch_add_segment(rig->sw, "lab", &err);
	ck_assert_msg(rig->segment != NULL, "%s", err.text);
	rig->observer.port_added = on_added;
	rig->observer.port_removed = on_removed;
	rig->observer.arg = rig;
	switch_observer_add(rig->sw, &rig->observer);
	rig->deadline_ms = real_ms() + PATIENCE_MS;
}

static void
check_books(struct rig *rig)
{
	struct segment_stats stats;

	segment_read_stats(rig->segment, &stats);
	ck_assert_msg(segment_stats_balance(&stats),
		      "rx %ju + made %ju + copies %ju != "
		      "tx %ju + queued %ju + drops",
		      (uintmax_t)stats.rx, (uintmax_t)stats.made,
		      (uintmax_t)stats.copies, (uintmax_t)stats.tx,
		      (uintmax_t)stats.queued);
}

void
rig_down(struct rig *rig)
{
	check_books(rig);
	switch_observer_remove(rig->sw, &rig->observer);
	switch_free(rig->sw);
	clock_free(rig->clock);
	event_free(rig->heartbeat);
	event_base_free(rig->base);
	ck_assert_int_eq(rig_count_fds(), rig->n_fds);
	ck_assert_msg(access(rig->dir, F_OK) < 0 && errno == ENOENT,
		      "the segment's directory is left behind");
	ck_assert_int_eq(sockpath_remove_tree(rig->top, NULL), 0);
	rig_be_root(); /* or LeakSanitizer cannot look into us */
}

bool
rig_turn(struct rig *rig)
{
	struct timeval tv = { .tv_usec = TURN_MS * 1000 };

	rig->idle = false;
	event_add(rig->heartbeat, &tv);
	event_base_loop(rig->base, EVLOOP_ONCE);
	event_del(rig->heartbeat);
	return real_ms() < rig->deadline_ms;
}

void
rig_settle(struct rig *rig)
{
	/* A heartbeat may come together with something else: two do not. */
	for (int n_idle = 0; n_idle < 2; n_idle = rig->idle ? n_idle + 1 : 0)
		ck_assert_msg(rig_turn(rig), "the switch does not settle");
}

struct port *
rig_port(struct rig *rig, const char *name)
{
	struct port *port = switch_find_port(rig->sw, name);

	ck_assert_msg(port != NULL, "there is no port %s", name);
	return port;
}

uint64_t
rig_drops(struct rig *rig, enum drop_reason reason)
{
	struct segment_stats stats;

	segment_read_stats(rig->segment, &stats);
	return stats.drops[reason];
}

void
rig_fill(uint8_t *frame, size_t len, unsigned to, unsigned from, unsigned seed)
{
	uint8_t header[14] = { 2,    0,	  0, 0, 0, (uint8_t)to,
			       2,    0,	  0, 0, 0, (uint8_t)from,
			       0x88, 0xb5 }; /* local experimental */

	if (to == 0)
		memset(header, 0xff, 6);
	memcpy(frame, header, len < sizeof(header) ? len : sizeof(header));
	for (size_t i = sizeof(header); i < len; i++)
		frame[i] = (uint8_t)(seed + i + (i >> 8) * 7);
}

bool
rig_readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

bool
rig_writable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	return poll(&p, 1, 0) == 1 && (p.revents & POLLOUT) != 0;
}
