#include "bench/load.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/now.h"
#include "bench/procfs.h"
#include "lib/err.h"
#include "lib/xalloc.h"

enum {
	LEARNING_MS = 50,
	SENDERS_END_MS = 3000,
	QUIET_MS = 50, /* without a frame: all have arrived */
	DRAIN_MS = 3000,
	LOOK_AGAIN_MS = 5,
	HEALTH_MS = 100,
};

/* What the counters of all stations that count say at one moment. */
struct tally {
	uint64_t at_ns;
	int64_t cpu_ns;		 /* of the switch; < 0 = not known */
	int64_t stations_cpu_ns; /* of all stations */
	uint64_t sent, due, frames, bytes, calls, cut, stray, disordered;
};

static void
sleep_ms(unsigned ms)
{
	const struct timespec ts = { .tv_sec = (time_t)(ms / 1000),
				     .tv_nsec = (long)(ms % 1000) * 1000000 };

	nanosleep(&ts, NULL);
}

/* ---- for stations ---- */

uint64_t
load_count(const struct load_station *station, const struct mac *self,
	   const uint8_t *frame, size_t len)
{
	struct station_counters *counters = station->counters;
	uint64_t number = frame_number(frame, len);

	if (number == UINT64_MAX ||
	    (!(frame[0] & 1) && memcmp(frame, self->b, MAC_LEN) != 0 &&
	     (station->load->config->n_addresses == 1 ||
	      !peer_owns(self, frame)))) {
		station_add(&counters->stray, 1);
		return UINT64_MAX;
	}
	station_add(&counters->bytes, len);
	if (len == station->load->config->frame_len)
		station_add(&counters->frames, 1);
	else
		station_add(&counters->cut, 1);
	return number;
}

void
load_fail(const struct load_station *station, int error)
{
	atomic_store(&station->counters->error, error);
}

int
load_add(struct load *load, const struct load_station *station, station_fn *fn,
	 struct err *err)
{
	struct load_station *mine = &load->stations[load->n_stations];

	*mine = *station;
	mine->load = load;
	mine->counters = &load->shared->counters[load->n_stations++];
	mine->pid = station_start(fn, load->shared, mine->counters, mine,
				  load->config->cpu);
	if (mine->pid < 0)
		return err_set(err, mine->pid, "fork: %s",
			       strerror(-mine->pid));
	return 0;
}

/* ---- attaching ---- */

/* A frame to oneself tells the switch where one is, and goes nowhere. */
static int
introduce(struct peer *peer, unsigned n_addresses, struct err *err)
{
	struct burst burst;
	int ret = burst_init(&burst, &peer->mac, &peer->mac, PEER_FRAME_MIN, 1);

	for (unsigned i = 0; ret == 0 && i < n_addresses; i++) {
		struct mac mac = peer_address(&peer->mac, i);

		burst_address(&burst, &mac, &mac);
		ret = peer->ops->send(peer, &burst);
	}
	burst_fini(&burst);
	return ret < 0 ? err_set(err, ret, "first frame: %s", strerror(-ret))
		       : 0;
}

static int
attach_some(struct load *load, unsigned from, unsigned n, struct err *err)
{
	const struct load_config *config = load->config;
	int ret = 0;

	for (unsigned i = from; ret == 0 && i < from + n; i++) {
		bool receives = i < config->n_busy && i % 2 == 1;

		/* Who talk to each other are in one segment. */
		unsigned dir = i < config->n_busy ? i / 2 : i;

		ret =
		    peer_attach(&load->peers[i],
				receives ? config->receiver_kind : config->kind,
				config->dirs[dir % config->n_dirs], i, err);
		if (ret < 0)
			err_prefix(err, "port %u", i);
	}
	return ret;
}

/* The idle ports are there first: a switch that asks all of them finds those
 * that have something to say last. */
static int
attach_all(struct load *load, struct err *err)
{
	unsigned n_busy = load->config->n_busy;
	int ret = attach_some(load, n_busy, load->config->n_idle, err);

	if (ret == 0)
		ret = attach_some(load, 0, n_busy, err);
	for (unsigned i = 0; ret == 0 && i < n_busy; i++)
		ret =
		    introduce(&load->peers[i], load->config->n_addresses, err);
	if (ret == 0)
		sleep_ms(LEARNING_MS);
	return ret;
}

/* ---- looking ---- */

static struct tally
look(const struct load *load)
{
	struct tally tally = { .at_ns = now_ns() };

	tally.cpu_ns = load->config->switch_pid > 0
			   ? procfs_cpu_ns(load->config->switch_pid)
			   : -ENOENT;
	for (size_t i = 0; i < load->n_stations; i++) {
		const struct load_station *station = &load->stations[i];
		const struct station_counters *c = station->counters;
		uint64_t sent = station_read(&c->sent);
		int64_t cpu_ns = procfs_cpu_ns(station->pid);

		tally.stations_cpu_ns += cpu_ns > 0 ? cpu_ns : 0;
		if (station->is_left_out)
			continue;
		tally.sent += sent;
		tally.due += sent * station->copies;
		tally.frames += station_read(&c->frames);
		tally.bytes += station_read(&c->bytes);
		tally.calls += station_read(&c->calls);
		tally.cut += station_read(&c->cut);
		tally.stray += station_read(&c->stray);
		tally.disordered += station_read(&c->disordered);
	}
	return tally;
}

/* Return: 0; -EIO with the first failure of a station. */
static int
check_stations(const struct load *load, struct err *err)
{
	for (size_t i = 0; i < load->n_stations; i++) {
		int error = atomic_load(&load->stations[i].counters->error);

		if (error != 0)
			return err_set(err, -EIO, "station %zu: %s", i,
				       strerror(-error));
	}
	return 0;
}

/* Return: 0; -EIO with the first failure of a station, or of the switch. */
static int
check_health(const struct load *load, struct err *err)
{
	int ret = check_stations(load, err);

	if (ret < 0)
		return ret;
	for (size_t i = 0; i < load->n_peers; i++) {
		if (peer_is_cut_off(&load->peers[i]))
			return err_set(err, -EIO,
				       "the switch has closed port %zu", i);
	}
	return 0;
}

/* Lets the window pass, unless a station fails.  Return: 0; -EIO. */
static int
pass_window(const struct load *load, struct err *err)
{
	unsigned left_ms = load->config->window_ms;
	int ret = 0;

	while (ret == 0 && left_ms > 0) {
		unsigned some_ms = left_ms < HEALTH_MS ? left_ms : HEALTH_MS;

		sleep_ms(some_ms);
		left_ms -= some_ms;
		ret = check_stations(load, err);
	}
	return ret;
}

/* ---- the end ---- */

static void
end_senders(struct load *load)
{
	uint64_t deadline_ns = now_ns() + SENDERS_END_MS * NS_PER_MS;

	atomic_store(&load->shared->stop, true);
	for (size_t i = 0; i < load->n_stations; i++) {
		struct load_station *station = &load->stations[i];

		if (!station->is_sender)
			continue;
		/* Who sends to a stalled receiver may be blocked for good. */
		while (!station->is_left_out && now_ns() < deadline_ns &&
		       !station_ended(&station->pid))
			sleep_ms(LOOK_AGAIN_MS);
		station_kill(&station->pid);
	}
}

/* Return: the last tally, when nothing is under way any more. */
static struct tally
drain(const struct load *load)
{
	uint64_t deadline_ns = now_ns() + DRAIN_MS * NS_PER_MS;
	struct tally last = look(load), now = last;

	while (now.frames < now.due && now.at_ns < deadline_ns &&
	       now.at_ns - last.at_ns < QUIET_MS * NS_PER_MS) {
		sleep_ms(LOOK_AGAIN_MS);
		now = look(load);
		if (now.frames + now.cut != last.frames + last.cut)
			last = now;
	}
	return now;
}

static void
end_stations(struct load *load)
{
	for (size_t i = 0; i < load->n_stations; i++)
		station_kill(&load->stations[i].pid);
}

/* ---- the answer ---- */

static int
compare_u32(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static json_t *
samples_json(struct station_shared *shared)
{
	static const struct {
		const char *name;
		double quantile;
	} wanted[] = { { "min", 0 },
		       { "p50", 0.5 },
		       { "p90", 0.9 },
		       { "p99", 0.99 },
		       { "p99.9", 0.999 } };
	size_t n = shared->n_samples;
	json_t *samples;

	if (n == 0)
		return json_null();
	qsort(shared->samples_ns, n, sizeof(shared->samples_ns[0]),
	      compare_u32);
	samples = json_pack("{s:I}", "n", (json_int_t)n);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		size_t at = (size_t)(wanted[i].quantile * (double)(n - 1));

		json_object_set_new(samples, wanted[i].name,
				    json_integer(shared->samples_ns[at]));
	}
	return samples;
}

static json_t *
number_or_null(double value, bool is_known)
{
	return is_known ? json_real(value) : json_null();
}

static json_t *
answer(const struct load *load, const struct tally *from,
       const struct tally *to, const struct tally *end)
{
	double seconds = (double)(to->at_ns - from->at_ns) / NS_PER_S;
	double frames = (double)(to->frames - from->frames);
	double bytes = (double)(to->bytes - from->bytes);
	double calls = (double)(to->calls - from->calls);
	double cpu_ns = (double)(to->cpu_ns - from->cpu_ns);
	double all_ns =
	    cpu_ns + (double)(to->stations_cpu_ns - from->stations_cpu_ns);
	bool knows_cpu = from->cpu_ns >= 0 && to->cpu_ns >= 0;
	int64_t rss_kib = load->config->switch_pid > 0
			      ? procfs_rss_kib(load->config->switch_pid)
			      : -ENOENT;
	/* Who waits for a lost frame may have sent one that still comes. */
	uint64_t lost = end->due > end->frames ? end->due - end->frames : 0;

	return json_pack(
	    "{s:s, s:i, s:f, s:I, s:I, s:f, s:f, s:f, s:o, s:o, s:o, s:o, s:I, "
	    "s:I,"
	    " s:I, s:f, s:I, s:I, s:I, s:o}",
	    "mode", load->config->mode->name, "ports", (int)load->n_peers,
	    "seconds", seconds, "sent", (json_int_t)(to->sent - from->sent),
	    "frames", (json_int_t)frames, "fps", frames / seconds, "gbps",
	    bytes * 8 / seconds / 1e9, "bytes_per_frame",
	    frames > 0 ? bytes / frames : 0, "frames_per_recv",
	    number_or_null(frames / calls, calls > 0), "switch_cpu",
	    number_or_null(cpu_ns / 1e9 / seconds, knows_cpu),
	    "switch_ns_per_frame",
	    number_or_null(cpu_ns / frames, knows_cpu && frames > 0),
	    "all_ns_per_frame",
	    number_or_null(all_ns / frames, knows_cpu && frames > 0),
	    "switch_rss_kib", (json_int_t)(rss_kib > 0 ? rss_kib : 0),
	    "due_in_all", (json_int_t)end->due, "frames_in_all",
	    (json_int_t)end->frames, "loss",
	    end->due > 0 ? (double)lost / (double)end->due : 0.0, "cut",
	    (json_int_t)end->cut, "stray", (json_int_t)end->stray, "disordered",
	    (json_int_t)end->disordered, "rtt_ns", samples_json(load->shared));
}

/* ---- all of it ---- */

static json_t *
measure(struct load *load, struct err *err)
{
	struct tally from, to, end;

	if (load->config->mode->start(load, err) < 0)
		return NULL;
	sleep_ms(load->config->warmup_ms);
	atomic_store(&load->shared->measuring, true);
	from = look(load);
	if (pass_window(load, err) < 0)
		return NULL;
	to = look(load);
	atomic_store(&load->shared->measuring, false);
	if (check_health(load, err) < 0)
		return NULL;
	end_senders(load);
	end = drain(load);
	return answer(load, &from, &to, &end);
}

json_t *
load_run(const struct load_config *config, struct err *err)
{
	struct load load = { .config = config };
	size_t n_ports = (size_t)config->n_busy + config->n_idle;
	size_t n_stations = config->n_busy + 1;
	json_t *result = NULL;

	load.peers = xcalloc(n_ports + 1, sizeof(*load.peers));
	for (; load.n_peers < n_ports; load.n_peers++)
		load.peers[load.n_peers] = PEER_DETACHED;
	load.stations = xcalloc(n_stations, sizeof(*load.stations));
	load.shared = station_shared_new(n_stations);
	if (load.shared == NULL)
		err_errno(err, "no shared memory");
	else if (attach_all(&load, err) == 0)
		result = measure(&load, err);
	end_stations(&load);
	for (size_t i = 0; i < load.n_peers; i++)
		peer_detach(&load.peers[i]);
	if (load.shared != NULL)
		station_shared_free(load.shared, n_stations);
	free(load.stations);
	free(load.peers);
	return result;
}
