#include "switch/face/face.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/mac.h"
#include "lib/xalloc.h"
#include "switch/face/debug.h"
#include "switch/face/numbers.h"
#include "switch/face/session.h"
#include "switch/face/tree.h"
#include "switch/stp.h"
#include "switch/fdb.h"
#include "switch/segment.h"

void
face_set_hub(struct face *face, bool hub)
{
	enum segment_mode mode =
	    face->options->vlan_transparent ? SEGMENT_BRIDGE : SEGMENT_8021Q;

	if (hub) /* there is nothing to choose between */
		stp_set_protocol(face->segment, STP_PROTOCOL_NONE);
	segment_set_mode(face->segment, hub ? SEGMENT_HUB : mode);
}

/* ---- addresses ---- */

uint32_t
face_hash_size(uint32_t wanted)
{
	uint32_t size = 1;

	while (size < wanted)
		size *= 2;
	if (size != wanted)
		log_warn("Hash size must be a power of 2. %" PRIu32
			 " rounded to %" PRIu32,
			 wanted, size);
	return size;
}

static void
on_gc(void *arg)
{
	struct face *face = arg;

	fdb_expire(face->segment->fdb, clock_now_ms(face->sw->config.clock));
	timer_set_in(face->gc, face->hash.gc_interval_s * NS_PER_S);
}

void
face_apply_hash(struct face *face)
{
	struct fdb *fdb = face->segment->fdb;

	fdb_set_ageing(fdb, face->hash.expire_s * UINT64_C(1000));
	fdb_set_hold(fdb, face->hash.min_persistence_s * UINT64_C(1000));
	timer_set_in(face->gc, face->hash.gc_interval_s * NS_PER_S);
}

/* In the data path: what it costs only counts when somebody listens. */
static void
on_address(const struct fdb_entry *entry, bool added, void *arg)
{
	enum debug_category category = added ? DEBUG_HASH_NEW : DEBUG_HASH_GONE;
	struct face *face = arg;
	char mac[MAC_TEXT_SIZE];

	if (!face_debug_is_wanted(face, category))
		return;
	/* The VLAN's low octet comes first, as it always has. */
	face_debug(face, category, "%s VLAN %02x:%02x Port %" PRIu32,
		   mac_format(&entry->mac, mac), entry->vid & 0xff,
		   entry->vid >> 8, numbers_of(face->numbers, entry->port));
}

/* ---- life ---- */

struct face *
face_new(const struct face_options *options, struct vswitch *sw,
	 struct plugin_host *host)
{
	struct face *face = XNEW(struct face);

	face->options = options;
	face->sw = sw;
	face->segment = TAILQ_FIRST(&sw->segments);
	face->segment->essential = true;
	face->host = host;
	TAILQ_INIT(&face->sessions);
	/* It has always let LLDP, LACP and other people's trees cross. */
	face->segment->reserved_cross = true;
	segment_set_pvid(face->segment, 0);
	vid_set_put(&face->vlans, 0, true);
	face_set_hub(face, options->hub);
	face->numbers = numbers_new(face, options->n_ports);
	face->hash = (struct face_hash){
		.size = face_hash_size(options->hash_size),
		.gc_interval_s = FACE_GC_INTERVAL_S,
		.expire_s = FACE_EXPIRE_S,
	};
	tree_init(face);
	face->gc = timer_new(sw->config.clock, on_gc, face);
	face_apply_hash(face);
	fdb_watch(face->segment->fdb, on_address, face);
	return face;
}

void
face_free(struct face *face)
{
	if (face == NULL)
		return;
	assert(TAILQ_EMPTY(&face->sessions));
	fdb_watch(face->segment->fdb, NULL, NULL);
	timer_free(face->gc);
	numbers_free(face->numbers);
	free(face);
}

/* ---- names ---- */

face_main_fn *
face_find(const char *program)
{
	static const struct {
		const char *name;
		face_main_fn *fn;
	} faces[] = {
		{ FACE_PROGRAM, face_main },
		{ "vde_plug2tap", plug2tap_main },
		{ "slirpvde", slirpvde_main },
	};
	const char *slash = strrchr(program, '/');
	const char *name = slash != NULL ? slash + 1 : program;

	for (size_t i = 0; i < sizeof(faces) / sizeof(faces[0]); i++) {
		if (strcmp(faces[i].name, name) == 0)
			return faces[i].fn;
	}
	return NULL;
}
