/*
 * What a guest sends to guest-shell, in three ways:
 *
 * - to the parser: without the nonce there is no frame; frames do not depend
 *   on how the bytes are cut; a chunk is of the size that was announced;
 * - to a shell that waits for a guest: no command ever ends with a status;
 * - to a shell that is ready, with the nonce wherever the input has a byte
 *   0xff: every command ends once at most, and keeps no more than was sent.
 */
#include "config.h"

#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "driver/vm/guest-shell.h"
#include "driver/vm/shell-proto.h"
#include "lib/clock.h"
#include "lib/siphash.h"
#include "tests/unit/fake-guest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 16 * 1024, NONCE_BYTE = 0xff, N_COMMANDS = 3 };

static const char nonce[] = "0123456789abcdef0123456789abcdef";

static void
require(bool property)
{
	if (!property)
		abort();
}

/* @data with the nonce, as the beginning of a line, for each NONCE_BYTE;
 * returned owned. */
static uint8_t *
expand(const uint8_t *data, size_t size, const char *with, size_t *expanded)
{
	uint8_t *text = malloc(size * (SHELL_NONCE_LEN + 2) + 1);
	size_t n = 0;

	require(text != NULL);
	for (size_t i = 0; i < size; i++) {
		if (data[i] != NONCE_BYTE) {
			text[n++] = data[i];
			continue;
		}
		text[n++] = '\n';
		memcpy(text + n, with, SHELL_NONCE_LEN);
		n += SHELL_NONCE_LEN;
		text[n++] = ' ';
	}
	*expanded = n;
	return text;
}

/* ---- the parser ---- */

struct digest {
	uint64_t frames;
	unsigned n_frames;
	bool failed;
};

static void
add_frame(struct digest *digest, const struct shell_frame *frame)
{
	static const struct siphash_key key = { 1, 2 };

	require(frame->size <= SHELL_CHUNK_MAX);
	if (frame->type == SHELL_FRAME_DATA)
		require((frame->size + SHELL_BLOCK_SIZE - 1) /
			    SHELL_BLOCK_SIZE ==
			frame->n[3]);
	digest->n_frames++;
	digest->frames = digest->frames * 31 + (uint64_t)frame->type;
	digest->frames = digest->frames * 31 + frame->n[0] + frame->n[1];
	digest->frames += siphash(&key, frame->data, frame->size);
	if (frame->text != NULL)
		digest->frames +=
		    siphash(&key, frame->text, strlen(frame->text));
}

static struct digest
parse(const uint8_t *data, size_t size, size_t piece)
{
	struct shell_parser *parser = shell_parser_new(nonce);
	struct digest digest = { .failed = false };

	while (size > 0 && !digest.failed) {
		size_t n = size < piece ? size : piece;
		size_t left = n;
		struct shell_frame frame;

		while (left > 0 && !digest.failed) {
			int ret = shell_parser_next(parser, &data, &left,
						    &frame, NULL);

			digest.failed = ret < 0;
			if (ret > 0)
				add_frame(&digest, &frame);
		}
		size -= n;
	}
	shell_parser_free(parser);
	return digest;
}

static void
fuzz_parser(const uint8_t *data, size_t size)
{
	size_t n;
	uint8_t *text = expand(data, size, nonce, &n);
	struct digest whole = parse(text, n, n);
	struct digest pieces = parse(text, n, 1 + size % 7);

	require(whole.frames == pieces.frames &&
		whole.n_frames == pieces.n_frames &&
		whole.failed == pieces.failed);
	if (memmem(text, n, nonce, SHELL_NONCE_LEN) == NULL)
		require(whole.n_frames == 0 && !whole.failed);
	free(text);
}

/* ---- the whole ---- */

struct run {
	unsigned n_done;
	bool had_status;
	size_t n_bytes;
	struct shell_command *fed;
};

static void
on_state(const char *reason, void *arg)
{
	(void)reason;
	(void)arg;
}

static void
on_done(const struct shell_result *result, void *arg)
{
	struct run *run = arg;

	run->n_done++;
	if (result->error == NULL)
		run->had_status = true;
	require((result->error != NULL) == (result->status == -1));
	run->n_bytes += result->out_size + result->err_size;
}

/* More, as long as the guest asks. */
static void
on_fed(void *arg)
{
	struct run *run = arg;

	require(guest_shell_write(run->fed, "more", 4) == 0);
}

/* One of the commands is fed, and gets signals. */
static void
begin_commands(struct guest_shell *shell, struct run *run)
{
	struct shell_spec spec = { .text = "true",
				   .timeout_ms = 1000,
				   .on_done = on_done,
				   .arg = run };

	for (int i = 1; i < N_COMMANDS; i++)
		guest_shell_run(shell, &spec);
	spec.fed = true;
	spec.input = "first";
	spec.input_size = 5;
	spec.on_fed = on_fed;
	run->fed = guest_shell_run(shell, &spec);
	guest_shell_signal(run->fed, SIGHUP);
	guest_shell_signal(run->fed, SIGTERM);
}

static void
spin(struct event_base *base)
{
	for (int i = 0; i < 8; i++)
		event_base_loop(base, EVLOOP_NONBLOCK);
}

/* As a guest would, until the commands are its. */
static void
shake_hands(struct event_base *base, struct fake_guest *guest)
{
	fake_guest_say(guest, "vdelab-%s\n", guest->nonce);
	spin(base);
	fake_guest_say(guest, "\nvdelab1-%s\n", guest->nonce);
	spin(base);
	fake_guest_say(guest, "\n%s R b\n", guest->nonce);
	spin(base);
}

static void
fuzz_shell(const uint8_t *data, size_t size, bool ready)
{
	struct event_base *base = event_base_new();
	struct clock *clock = clock_virtual_new(0);
	struct run run = { .n_done = 0 };
	struct fake_guest guest;
	struct guest_shell *shell = guest_shell_new(
	    base, clock, fake_guest_open(&guest), on_state, NULL);
	uint8_t *text;
	size_t n;

	begin_commands(shell, &run);
	clock_advance(clock, 0);
	spin(base);
	fake_guest_listen(&guest);
	require(guest.nonce[0] != '\0');
	if (ready)
		shake_hands(base, &guest);
	text = expand(data, size, ready ? guest.nonce : nonce, &n);
	fake_guest_say_bytes(&guest, text, n / 2);
	spin(base);
	clock_advance(clock, 1500 * NS_PER_MS);
	fake_guest_say_bytes(&guest, text + n / 2, n - n / 2);
	spin(base);
	fake_guest_close(&guest);
	spin(base);
	require(run.n_done == N_COMMANDS && run.n_bytes <= n);
	require(ready || !run.had_status);
	guest_shell_free(shell);
	clock_free(clock);
	event_base_free(base);
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > INPUT_MAX)
		return 0;
	fuzz_parser(data, size);
	fuzz_shell(data, size, false);
	fuzz_shell(data, size, true);
	return 0;
}
