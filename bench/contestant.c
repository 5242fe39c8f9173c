#include "bench/contestant.h"

#include <string.h>

#include "bench/trial.h"
#include "bench/words.h"
#include "lib/xalloc.h"

static unsigned
n_segments(const struct bench_case *one)
{
	return one->segments > 0 ? one->segments : 1;
}

const char *
contestant_name(enum contestant who)
{
	static const char *const names[N_CONTESTANTS] = {
		[OURS] = "vdelab", [PEER] = "vde_switch", [BASE] = "own",
		[FLOOR] = "floor", [OVS] = "OVS",	  [DPDK] = "DPDK",
	};

	return names[who];
}

bool
contestant_is_there(const struct bench *bench, enum contestant who)
{
	switch (who) {
	case PEER:
		return bench->peer_path != NULL;
	case OVS:
		return bench->ovs_version != NULL;
	case DPDK:
		return bench->dpdk_version != NULL;
	default:
		return true;
	}
}

bool
contestant_takes_part(const struct bench *bench, const struct bench_case *one,
		      enum contestant who)
{
	static const enum yardstick yardsticks[N_CONTESTANTS] = {
		[BASE] = VS_BASE,
		[FLOOR] = VS_FLOOR,
		[OVS] = VS_OVS,
		[DPDK] = VS_DPDK,
	};

	if (!contestant_is_there(bench, who))
		return false;
	if (who == PEER)
		return !one->is_ours_only;
	return who == OURS || case_wants(one, yardsticks[who]) ||
	       (who == BASE && case_wants(one, VS_BASE_MORE));
}

/* ---- the switch ---- */

char *
contestant_config_path(const struct bench *bench)
{
	return xasprintf("%s/switch.conf", bench->dir);
}

static void
relay_words(const struct bench *bench, const struct bench_case *one,
	    struct words *words)
{
	words_add(words, "%s", bench->relay_path);
	words_add(words, "--dir=%s/s/lan0", bench->dir);
	words_add(words, "--length=%u", one->length);
	/* Where each frame waits for its answer there is never a second one to
	 * be read. */
	if (strcmp(one->mode, "flow") != 0)
		words_add(words, "--batch=1");
}

static void
vde_switch_words(const struct bench *bench, const struct bench_case *one,
		 struct words *words)
{
	words_add(words, "%s", bench->peer_path);
	words_add(words, "-s");
	words_add(words, "%s/s", bench->dir);
	if (one->peer_ports > 0) {
		words_add(words, "-n");
		words_add(words, "%u", one->peer_ports);
	}
}

static void
ovs_words(const struct bench *bench, struct words *words)
{
	words_add(words, "%s", bench->ovs_path);
	words_add(words, "%s/s", bench->dir);
	words_add(words, "%d", bench->switch_cpu);
	for (int i = 0; i < 2; i++)
		words_add(words, "%s/p%d", bench->dir, i);
}

static void
dpdk_words(const struct bench *bench, struct words *words)
{
	words_add(words, "dpdk-testpmd");
	words_add(words, "--lcores=(0,1)@%d", bench->switch_cpu);
	words_add(words, "--no-huge");
	words_add(words, "-m");
	words_add(words, "512");
	words_add(words, "--no-pci");
	words_add(words, "--no-telemetry");
	words_add(words, "--iova-mode=va");
	words_add(words, "--file-prefix=back-end");
	for (int i = 0; i < 2; i++)
		words_add(words, "--vdev=net_vhost%d,iface=%s/p%d,queues=1", i,
			  bench->dir, i);
	words_add(words, "--");
	words_add(words, "--nb-cores=1");
	words_add(words, "--forward-mode=io");
	words_add(words, "--auto-start");
	words_add(words, "--total-num-mbufs=16384");
	words_add(words, "--rxd=1024");
	words_add(words, "--txd=1024");
}

static void
own_words(const struct bench *bench, const struct bench_case *one, bool is_base,
	  struct words *words)
{
	words_add(words, "%s", bench->switch_path);
	words_add(words, "--quiet");
	words_add(words, "--dir=%s/s", bench->dir);
	for (unsigned i = 0; i < n_segments(one); i++)
		words_add(words, "--segment=lan%u", i);
	for (int i = 0; i < SWITCH_ARGS_MAX && one->switch_args[i] != NULL;
	     i++) {
		if (!is_base)
			words_add(words, "%s", one->switch_args[i]);
	}
	if (one->config != NULL && !is_base)
		words_add(words, "--config=%s/switch.conf", bench->dir);
	for (int i = 0; i < PLUGINS_MAX && one->plugins[i] != NULL; i++) {
		if (!is_base)
			words_add(words, "--plugin=%s", one->plugins[i]);
	}
}

void
contestant_switch_words(const struct bench *bench, const struct bench_case *one,
			enum contestant who, struct words *words)
{
	if (who == PEER)
		vde_switch_words(bench, one, words);
	else if (who == FLOOR)
		relay_words(bench, one, words);
	else if (who == OVS)
		ovs_words(bench, words);
	else if (who == DPDK)
		dpdk_words(bench, words);
	else
		own_words(bench, one, who == BASE, words);
}

/* ---- the load ---- */

static void
place_words(const struct bench *bench, const struct bench_case *one,
	    enum contestant who, struct words *words)
{
	for (unsigned i = 0; i < n_segments(one); i++) {
		if (who == PEER)
			words_add(words, "--dir=%s/s", bench->dir);
		else
			words_add(words, "--dir=%s/s/lan%u", bench->dir, i);
	}
	if (one->layout == LAYOUT_ONE)
		words_add(words, "--cpu=%d", bench->switch_cpu);
	else if (one->layout == LAYOUT_PIN)
		words_add(words, "--cpu=%d", bench->station_cpu);
}

static const char *
peer_name(const struct bench_case *one, enum contestant who)
{
	if (who == PEER)
		return "vde";
	return who == BASE && one->base_peer != NULL ? one->base_peer
						     : one->peer;
}

static void
station_words(const struct bench *bench, const struct bench_case *one,
	      enum contestant who, struct words *words)
{
	words_add(words, "%s", bench->load_path);
	place_words(bench, one, who, words);
	words_add(words, "--peer=%s", peer_name(one, who));
	if (one->receiver != NULL && who == OURS)
		words_add(words, "--receiver=%s", one->receiver);
	if (one->addresses > 0 && who == OURS)
		words_add(words, "--addresses=%u", one->addresses);
	words_add(words, "--busy=%u", one->busy);
	words_add(words, "--idle=%u", who == BASE ? 0 : one->idle);
	words_add(words, "--stalled=%u", who == BASE ? 0 : one->stalled);
	words_add(words, "--left-out=%u", one->stalled);
	if (one->burst > 0 && who != PEER &&
	    !(who == BASE && one->base_peer != NULL))
		words_add(words, "--burst=%u", one->burst);
}

static void
pmd_words(const struct bench *bench, const struct bench_case *one,
	  enum contestant who, struct words *words)
{
	words_add(words, "%s", bench->pmd_load_path);
	words_add(words, "--cpu=%d", bench->station_cpu);
	if (who == OVS || who == DPDK) {
		for (int i = 0; i < 2; i++)
			words_add(words, "--socket=%s/p%d", bench->dir, i);
		if (who == OVS)
			words_add(words, "--listen");
		return;
	}
	words_add(words, "--socket=%s/s/lan0/vhost", bench->dir);
	words_add(words, "--control=%s/s/control", bench->dir);
	words_add(words, "--spin=%u", one->spin_us);
}

void
contestant_load_words(const struct bench *bench, const struct bench_case *one,
		      enum contestant who, pid_t switch_pid,
		      struct words *words)
{
	if (one->is_pmd && who != PEER)
		pmd_words(bench, one, who, words);
	else
		station_words(bench, one, who, words);
	words_add(words, "--mode=%s", one->mode);
	words_add(words, "--length=%u", one->length);
	words_add(words, "--warmup-ms=%u", bench->warmup_ms);
	words_add(words, "--window-ms=%u", bench->window_ms);
	words_add(words, "--switch-pid=%d", (int)switch_pid);
}
