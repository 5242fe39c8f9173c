/*
 * fake-host: the plugin ABI without a switch, to test plugins with.
 *
 * A test links the plugin's sources with this, adds segments and ports, calls
 * the plugin's methods and pushes frames through its hooks.  Time stands still
 * until fake_advance().  What the ABI forbids (a hook at a wrong time, a call
 * answered twice, a frame stolen and lost) fails the test at once.
 */
#ifndef TESTS_FAKE_HOST_H
#define TESTS_FAKE_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "vdelab/plugin.h"

/* The wall clock is this far ahead of the monotonic one. */
#define FAKE_WALL_OFFSET_NS UINT64_C(1700000000000000000)

struct fake_host;

struct fake_frame {
	const void *data;
	uint32_t len;
};

/* What became of frames that were pushed. */
struct fake_fate {
	enum vl_verdict verdict; /* in the end */
	enum vl_stage stage;	 /* the last one it saw */
};

struct fake_reply {
	json_t *result; /* NULL on failure; the host's */
	int code;	/* 0 or negative errno */
	char text[256]; /* why it failed */
	bool deferred;	/* not answered yet */
};

struct fake_host *fake_host_new(void);
/** fake_host_free() - stops what is started */
void fake_host_free(struct fake_host *h);

uint32_t fake_segment_add(struct fake_host *h, const char *name);
uint32_t fake_port_add(struct fake_host *h, uint32_t segment, const char *name);
void fake_port_del(struct fake_host *h, uint32_t port);

/** fake_start() - start @plugin; @options: JSON text or NULL
 * Return: what the plugin returned; its reason is in @error. */
int fake_start(struct fake_host *h, const struct vl_plugin *plugin,
	       const char *options, char *error, size_t error_size);
void fake_stop(struct fake_host *h);

/**
 * fake_call() - call the plugin's method @name ("start")
 * @params: JSON text; must fit the method's signature
 * @fd:     sent along, taken; or -1
 *
 * Return: borrowed until the third call from this one; when .deferred, the
 *         answer appears in it once the plugin gives it.
 */
const struct fake_reply *fake_call(struct fake_host *h, const char *name,
				   const char *params, int fd);

/** fake_push() - @frame enters at @in and, unless dropped, leaves by @out
 * (VL_PORT_FLOOD: every other port of the segment).  Return: its fate; with a
 * flood, that of the last copy. */
struct fake_fate fake_push(struct fake_host *h, uint32_t in, uint32_t out,
			   const struct fake_frame *frame);
/** fake_push_n() - up to 64 frames at once; fates[i] is that of frames[i] */
void fake_push_n(struct fake_host *h, uint32_t in, uint32_t out,
		 const struct fake_frame *frames, size_t n,
		 struct fake_fate *fates);

/** fake_drop_next() - the first @n frames of the next push are dropped at @stage
 * by somebody who comes before the plugin */
void fake_drop_next(struct fake_host *h, enum vl_stage stage, size_t n);

/* Stolen frames given back so far, to go on or to be dropped. */
size_t fake_n_resumed(const struct fake_host *h);
size_t fake_n_discarded(const struct fake_host *h);

uint64_t fake_now_ns(const struct fake_host *h);
/** fake_advance() - move time; timers that come due run in between */
void fake_advance(struct fake_host *h, uint64_t ns);

bool fake_hook_enabled(const struct fake_host *h, enum vl_stage stage);
uint64_t fake_counter(const struct fake_host *h, const char *name);
/** fake_event() - the last event called @name ("link.down"), borrowed; NULL:
 * there was none */
const json_t *fake_event(const struct fake_host *h, const char *name);

#endif /* TESTS_FAKE_HOST_H */
