/* `stats`: the books of segments, and whether they balance. */
#include <inttypes.h>
#include <stdio.h>

#include "lib/cli.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/verb.h"
#include "tools/ctl.h"

/* What came in, or was made, and what became of it. */
static const char *const in[] = { "rx", "made", "copies", NULL };
static const char *const out[] = { "tx", "queued", "held", NULL };

static int64_t
sum_drops(const json_t *row)
{
	json_t *drops = json_object_get(row, "drops"), *n;
	const char *reason;
	int64_t sum = 0;

	json_object_foreach(drops, reason, n) sum += json_integer_value(n);
	return sum;
}

/* "rx 3, made 0"; Return: their sum. */
static int64_t
put_side(const json_t *row, const char *const *keys)
{
	const char *gap = "";
	int64_t sum = 0;

	for (; *keys != NULL; keys++, gap = ", ") {
		int64_t n = json_int_or(row, *keys, 0);

		fprintf(stderr, "%s%s %" PRId64, gap, *keys, n);
		sum += n;
	}
	return sum;
}

static void
complain(const json_t *row)
{
	int64_t left, right, drops = sum_drops(row);

	fprintf(stderr, "vdelabctl: the books of segment %s do not balance: ",
		json_str_or(row, "segment", "?"));
	left = put_side(row, in);
	fprintf(stderr, " make %" PRId64 ", but ", left);
	right = put_side(row, out) + drops;
	fprintf(stderr, ", dropped %" PRId64 " make %" PRId64 "\n", drops,
		right);
}

static int
check_books(const json_t *list)
{
	int code = EXIT_OK;
	const json_t *row;
	size_t i;

	fflush(stdout);
	json_array_foreach(list, i, row)
	{
		if (json_bool_or(row, "balanced", false))
			continue;
		complain(row);
		code = EXIT_TEST_FAILED;
	}
	return code;
}

int
ctl_run_stats(const struct cli *cli)
{
	const struct verb *verb = cli_data(cli);
	json_t *params, *result;
	struct ctl ctl;
	int code;

	code = ctl_open(&ctl, cli);
	if (code == EXIT_OK)
		code = ctl_params(&ctl, verb, &params);
	if (code == EXIT_OK)
		code = ctl_call(&ctl, verb->method, params, -1, &result);
	if (code == EXIT_OK) {
		ctl_show(&ctl, result, ctl_shower(verb->method));
		if (cli_has(cli, "check"))
			code = check_books(result);
		json_decref(result);
	}
	ctl_close(&ctl);
	return code;
}
