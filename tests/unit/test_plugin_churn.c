/* Conservation: plugins come, change and go at random while frames flow between
 * 16 ports, which come and go as well; then the books balance, and no frame and
 * no descriptor is missing.  CHURN_STEPS and CHURN_SEED in the environment make
 * it longer, and repeat one. */
#include "config.h"

#include "switch/plugin-host.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/log.h"
#include "switch/switch.h"
#include "tests/unit/plugin-rig.h"
#include "tests/unit/switch-rig.h"
#include "tests/unit/unit.h"

enum { N_PORTS = 16, INSTS_MAX = 6, STEPS = 10000, LEN_MAX = 3000, BATCH = 32 };

static struct rig rig;
static struct plugin_rig p;
static uint64_t state; /* of the random numbers */
static char ids[INSTS_MAX][64];
static size_t n_ids;
static unsigned n_loads, n_sets, n_frames;

static void
forget_event(const char *event, const json_t *data, void *arg)
{
	(void)event;
	(void)data;
	(void)arg;
}

static void
setup(void)
{
	rig_init(&rig,
		 N_PORTS); /* not rig_learn_all(): it keeps what is sent */
	for (size_t i = 0; i < N_PORTS; i++)
		rig_send(&rig, i, RIG_BROADCAST, (uint8_t)i, 60);
	plugin_rig_init(&p, rig.sw, "worker");
	plugin_host_on_event(p.host, forget_event, NULL);
	log_set_fd(-1); /* plugins forget frames, and send in circles */
}

static void
teardown(void)
{
	plugin_rig_fini(&p);
	rig_assert_books(&rig);
	rig_fini(&rig);
}

/* xorshift64*: the same everywhere.  Return: 0..n - 1. */
static uint32_t
pick(uint32_t n)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (uint32_t)((state * UINT64_C(2685821657736338717)) >> 33) % n;
}

static size_t
count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t n = 0;

	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n;
}

static void
load_one(void)
{
	static const char *const actions[] = { "nothing", "loss", "edit",
					       "mirror",  "hold", "mark",
					       "watch" };
	static const char *const stages[] = { "ingress", "forward", "egress" };
	const char *action = actions[pick(7)];
	enum vl_direction direction = (enum vl_direction)pick(3);
	/* copies of everything, made of copies, take all memory that there is */
	bool is_for_all = pick(3) == 0 && strcmp(action, "mirror") != 0;
	const char *id;
	char port[8];

	if (n_ids == INSTS_MAX)
		return;
	snprintf(port, sizeof(port), "p%u", pick(N_PORTS));
	if (switch_find_port(rig.sw, port) == NULL)
		return;
	id = plugin_rig_load_for(
	    &p, "worker", is_for_all ? NULL : port, direction,
	    "{'action':'%s','stage':'%s','via':'%s','to':'p%u','len':%u}",
	    action, stages[pick(3)], stages[pick(3)], pick(N_PORTS),
	    14 + pick(LEN_MAX));
	snprintf(ids[n_ids++], sizeof(ids[0]), "%s", id);
	n_loads++;
}

static void
unload(size_t i)
{
	plugin_rig_unload(&p, ids[i]);
	memmove(ids[i], ids[i + 1], (--n_ids - i) * sizeof(ids[0]));
}

static void
act_on_one(void)
{
	static const char *const ways[] = { "resume", "edit", "discard",
					    "inject" };
	size_t i = n_ids > 0 ? pick((uint32_t)n_ids) : 0;
	char method[96];

	if (n_ids == 0)
		return;
	switch (pick(4)) {
	case 0:
		unload(i);
		break;
	case 1:
		plugin_rig_set(&p, ids[i], 0, "{'len':%u}", 14 + pick(LEN_MAX));
		n_sets++;
		break;
	case 2:
		snprintf(method, sizeof(method), "%s.make", ids[i]);
		plugin_rig_call(&p, method, 0, "{'len':%u}",
				14 + pick(LEN_MAX));
		break;
	default:
		snprintf(method, sizeof(method), "%s.release", ids[i]);
		plugin_rig_call(&p, method, 0, "{'how':'%s'}", ways[pick(4)]);
		break;
	}
}

/* A port goes; or one that has gone is back. */
static void
move_port(void)
{
	size_t i = pick(N_PORTS);
	char name[32];

	snprintf(name, sizeof(name), "p%zu", i);
	if (rig.ports[i] != NULL) {
		rig_remove(&rig, i);
		return;
	}
	rig.ports[i] = switch_add_port(rig.segment, &port_kind_dummy, name,
				       PORT_MTU_DEFAULT, NULL, -1, NULL);
	ck_assert_ptr_nonnull(rig.ports[i]);
}

static void
send_some(void)
{
	size_t in = pick(N_PORTS);
	uint32_t dst = pick(N_PORTS + 4), n = 1 + pick(BATCH);

	if (rig.ports[in] == NULL)
		return;
	rig_send_batch(&rig, in, (uint8_t)(dst < N_PORTS ? dst : RIG_BROADCAST),
		       (uint8_t)in, 14 + pick(LEN_MAX), n);
	n_frames += n;
}

static unsigned long
number_of(const char *name, unsigned long otherwise)
{
	const char *text = getenv(name);

	return text != NULL ? strtoul(text, NULL, 10) : otherwise;
}

START_TEST(nothing_is_lost_while_plugins_come_and_go)
{
	unsigned long steps = number_of("CHURN_STEPS", STEPS);
	size_t n_fds;

	state = number_of("CHURN_SEED", (unsigned long)_i + 1) *
		UINT64_C(0x9e3779b97f4a7c15);
	load_one(); /* opens what stays open */
	while (n_ids > 0)
		unload(0);
	n_fds = count_fds();
	for (unsigned long i = 0; i < steps; i++) {
		uint32_t what = pick(100);

		if (what < 70)
			send_some(); /* checks the books */
		else if (what < 80)
			load_one();
		else if (what < 96)
			act_on_one();
		else if (what < 98)
			move_port();
		else
			rig_loop(&rig);
		rig_assert_books(&rig);
	}
	while (n_ids > 0)
		unload(pick((uint32_t)n_ids));
	rig_loop(&rig); /* what has waited for another turn */
	rig_assert_books(&rig);
	ck_assert_uint_eq(rig_held(&rig), 0);
	ck_assert_uint_eq(count_fds(), n_fds);
	/* it was not idle */
	ck_assert_uint_ge(n_loads, steps / 100);
	ck_assert_uint_ge(n_sets, steps / 100);
	ck_assert_uint_ge(n_frames, steps);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ nothing_is_lost_while_plugins_come_and_go, 4 },
		{ NULL, 0 },
	};

	return unit_run("plugin-churn", tests, setup, teardown);
}
