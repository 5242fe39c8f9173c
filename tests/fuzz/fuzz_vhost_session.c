/*
 * Sessions of a front-end that hands over memory: whatever it sends, the table
 * of its regions is what its last messages that were accepted say, no two of
 * them overlap, addresses lead to the octets of its files and nowhere else, and
 * when it goes neither a descriptor nor a mapping is left.
 *
 * An input is two octets that say what has been negotiated, and steps: one
 * octet that says which descriptors come along, and a message; or that a file
 * gets another size.
 */
#include "config.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "switch/ports/vhost-inflight.h"
#include "switch/ports/vhost-memory.h"
#include "switch/ports/vhost-proto.h"
#include "switch/ports/vring.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	N_FILES = 4, /* the last one is no memory */
	FILE_SIZE = 5 * 4096 + 100,
	RING_SIZE = 8,
};

/* Of a step's first octet. */
enum {
	N_FDS = 15,
	FILE_SHIFT = 4,
	FILE_MASK = 3,
	IN_TURN = 64, /* each descriptor is the next file's */
	IS_CUT = 128, /* no message: two octets with the file's new size */
};

struct expected {
	struct vhost_region region;
	unsigned file;
};

struct world {
	int files[N_FILES];
	struct vhost_limits limits;
	struct vhost_memory memory;
	struct vhost_map log;
	struct vhost_inflight inflight;
	struct expected expected[VHOST_MEMORY_SLOTS];
	unsigned n_expected;
	bool cut; /* what stands in the files is not known any more */
	/* of this message */
	int fds[N_FDS];
	unsigned fd_files[N_FDS];
	const uint8_t *in;
	size_t left;
};

static void
require(bool ok)
{
	if (!ok)
		abort();
}

static uint8_t
next(struct world *w)
{
	if (w->left == 0)
		return 0;
	w->left--;
	return *w->in++;
}

/* ---- files ---- */

static uint8_t
octet_of(unsigned file, uint64_t at)
{
	return (uint8_t)(at ^ (at >> 8) ^ (file * 85 + 1));
}

static void
make_files(struct world *w)
{
	static uint8_t octets[FILE_SIZE];
	int pipes[2];

	for (unsigned i = 0; i < N_FILES - 1; i++) {
		for (unsigned j = 0; j < FILE_SIZE; j++)
			octets[j] = octet_of(i, j);
		w->files[i] = memfd_create("fuzz", MFD_CLOEXEC);
		require(w->files[i] >= 0 &&
			write(w->files[i], octets, FILE_SIZE) == FILE_SIZE);
	}
	require(pipe(pipes) == 0);
	close(pipes[1]);
	w->files[N_FILES - 1] = pipes[0];
}

/* The lowest descriptor that nobody uses. */
static int
free_descriptor(void)
{
	int fd = dup(STDERR_FILENO);

	require(fd >= 0);
	close(fd);
	return fd;
}

static bool
is_anything_mapped(void)
{
	FILE *f = fopen("/proc/self/maps", "re");
	char line[4352];
	bool found = false;

	require(f != NULL);
	while (!found && fgets(line, sizeof(line), f) != NULL)
		found = strstr(line, "/memfd:") != NULL;
	fclose(f);
	return found;
}

/* ---- what must be true ---- */

static bool
are_apart(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
	return a_size <= UINT64_MAX - a && b_size <= UINT64_MAX - b &&
	       (a + a_size <= b || b + b_size <= a);
}

static void
check_table(const struct world *w)
{
	const struct guest_memory *t = &w->memory.table;

	require(t->n_regions == w->n_expected);
	for (unsigned i = 0; i < t->n_regions; i++) {
		const struct guest_region *a = &t->regions[i];

		require(a->size > 0 && a->size <= UINT64_MAX - a->guest);
		require(i == 0 || t->regions[i - 1].guest < a->guest);
		for (unsigned j = 0; j < i; j++) {
			const struct guest_region *b = &t->regions[j];

			require(
			    are_apart(a->guest, a->size, b->guest, b->size));
			require(are_apart((uintptr_t)a->at, a->size,
					  (uintptr_t)b->at, b->size));
			require(are_apart(w->expected[i].region.user,
					  w->expected[i].region.size,
					  w->expected[j].region.user,
					  w->expected[j].region.size));
		}
	}
}

static void
check_octets(const struct world *w, const struct expected *e,
	     const volatile uint8_t *at)
{
	uint64_t last = e->region.size - 1, offset = e->region.offset;
	uint8_t first_octet = at[0], last_octet = at[last];

	if (w->cut)
		return;
	require(first_octet == octet_of(e->file, offset));
	require(last_octet == octet_of(e->file, offset + last));
}

static void
check_translation(const struct world *w)
{
	const struct vhost_memory *m = &w->memory;

	for (unsigned i = 0; i < w->n_expected; i++) {
		const struct vhost_region *r = &w->expected[i].region;
		struct guest_region last = { .size = 0 };
		uint8_t *at =
		    guest_memory_at(&m->table, &last, r->guest, r->size);
		uint64_t guest = 0;

		require(at != NULL);
		check_octets(w, &w->expected[i], at);
		require(vhost_memory_user(m, r->user, r->size, &guest) == at &&
			guest == r->guest);
		require(vhost_memory_user(m, r->user, r->size + 1, NULL) ==
			NULL);
		require(guest_memory_at(&m->table, &last, r->guest,
					r->size + 1) == NULL);
	}
}

/* ---- what messages do ---- */

static void
forget_all(struct world *w)
{
	vhost_memory_clear(&w->memory);
	w->n_expected = 0;
}

static void
expect(struct world *w, const struct vhost_region *region, unsigned file)
{
	require(w->n_expected < VHOST_MEMORY_SLOTS);
	w->expected[w->n_expected++] =
	    (struct expected){ .region = *region, .file = file };
}

static bool
replace_table(struct world *w, const struct vhost_message *m)
{
	int ret;

	require(m->n_fds == m->table.n && m->table.n <= VHOST_TABLE_MAX);
	ret = vhost_memory_replace(&w->memory, m->table.regions, w->fds,
				   m->table.n, NULL);
	if (ret < 0)
		return false;
	w->n_expected = 0;
	for (unsigned i = 0; i < m->table.n; i++)
		expect(w, &m->table.regions[i], w->fd_files[i]);
	return true;
}

static bool
add_region(struct world *w, const struct vhost_message *m)
{
	require(m->n_fds == 1);
	if (vhost_memory_add(&w->memory, &m->region, w->fds[0], NULL) < 0)
		return false;
	expect(w, &m->region, w->fd_files[0]);
	return true;
}

static bool
remove_region(struct world *w, const struct vhost_message *m)
{
	const struct vhost_region *r = &m->region;
	unsigned i = 0;

	for (; i < w->n_expected; i++) {
		const struct vhost_region *e = &w->expected[i].region;

		if (e->guest == r->guest && e->user == r->user &&
		    e->size == r->size)
			break;
	}
	require((vhost_memory_remove(&w->memory, r, NULL) == 0) ==
		(i < w->n_expected));
	if (i == w->n_expected)
		return false;
	w->expected[i] = w->expected[--w->n_expected];
	return true;
}

static bool
set_log(struct world *w, const struct vhost_message *m)
{
	const volatile uint8_t *at;

	require(m->n_fds == 1);
	vhost_map_close(&w->log);
	if (vhost_map_open(&w->log, w->fds[0], m->log.offset, m->log.size,
			   &w->memory.damaged, NULL) < 0)
		return false;
	at = w->log.at;
	(void)at[0];
	(void)at[w->log.size - 1];
	return true;
}

static void
touch_inflight(const struct world *w)
{
	size_t size;

	for (unsigned i = 0; i < w->inflight.n_queues; i++) {
		const volatile uint8_t *at =
		    vhost_inflight_queue(&w->inflight, i, &size);

		require(at != NULL && (uintptr_t)at % 64 == 0 &&
			size >= vring_inflight_size(w->inflight.queue_size));
		require(at + size <= w->inflight.map.at + w->inflight.map.size);
		(void)at[0];
		(void)at[size - 1];
	}
	require(vhost_inflight_queue(&w->inflight, w->inflight.n_queues,
				     &size) == NULL);
}

static bool
get_inflight(struct world *w, const struct vhost_message *m)
{
	struct vhost_inflight_area area = m->inflight;
	uint8_t reply[VHOST_REPLY_MAX];
	int fd;

	require(vhost_inflight_make(&w->inflight, &area, &fd,
				    &w->memory.damaged, NULL) == 0);
	require(vhost_proto_put_inflight(reply, m, &area) <= sizeof(reply));
	close(fd);
	touch_inflight(w);
	return true;
}

static bool
set_inflight(struct world *w, const struct vhost_message *m)
{
	require(m->n_fds == 1);
	if (vhost_inflight_open(&w->inflight, &m->inflight, w->fds[0],
				&w->memory.damaged, NULL) < 0)
		return false;
	touch_inflight(w);
	return true;
}

static bool
find_part(const struct world *w, uint64_t user, uint64_t len)
{
	const volatile uint8_t *at =
	    vhost_memory_user(&w->memory, user, len, NULL);

	if (at == NULL)
		return false;
	(void)at[0];
	(void)at[len - 1];
	return true;
}

static bool
find_ring(struct world *w, const struct vhost_message *m)
{
	struct vring_areas areas;

	vring_areas(false, RING_SIZE, &areas);
	return find_part(w, m->addresses.descriptors, areas.desc) &&
	       find_part(w, m->addresses.available, areas.driver) &&
	       find_part(w, m->addresses.used, areas.device);
}

static bool
reset(struct world *w, const struct vhost_message *m)
{
	(void)m;
	forget_all(w);
	vhost_map_close(&w->log);
	vhost_inflight_close(&w->inflight);
	return true;
}

static const struct {
	uint32_t request;
	bool (*act)(struct world *w, const struct vhost_message *m);
} acts[] = {
	{ VHOST_REQ_SET_MEM_TABLE, replace_table },
	{ VHOST_REQ_ADD_MEM_REG, add_region },
	{ VHOST_REQ_REM_MEM_REG, remove_region },
	{ VHOST_REQ_SET_LOG_BASE, set_log },
	{ VHOST_REQ_GET_INFLIGHT_FD, get_inflight },
	{ VHOST_REQ_SET_INFLIGHT_FD, set_inflight },
	{ VHOST_REQ_SET_VRING_ADDR, find_ring },
	{ VHOST_REQ_RESET_DEVICE, reset },
};

/* Every number that decides where something is. */
static void
check_message(const struct world *w, const struct vhost_message *m,
	      unsigned n_fds)
{
	const struct vhost_message_type *type = m->type;

	require(type != NULL && type->is_known);
	require((type->needs & ~w->limits.protocol_features) == 0);
	require(n_fds >= type->fds_min && n_fds <= type->fds_max);
	require(m->n_fds <= n_fds && n_fds <= VHOST_FDS_MAX);
	if (type->payload == VHOST_PAYLOAD_STATE)
		require(m->state.index < w->limits.n_rings);
	if (type->payload == VHOST_PAYLOAD_ADDRESSES)
		require(m->addresses.index < w->limits.n_rings);
	if (type->payload == VHOST_PAYLOAD_RING_FD)
		require(m->ring_fd.index < w->limits.n_rings &&
			m->ring_fd.has_fd == (m->n_fds == 1));
	if (type->payload == VHOST_PAYLOAD_INFLIGHT)
		require(m->inflight.n_queues <= w->limits.n_rings);
}

static void
answer(const struct vhost_message *m, bool ok)
{
	uint8_t reply[VHOST_REPLY_MAX];

	if (m->wants_ack)
		require(vhost_proto_put_ack(reply, m, ok) <= sizeof(reply));
	else if (m->type->reply == VHOST_REPLY_U64)
		require(vhost_proto_put_u64(reply, m, 1) <= sizeof(reply));
	else if (m->type->reply == VHOST_REPLY_STATE)
		require(vhost_proto_put_state(reply, m, 1) <= sizeof(reply));
	else if (m->type->reply == VHOST_REPLY_EMPTY)
		require(vhost_proto_put_empty(reply, m) <= sizeof(reply));
}

/* ---- all of it ---- */

/* Return: its length, at most what is left. */
static size_t
message_len(const struct world *w)
{
	uint32_t size;

	if (w->left < VHOST_HEADER_SIZE)
		return w->left;
	memcpy(&size, w->in + 8, sizeof(size));
	return size < w->left - VHOST_HEADER_SIZE ? VHOST_HEADER_SIZE + size
						  : w->left;
}

static void
receive(struct world *w, uint8_t how)
{
	unsigned n_fds = how & N_FDS, file = how >> FILE_SHIFT & FILE_MASK;
	size_t len = message_len(w);
	uint8_t *exact = malloc(len + (len == 0));
	struct vhost_message m;
	uint32_t size;
	bool ok = true;
	int ret;

	for (unsigned i = 0; i < n_fds; i++) {
		w->fd_files[i] =
		    (how & IN_TURN) != 0 ? (file + i) % N_FILES : file;
		w->fds[i] = w->files[w->fd_files[i]];
	}
	require(exact != NULL);
	memcpy(exact, w->in, len);
	w->in += len;
	w->left -= len;
	ret = vhost_proto_parse(exact, len, n_fds, &w->limits, &m, NULL);
	require(ret == 0 || ret == -EPROTO || ret == -EOPNOTSUPP);
	if (ret != 0) {
		require(m.n_fds == 0);
	} else {
		require(vhost_proto_header(exact, &size, NULL) == 0 &&
			size == len - VHOST_HEADER_SIZE);
		check_message(w, &m, n_fds);
		for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
			if (acts[i].request == m.request)
				ok = acts[i].act(w, &m);
		}
		answer(&m, ok);
	}
	free(exact);
}

static void
cut(struct world *w, uint8_t how)
{
	unsigned file = how >> FILE_SHIFT & FILE_MASK;
	unsigned low = next(w);
	off_t size = (off_t)(low | (unsigned)next(w) << 8);

	if (file == N_FILES - 1)
		return;
	require(ftruncate(w->files[file], size) == 0);
	w->cut = true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct world w;
	int descriptor = free_descriptor();
	uint8_t how;

	memset(&w, 0, sizeof(w));
	w.in = data;
	w.left = size;
	make_files(&w);
	vhost_memory_init(&w.memory);
	w.limits.n_rings = 1u + next(&w);
	w.limits.protocol_features = (next(&w) & 1) != 0 ? 0 : UINT64_MAX;
	while (w.left > 0) {
		how = next(&w);
		if ((how & IS_CUT) != 0)
			cut(&w, how);
		else
			receive(&w, how);
		check_table(&w);
		check_translation(&w);
		require(w.cut || !vhost_memory_is_damaged(&w.memory));
	}
	vhost_map_close(&w.log);
	vhost_inflight_close(&w.inflight);
	vhost_memory_fini(&w.memory);
	for (unsigned i = 0; i < N_FILES; i++)
		close(w.files[i]);
	require(free_descriptor() == descriptor);
	require(!is_anything_mapped());
	return 0;
}
