#include "switch/face/slirp-words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/xalloc.h"
#include "tests/unit/unit.h"

static struct slirp_words words;
static struct err err;

static void
set_up(void)
{
	slirp_words_init(&words);
	err = (struct err)ERR_INIT;
}

static void
tear_down(void)
{
	slirp_words_fini(&words);
}

static const struct {
	char letter;
	const char *text;
	const char *want[2]; /* words; the first NULL: refused */
} options[] = {
	{ 'H',
	  "192.168.55.1",
	  { "--network=192.168.55.0/24", "--host=192.168.55.1" } },
	{ 'H', "10.1.2.3/16", { "--network=10.1.0.0/16", "--host=10.1.2.3" } },
	{ 'H', "10.1.0.0/16", { "--network=10.1.0.0/16" } },
	{ 'H', "10.1.0.0", { "--network=10.1.0.0/24" } },
	{ 'H', "128.0.0.1/1", { "--network=128.0.0.0/1", "--host=128.0.0.1" } },
	{ 'H', "10.1.2.3/31", { "--network=10.1.2.2/31", "--host=10.1.2.3" } },
	{ 'H', "10.1.2.3/32", { NULL } },
	{ 'H', "10.1.2.3/0", { NULL } },
	{ 'H', "10.1.2.3/240", { NULL } },
	{ 'H', "10.1.2.3/-1", { NULL } },
	{ 'H', "10.1.2.3/2x", { NULL } },
	{ 'H', "10.1.2", { NULL } },
	{ 'H', "100.100.100.1000", { NULL } },
	{ 'H', "", { NULL } },
	{ 'L', "22:10.0.2.15:23", { "--hostfwd=tcp:0.0.0.0:22-10.0.2.15:23" } },
	{ 'U', "53:10.0.2.15:53", { "--hostfwd=udp:0.0.0.0:53-10.0.2.15:53" } },
	{ 'L', "22:10.0.2.15", { NULL } },
	{ 'L', "22:10.0.2.15:", { NULL } },
	{ 'L', "22:host:23", { NULL } },
	{ 'L', "22", { NULL } },
	{ 'L', "", { NULL } },
	{ 'x', "6000:/tmp/a:b", { "--guestfwd=6000-unix:/tmp/a:b" } },
	{ 'x', "/tmp/a", { NULL } },
};

static int
read_option(char letter, const char *text)
{
	switch (letter) {
	case 'H':
		return slirp_words_host(&words, text, &err);
	case 'x':
		return slirp_words_socket(&words, text, &err);
	default:
		return slirp_words_forward(&words, letter == 'U', text, &err);
	}
}

START_TEST(an_option_is_said_in_other_words_or_refused)
{
	const char *const *want = options[_i].want;
	int ret = read_option(options[_i].letter, options[_i].text);

	if (want[0] == NULL) {
		ck_assert_int_eq(ret, -EINVAL);
		ck_assert_ptr_nonnull(strstr(err.text, options[_i].text));
		ck_assert_int_eq(words.n, 1);
		return;
	}
	ck_assert_int_eq(ret, 0);
	ck_assert_pstr_eq(words.words[1], want[0]);
	ck_assert_pstr_eq(words.words[2], want[1]);
	ck_assert_ptr_null(words.words[words.n]);
}
END_TEST

static const struct {
	const char *text;
	const char *end; /* of the word; NULL: refused */
} displays[] = {
	{ "10.0.2.15", "-10.0.2.15:6000" },
	{ "10.0.2.15:", "-10.0.2.15:6000" },
	{ "10.0.2.15:0", "-10.0.2.15:6000" },
	{ "10.0.2.15:10.3", "-10.0.2.15:6010" },
	{ "10.0.2.15:9999", "-10.0.2.15:15999" },
	{ "10.0.2.15:10000", NULL },
	{ "10.0.2.15:-1", NULL },
	{ "10.0.2.15:1.", NULL },
	{ "10.0.2.15:1.x", NULL },
	{ "host:0", NULL },
};

START_TEST(a_display_is_led_to_from_a_free_one)
{
	char *want;
	unsigned here;
	int ret = slirp_words_display(&words, displays[_i].text, &here, &err);

	if (displays[_i].end == NULL) {
		ck_assert_int_eq(ret, -EINVAL);
		return;
	}
	ck_assert_msg(ret == 0, "%s", err.text);
	want = xasprintf("--hostfwd=tcp:0.0.0.0:%u%s", 6000 + here,
			 displays[_i].end);
	ck_assert_str_eq(words.words[1], want);
	free(want);
}
END_TEST

START_TEST(there_is_an_end_to_words)
{
	for (int i = 1; i < SLIRP_WORDS_MAX; i++)
		ck_assert_int_eq(slirp_words_option(&words, "a", "b", &err), 0);
	ck_assert_int_eq(slirp_words_option(&words, "a", "b", &err), -E2BIG);
	ck_assert_ptr_null(words.words[SLIRP_WORDS_MAX]);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ an_option_is_said_in_other_words_or_refused,
		  UNIT_ROWS(options) },
		{ a_display_is_led_to_from_a_free_one, UNIT_ROWS(displays) },
		{ there_is_an_end_to_words, 0 },
		{ NULL, 0 },
	};

	return unit_run("slirp_words", tests, set_up, tear_down);
}
