/* Frames of vhost-user ports, what migration needs of them, and ports that
 * connect by themselves. */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/log.h"
#include "lib/sockpath.h"
#include "switch/ports/vhost-features.h"
#include "switch/ports/vhost-proto.h"
#include "tests/unit/memory-rig.h"
#include "tests/unit/vhost-rig.h"

#define HIGH(n) ((uint64_t)(n) << 32)
#define V1 VHOST_BIT(VHOST_VERSION_1)
#define ENABLES VHOST_BIT(VHOST_PROTOCOL_FEATURES)

enum {
	HEADER = 12, /* of virtio_net_hdr, with VERSION_1 */
	BUFFER = DRIVER_GUEST + 3 * RIG_PAGE,
	ROOM = 2048,
	LOG_SIZE = 0x9000, /* octets: for addresses below 0x48000000 */
	USED_AT = FRONT_PARTS + 3 * RIG_PAGE,
};

static struct front front;
static char path[128];
static int listener = -1;

static void
setup(void)
{
	kind_setup();
	front_init(&front);
	snprintf(path, sizeof(path), "%s/front", rig.top);
}

static void
teardown(void)
{
	front_fini(&front);
	if (listener >= 0)
		close(listener);
	listener = -1;
	kind_teardown();
}

static void
bring_up(uint64_t features)
{
	front_connect(&front);
	front_negotiate(&front, features);
	front_share(&front);
	front_start(&front);
	ck_assert_msg(front_is_alive(&front), "%s", rig.last_reason);
	ck_assert(!front.port->no_carrier);
}

/* ---- frames ---- */

static const uint64_t layouts[] = {
	V1 | ENABLES,
	V1 | ENABLES | VHOST_BIT(VHOST_EVENT_IDX),
	V1 | ENABLES | VHOST_BIT(VHOST_RING_PACKED),
	V1 | ENABLES | VHOST_BIT(VHOST_NET_MRG_RXBUF) |
	    VHOST_BIT(VHOST_NET_CSUM) | VHOST_BIT(VHOST_NET_GUEST_CSUM),
};

/* Both ways, so often that the ring begins anew. */
START_TEST(frames_go_both_ways)
{
	uint8_t sent[HEADER + 1514] = { 0 }, want[1514];

	bring_up(layouts[_i]);
	for (unsigned i = 0; i < 3 * FRONT_RING_SIZE; i++) {
		size_t len = i % 2 == 0 ? 60 : 1514;

		rig_fill(sent + HEADER, len, 0, 2, i);
		front_send(&front, BUFFER, sent, HEADER + len);
		kind_hear(sent + HEADER, len);
		ck_assert_int_eq(front_next(&front, 1), 0);

		front_offer(&front, BUFFER, ROOM);
		rig_fill(want, len, 0, 1, i);
		kind_say(len, i);
		ck_assert_int_eq(front_next(&front, 0), HEADER + (int)len);
		ck_assert_mem_eq(front_at(&front, BUFFER + HEADER), want, len);
		ck_assert_uint_eq(*front_at(&front, BUFFER + 10), 1);
	}
	ck_assert(kind_shows(front.port, _i == 2 ? "{'layout':'packed'}"
						 : "{'layout':'split'}"));
}
END_TEST

/* Whatever stands in the buffer: the header of the last frame, or a part of
 * it. */
START_TEST(a_header_is_written_over_what_was_there)
{
	static const uint8_t want[HEADER] = { [10] = 1 };
	uint8_t *at;

	bring_up(layouts[_i]);
	at = front_at(&front, BUFFER);
	for (unsigned i = 0; i <= HEADER; i++) {
		memcpy(at, want, HEADER);
		if (i < HEADER)
			at[i] ^= 0x81;
		front_offer(&front, BUFFER, ROOM);
		kind_say(60, i);
		ck_assert_int_eq(front_next(&front, 0), HEADER + 60);
		ck_assert_mem_eq(at, want, HEADER);
	}
}
END_TEST

START_TEST(a_short_header_is_followed_by_the_frame)
{
	uint8_t want[60];

	bring_up(ENABLES);
	for (unsigned i = 0; i < 3; i++) {
		memset(front_at(&front, BUFFER), (int)i, 10);
		front_offer(&front, BUFFER, ROOM);
		rig_fill(want, sizeof(want), 0, 1, i);
		kind_say(sizeof(want), i);
		ck_assert_int_eq(front_next(&front, 0), 10 + sizeof(want));
		for (unsigned k = 0; k < 10; k++)
			ck_assert_uint_eq(front_at(&front, BUFFER)[k], 0);
		ck_assert_mem_eq(front_at(&front, BUFFER + 10), want,
				 sizeof(want));
	}
}
END_TEST

START_TEST(a_frame_that_no_buffer_holds_is_dropped_and_counted)
{
	const struct port_counters *c;

	bring_up(V1 | ENABLES);
	c = &front.port->counters;
	front_offer(&front, BUFFER, HEADER + 99);
	kind_say(100, 1);
	rig_settle(&rig);
	ck_assert_uint_eq(c->tx_drops[DROP_OVERSIZE], 1);
	ck_assert_uint_eq(c->tx_frames, 0);
	ck_assert_uint_eq(port_queued(front.port), 0);
	/* And the buffer is there still. */
	kind_say(99, 1);
	ck_assert_int_eq(front_next(&front, 0), HEADER + 99);
}
END_TEST

START_TEST(a_frame_waits_for_a_buffer)
{
	bring_up(layouts[_i]);
	kind_say(100, 1);
	rig_settle(&rig);
	ck_assert_uint_eq(port_queued(front.port), 1);
	front_offer(&front, BUFFER, ROOM);
	ck_assert_int_eq(front_next(&front, 0), HEADER + 100);
	ck_assert_uint_eq(port_queued(front.port), 0);
}
END_TEST

START_TEST(a_guest_is_called_when_it_wants_to_be)
{
	uint64_t n = 0;

	bring_up(V1 | ENABLES);
	/* once for the descriptor itself, as a driver may have missed one */
	(void)!read(front.calls[0], &n, sizeof(n));
	driver_quiet(front.rings[0], true);
	front_offer(&front, BUFFER, ROOM);
	kind_say(100, 1);
	ck_assert_int_eq(front_next(&front, 0), HEADER + 100);
	ck_assert(!rig_readable(front.calls[0]));
	driver_quiet(front.rings[0], false);
	front_offer(&front, BUFFER, ROOM);
	kind_say(100, 1);
	ck_assert_int_eq(front_next(&front, 0), HEADER + 100);
	ck_assert(rig_readable(front.calls[0]));
}
END_TEST

START_TEST(frames_for_a_guest_that_takes_none_are_dropped)
{
	front_connect(&front);
	kind_say(100, 1);
	rig_settle(&rig);
	ck_assert_uint_eq(rig_drops(&rig, DROP_SEND_ERROR), 1);
	ck_assert_uint_eq(port_queued(front.port), 0);
}
END_TEST

/* What waits for a buffer does not wait for ever. */
START_TEST(frames_under_way_go_with_the_ring)
{
	bring_up(V1 | ENABLES);
	kind_say(100, 1);
	rig_settle(&rig);
	ck_assert_uint_eq(port_queued(front.port), 1);
	front_tell(&front, VHOST_REQ_SET_VRING_ENABLE, 1, HIGH(0), 0);
	rig_settle(&rig);
	ck_assert_uint_eq(port_queued(front.port), 0);
	ck_assert_uint_eq(rig_drops(&rig, DROP_SEND_ERROR), 1);
}
END_TEST

START_TEST(what_a_guest_breaks_costs_its_port)
{
	bring_up(V1 | ENABLES);
	/* in no region */
	driver_add(front.rings[1], &(struct driver_buffer){ 0x7000000000, 100 },
		   1, 0, 0);
	ck_assert_int_eq(write(front.kicks[1], &(uint64_t){ 1 }, 8), 8);
	RIG_UNTIL(&rig, rig.n_removed == 1);
	ck_assert_msg(strncmp(rig.last_reason, "ring 1: ", 8) == 0, "%s",
		      rig.last_reason);
}
END_TEST

START_TEST(memory_that_is_cut_off_costs_the_port)
{
	uint8_t frame[HEADER + 60] = { 0 };

	bring_up(V1 | ENABLES);
	memcpy(front_at(&front, BUFFER), frame, sizeof(frame));
	driver_add(front.rings[1],
		   &(struct driver_buffer){ BUFFER, sizeof(frame) }, 1, 0, 0);
	ck_assert_int_eq(ftruncate(front.memory_fd, 0), 0);
	ck_assert_int_eq(write(front.kicks[1], &(uint64_t){ 1 }, 8), 8);
	RIG_UNTIL(&rig, rig.n_removed == 1);
	ck_assert_str_eq(
	    rig.last_reason,
	    "the front-end has cut off memory that it shares with us");
}
END_TEST

/* QEMU without share=on: what else would a user look at? */
START_TEST(rings_in_no_memory_are_a_warning_once)
{
	char log[128], text[1024], want[256];
	FILE *f;
	size_t n;

	snprintf(log, sizeof(log), "%s/log", rig.top);
	front_connect(&front);
	front_negotiate(&front, V1 | ENABLES);
	ck_assert_ptr_nonnull(freopen(log, "w", stderr));
	log_init("test", LOG_WARN);
	front_start(&front);
	ck_assert(front_is_alive(&front));
	f = fopen(log, "re");
	ck_assert_ptr_nonnull(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[n] = '\0';
	snprintf(want, sizeof(want),
		 "test: port %s has no memory: is the guest's shared "
		 "(share=on)?\n",
		 port_name(front.port));
	ck_assert_str_eq(text, want);
	ck_assert(front.port->no_carrier);
}
END_TEST

/* ---- migration ---- */

static uint8_t *
begin_log(int *fd)
{
	uint64_t words[FRONT_WORDS_MAX];
	uint8_t *log;

	*fd = memory_rig_file(LOG_SIZE);
	log = mmap(NULL, LOG_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
	ck_assert(log != MAP_FAILED);
	front_say(&front,
		  &(struct saying){
		      VHOST_REQ_SET_LOG_BASE, 2, { LOG_SIZE, 0 }, 1, { *fd } });
	ck_assert_int_eq(front_hear(&front, VHOST_REQ_SET_LOG_BASE, words), 0);
	return log;
}

static bool
is_logged(const uint8_t *log, uint64_t guest)
{
	uint64_t page = guest / RIG_PAGE;

	return (log[page / 8] >> page % 8 & 1) != 0;
}

static unsigned
n_logged(const uint8_t *log)
{
	unsigned n = 0;

	for (uint64_t at = 0; at < (uint64_t)LOG_SIZE * 8; at++)
		n += is_logged(log, at * RIG_PAGE);
	return n;
}

static void
receive_one(uint64_t at, size_t len)
{
	front_offer(&front, at, ROOM);
	kind_say(len, 1);
	ck_assert_int_eq(front_next(&front, 0), HEADER + (int)len);
}

START_TEST(pages_that_frames_were_written_to_are_logged)
{
	struct saying addresses;
	uint8_t *log;
	int fd;

	bring_up(V1 | ENABLES);
	log = begin_log(&fd);
	receive_one(BUFFER, 100);
	ck_assert_uint_eq(n_logged(log), 0); /* nobody has asked to */

	front_tell(&front, VHOST_REQ_SET_FEATURES, 1,
		   V1 | ENABLES | VHOST_BIT(VHOST_LOG_ALL), 0);
	addresses = front_addresses(&front, 0, USED_AT);
	front_say(&front, &addresses);
	ck_assert(front_is_alive(&front));
	/* over the end of a page */
	receive_one(BUFFER + RIG_PAGE - 50, 100);
	ck_assert(is_logged(log, BUFFER));
	ck_assert(is_logged(log, BUFFER + RIG_PAGE));
	ck_assert(is_logged(log, USED_AT));
	ck_assert_uint_eq(n_logged(log), 3);

	memset(log, 0, LOG_SIZE);
	front_tell(&front, VHOST_REQ_SET_FEATURES, 1, V1 | ENABLES, 0);
	receive_one(BUFFER, 100);
	ck_assert_uint_eq(n_logged(log), 0);
	munmap(log, LOG_SIZE);
	close(fd);
}
END_TEST

/* What the guest sends dirties the used ring alone. */
START_TEST(the_ring_of_what_is_read_is_logged_too)
{
	const uint64_t used = USED_AT + 0x1000000;
	uint8_t frame[HEADER + 60] = { 0 };
	struct saying addresses;
	uint8_t *log;
	int fd;

	bring_up(V1 | ENABLES);
	log = begin_log(&fd);
	front_tell(&front, VHOST_REQ_SET_FEATURES, 1,
		   V1 | ENABLES | VHOST_BIT(VHOST_LOG_ALL), 0);
	addresses = front_addresses(&front, 1, used);
	front_say(&front, &addresses);
	ck_assert(front_is_alive(&front));
	rig_fill(frame + HEADER, 60, 0, 2, 1);
	front_send(&front, BUFFER, frame, sizeof(frame));
	ck_assert_int_eq(front_next(&front, 1), 0);
	ck_assert(is_logged(log, used));
	ck_assert_uint_eq(n_logged(log), 1);
	munmap(log, LOG_SIZE);
	close(fd);
}
END_TEST

/* RFC 903: of the guest's address, about itself, to all. */
START_TEST(a_guest_that_has_come_is_announced)
{
	static const uint8_t want[60] = {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff,		/* to all */
		0x52, 0x54, 0x00, 0x12, 0x34, 0x56, 0x80, 0x35, /* RARP */
		0,    1,    8,	  0,	6,    4,    0,	  3,	/* who am I? */
		0x52, 0x54, 0x00, 0x12, 0x34, 0x56, 0,	  0,
		0,    0,    0x52, 0x54, 0x00, 0x12, 0x34, 0x56,
	};

	bring_up(V1 | ENABLES);
	front_tell(&front, VHOST_REQ_SEND_RARP, 1, 0x563412005452, 0);
	kind_hear(want, sizeof(want));
	ck_assert_uint_eq(kind_n_heard(), 0);
	ck_assert_uint_eq(port_read_counters(front.port).rx_frames, 1);
}
END_TEST

START_TEST(what_was_agreed_upon_and_told_is_shown)
{
	front_connect(&front);
	ck_assert(kind_shows(front.port,
			     "{'connected':true,'spin_us':0,'features':[],"
			     "'protocol_features':[],'memory_regions':0,"
			     "'memory_bytes':0,'told_status':0,'queues':[]}"));
	front_negotiate(&front, V1 | VHOST_BIT(VHOST_RING_PACKED));
	front_share(&front);
	front_tell(&front, VHOST_REQ_NET_SET_MTU, 1, 1400, 0);
	front_tell(&front, VHOST_REQ_SET_STATUS, 1, 15, 0);
	ck_assert(kind_shows(front.port,
			     "{'told_mtu':1400,'told_status':15,"
			     "'features':['version_1','ring_packed'],"
			     "'layout':'packed','memory_regions':4,"
			     "'memory_bytes':172032}"));
	front_start(&front);
	ck_assert(front_is_alive(&front));
	ck_assert(kind_shows(
	    front.port,
	    "{'queues':[{'index':0,'direction':'to','enabled':true,"
	    "'size':16,'frames':0,'kicked':true,'called':true,'kicks':0,"
	    "'calls':0},{'index':1,'direction':'from','enabled':true,"
	    "'size':16,'frames':0,'kicked':true,'called':true,'kicks':0,"
	    "'calls':0}]}"));
}
END_TEST

START_TEST(spinning_can_be_changed)
{
	json_t *params = json_pack("{s:i}", "spin", 50);

	front_connect(&front);
	ck_assert_int_eq(front.port->kind->set(front.port->priv, params, NULL),
			 0);
	ck_assert(kind_shows(front.port, "{'spin_us':50}"));
	json_object_set_new(params, "spin", json_integer(0));
	ck_assert_int_eq(front.port->kind->set(front.port->priv, params, NULL),
			 0);
	ck_assert(kind_shows(front.port, "{'spin_us':0}"));
	json_decref(params);
}
END_TEST

/* Rings whose guest cannot kick are looked at from time to time. */
START_TEST(rings_without_kicks_are_polled)
{
	uint8_t frame[HEADER + 60] = { 0 };

	bring_up(V1 | ENABLES);
	front_say(&front,
		  &(struct saying){
		      VHOST_REQ_SET_VRING_KICK, 1, { 1 | 0x100 }, 0, { 0 } });
	ck_assert(front_is_alive(&front));
	rig_fill(frame + HEADER, 60, 0, 2, 1);
	front_send(&front, BUFFER, frame, sizeof(frame));
	rig_settle(&rig);
	ck_assert_uint_eq(kind_n_heard(), 0);
	kind_later(1);
	kind_hear(frame + HEADER, 60);
	ck_assert(kind_shows(front.port, "{'polls':1}"));
}
END_TEST

/* ---- ports that connect ---- */

static struct port *
add_port(unsigned wait_ms)
{
	char params[256];

	snprintf(params, sizeof(params), "{'path':'%s','reconnect':%u}", path,
		 wait_ms);
	return kind_add("vhost-user", params, -1);
}

static void
start_listening(void)
{
	struct err err = ERR_INIT;

	listener = sockpath_listen(path, SOCK_STREAM, 0600, &err);
	ck_assert_msg(listener >= 0, "%s", err.text);
}

static const struct {
	unsigned asked, waits[7];
} waits[] = {
	{ 10, { 10, 20, 40, 80, 100, 100, 100 } },
	{ 100, { 100, 100, 100, 100, 100, 100, 100 } },
	{ 700, { 700, 700, 700, 700, 700, 700, 700 } },
};

START_TEST(nobody_waits_longer_than_a_tenth_of_a_second_for_us)
{
	unsigned row = (unsigned)_i / 7, n = (unsigned)_i % 7;

	add_port(waits[row].asked);
	for (unsigned i = 0; i < n; i++)
		kind_later(waits[row].waits[i]); /* in vain */
	start_listening();
	kind_later(waits[row].waits[n] - 1);
	ck_assert(!rig_readable(listener));
	kind_later(1);
	ck_assert(rig_readable(listener));
}
END_TEST

START_TEST(a_front_end_that_comes_back_finds_us_as_new)
{
	struct port *port;

	start_listening();
	port = add_port(10);
	for (int i = 0; i < 3; i++) {
		front.fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
		ck_assert_int_ge(front.fd, 0);
		ck_assert_uint_eq(memory_rig_pages(),
				  front.memory_size / RIG_PAGE);
		front_negotiate(&front, V1 | ENABLES);
		front_share(&front);
		front_start(&front);
		ck_assert(front_is_alive(&front));
		ck_assert(!port->no_carrier);
		receive_one(BUFFER, 100);
		front_tell(&front, VHOST_REQ_SET_STATUS, 1, 15, 0);
		ck_assert(kind_shows(port, "{'told_status':15}"));
		front_close(&front);
		RIG_UNTIL(&rig, port->no_carrier);
		ck_assert(kind_shows(port, "{'features':[],'told_status':0,"
					   "'protocol_features':[],"
					   "'memory_regions':0}"));
		ck_assert(kind_shows(
		    port, "{'connected':false,'queues':[],'last_end':"
			  "'the front-end closed its connection'}"));
		kind_later(10);
	}
	ck_assert(kind_shows(port, "{'reconnects':3}"));
	ck_assert_uint_eq(rig.n_removed, 0);
}
END_TEST

START_TEST(one_that_breaks_the_rules_is_not_connected_to_again)
{
	start_listening();
	add_port(10);
	front.fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
	front_say(&front, &(struct saying){ .request = 1 | 4U << 16 });
	RIG_UNTIL(&rig, rig.n_removed == 1);
	kind_later(1000);
	ck_assert(!rig_readable(listener));
}
END_TEST

static const struct {
	const char *params, *want;
} unusable[] = {
	{ "{}", "a vhost-user port needs a path" },
	{ "{'path':'/nowhere/x'}", "/nowhere/x" },
	{ "{'reconnect':100}", "one of the two" },
	{ "{'path':'/nowhere/x','spin':1000001}", "spin" },
	{ "{'path':'/nowhere/x','queues':0}", "queues" },
	{ "{'path':'/nowhere/x','queues':17}", "queues" },
};

START_TEST(what_can_never_be_is_refused)
{
	kind_refuse("vhost-user", unusable[_i].params, -1, unusable[_i].want);
}
END_TEST

static const struct {
	const char *params;
	uint64_t without;
	unsigned n_pairs;
} offers[] = {
	{ "", 0, 8 },
	{ ",'queues':1", VHOST_BIT(VHOST_NET_MQ), 1 },
	{ ",'queues':16", 0, 16 },
	{ ",'packed':false", VHOST_BIT(VHOST_RING_PACKED), 8 },
	{ ",'offloads':false",
	  VHOST_BIT(VHOST_NET_CSUM) | VHOST_BIT(VHOST_NET_GUEST_CSUM) |
	      VHOST_BIT(VHOST_NET_HOST_TSO4) | VHOST_BIT(VHOST_NET_GUEST_TSO4),
	  8 },
};

START_TEST(a_port_offers_what_it_was_asked_to)
{
	const struct vhost_offer all = { true, true, true };
	char params[256];
	uint64_t features;

	start_listening();
	snprintf(params, sizeof(params), "{'path':'%s'%s}", path,
		 offers[_i].params);
	front.port = kind_add("vhost-user", params, -1);
	front.fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
	features = front_ask(&front, VHOST_REQ_GET_FEATURES);
	ck_assert_uint_eq(features & offers[_i].without, 0);
	if (offers[_i].without == 0)
		ck_assert_uint_eq(features, vhost_features_offered(&all));
	front_negotiate(&front, V1);
	if (offers[_i].n_pairs > 1)
		ck_assert_uint_eq(front_ask(&front, VHOST_REQ_GET_QUEUE_NUM),
				  offers[_i].n_pairs);
	front_tell(&front, VHOST_REQ_SET_VRING_NUM, 1,
		   (2 * offers[_i].n_pairs - 1) | HIGH(64), 0);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ frames_go_both_ways, UNIT_ROWS(layouts) },
		{ a_header_is_written_over_what_was_there, UNIT_ROWS(layouts) },
		{ a_short_header_is_followed_by_the_frame, 0 },
		{ a_frame_that_no_buffer_holds_is_dropped_and_counted, 0 },
		{ a_frame_waits_for_a_buffer, UNIT_ROWS(layouts) },
		{ a_guest_is_called_when_it_wants_to_be, 0 },
		{ frames_for_a_guest_that_takes_none_are_dropped, 0 },
		{ frames_under_way_go_with_the_ring, 0 },
		{ what_a_guest_breaks_costs_its_port, 0 },
		{ memory_that_is_cut_off_costs_the_port, 0 },
		{ rings_in_no_memory_are_a_warning_once, 0 },
		{ pages_that_frames_were_written_to_are_logged, 0 },
		{ the_ring_of_what_is_read_is_logged_too, 0 },
		{ a_guest_that_has_come_is_announced, 0 },
		{ what_was_agreed_upon_and_told_is_shown, 0 },
		{ spinning_can_be_changed, 0 },
		{ rings_without_kicks_are_polled, 0 },
		{ nobody_waits_longer_than_a_tenth_of_a_second_for_us,
		  7 * UNIT_ROWS(waits) },
		{ a_front_end_that_comes_back_finds_us_as_new, 0 },
		{ one_that_breaks_the_rules_is_not_connected_to_again, 0 },
		{ what_can_never_be_is_refused, UNIT_ROWS(unusable) },
		{ a_port_offers_what_it_was_asked_to, UNIT_ROWS(offers) },
		{ NULL, 0 },
	};

	return unit_run("port_vhost_frames", tests, setup, teardown);
}
