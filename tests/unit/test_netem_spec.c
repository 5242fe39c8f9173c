#include <errno.h>
#include <string.h>

#include "plugins/netem/quantity.h"
#include "plugins/netem/spec.h"
#include "tests/unit/unit.h"

static char error[512];

static struct spec
parsed(const char *text)
{
	struct spec spec;

	spec_init(&spec);
	ck_assert_msg(spec_parse(text, &spec, error, sizeof(error)) == 0,
		      "%s: %s", text, error);
	return spec;
}

static void
assert_shown(const struct spec *spec, const char *want)
{
	char text[SPEC_TEXT_SIZE];

	spec_format(spec, text);
	ck_assert_str_eq(text, want);
}

/* ---- quantities ---- */

static const struct {
	const char *text;
	uint64_t ns;
	const char *shown; /* or NULL: as .text */
} times[] = {
	{ "50ms", 50000000, NULL },
	{ "1.5ms", 1500000, "1500us" },
	{ "0.1us", 100, "100ns" },
	{ "7", 7000, "7us" },
	{ "7usecs", 7000, "7us" },
	{ "2S", 2000000000, "2s" },
	{ "3600s", 3600000000000, NULL },
	{ "0", 0, "0s" },
	{ "1.000000001s", 1000000001, "1000000001ns" },
};

START_TEST(times_are_read_and_shown)
{
	char shown[QUANTITY_TEXT_SIZE];
	uint64_t ns = 1;

	ck_assert_ptr_null(
	    quantity_time(times[_i].text, strlen(times[_i].text), &ns));
	ck_assert_uint_eq(ns, times[_i].ns);
	quantity_time_text(ns, shown);
	ck_assert_str_eq(shown, times[_i].shown != NULL ? times[_i].shown
							: times[_i].text);
}
END_TEST

static const struct {
	const char *text;
	uint64_t bps;
	const char *shown;
} rates[] = {
	{ "10mbit", 10000000, NULL },
	{ "1.5Mbit", 1500000, "1500kbit" },
	{ "64kbps", 512000, "512kbit" },
	{ "1Kibit", 1024, "1024bit" },
	{ "1mibps", 8388608, "8388608bit" },
	{ "1000", 1000, "1kbit" },
	{ "1bit", 1, NULL },
	{ "10tbit", 10000000000000, "10000gbit" },
};

START_TEST(rates_are_read_and_shown)
{
	char shown[QUANTITY_TEXT_SIZE];
	uint64_t bps = 0;

	ck_assert_ptr_null(
	    quantity_rate(rates[_i].text, strlen(rates[_i].text), &bps));
	ck_assert_uint_eq(bps, rates[_i].bps);
	quantity_rate_text(bps, shown);
	ck_assert_str_eq(shown, rates[_i].shown != NULL ? rates[_i].shown
							: rates[_i].text);
}
END_TEST

static const struct {
	const char *text;
	chance_t chance;
	const char *shown;
} percents[] = {
	{ "0%", 0, NULL },
	{ "100%", CHANCE_ALWAYS, NULL },
	{ "50", CHANCE_ALWAYS / 2, "50%" },
	{ "25.0%", CHANCE_ALWAYS / 4, "25%" },
	{ "0.1%", 4294967, NULL },
	{ "0.00000003%", 1, "0.00000002%" },
};

START_TEST(percentages_are_read_and_shown)
{
	char shown[QUANTITY_TEXT_SIZE];
	chance_t chance = 1;

	ck_assert_ptr_null(quantity_percent(
	    percents[_i].text, strlen(percents[_i].text), &chance));
	ck_assert_uint_eq(chance, percents[_i].chance);
	quantity_percent_text(chance, shown);
	ck_assert_str_eq(shown, percents[_i].shown != NULL ? percents[_i].shown
							   : percents[_i].text);
}
END_TEST

START_TEST(every_chance_is_shown_so_that_it_is_read_as_the_same)
{
	char shown[QUANTITY_TEXT_SIZE];
	struct random random;
	chance_t read;

	random_init(&random, 1, "p", "x");
	for (int i = 0; i < 10000; i++) {
		chance_t chance =
		    random_below(&random, CHANCE_ALWAYS + 1) >> i % 32;

		quantity_percent_text(chance, shown);
		ck_assert_ptr_null(
		    quantity_percent(shown, strlen(shown), &read));
		ck_assert_uint_eq(read, chance);
	}
}
END_TEST

/* ---- what is right ---- */

static const struct {
	const char *text;
	const char *shown; /* or NULL: as .text */
} specs[] = {
	{ "delay 50ms", NULL },
	{ "delay 50ms 10ms 25% distribution normal", NULL },
	{ "delay 0s 10ms", NULL },
	{ "  delay\t50ms\n", "delay 50ms" },
	{ "loss 1%", NULL },
	{ "loss random 1% 25", "loss 1% 25%" },
	{ "loss gemodel 1%", NULL },
	{ "loss gemodel 1% 10%", NULL },
	{ "loss gemodel 1% 99% 100% 0%", "loss gemodel 1%" },
	{ "loss gemodel 1% 10% 70% 0.1%", NULL },
	{ "loss state 1%", NULL },
	{ "loss state 1% 90% 5% 50% 1%", NULL },
	{ "loss state 1% 99% 0% 100% 0.5%", NULL },
	{ "duplicate 1% 10% corrupt 0.1% 2%", NULL },
	{ "delay 10ms reorder 25% 50% gap 5", NULL },
	{ "rate 10mbit", NULL },
	{ "rate 1mbit -14", NULL },
	{ "rate 1mbit 0 48", NULL },
	{ "rate 1mbit 20 48 5", NULL },
	{ "rate 1mbit 0 0 0", "rate 1mbit" },
	{ "limit 1 delay 1ms", "delay 1ms limit 1" },
	{ "slot 20ms", NULL },
	{ "slot 20ms 20ms", "slot 20ms" },
	{ "slot 20ms 30ms packets 10 bytes 64000", NULL },
	{ "slot distribution pareto 20ms 5ms packets 1", NULL },
	{ "slot distribution /tmp/x.dist 20ms 5ms", NULL },
	{ "delay 1ms 1ms distribution /usr/lib/tc/experimental.dist", NULL },
	{ "loss 1% seed 9223372036854775807", NULL },
	{ "seed 0 loss 1%", "loss 1% seed 0" },
};

START_TEST(what_is_read_is_shown_so_that_it_reads_the_same)
{
	const char *want =
	    specs[_i].shown != NULL ? specs[_i].shown : specs[_i].text;
	struct spec spec = parsed(specs[_i].text), again;
	char text[SPEC_TEXT_SIZE];

	ck_assert_msg(spec_check(&spec, error, sizeof(error)) == 0, "%s",
		      error);
	spec_format(&spec, text);
	ck_assert_str_eq(text, want);
	again = parsed(text);
	assert_shown(&again, want);
}
END_TEST

START_TEST(each_part_is_shown_and_read_by_itself)
{
	struct spec spec = parsed(specs[_i].text), again;
	char text[SPEC_TEXT_SIZE];

	spec_init(&again);
	for (enum spec_part i = 0; i < N_SPEC_PARTS; i++) {
		if (!spec_has(&spec, i))
			continue;
		spec_format_part(&spec, i, text);
		ck_assert_msg(
		    spec_parse_part(i, text, &again, error, sizeof(error)) == 0,
		    "%s", error);
	}
	spec_format(&spec, text);
	assert_shown(&again, text);
}
END_TEST

START_TEST(values_are_what_the_words_say)
{
	struct spec spec = parsed("delay 50ms 10ms 25% loss gemodel 1% 10% "
				  "rate 10mbit 20 48 5 slot 1ms 2ms bytes 9");

	ck_assert_uint_eq(spec.delay_ns, 50000000);
	ck_assert_uint_eq(spec.jitter_ns, 10000000);
	ck_assert_uint_eq(spec.delay_correlation, CHANCE_ALWAYS / 4);
	ck_assert_int_eq(spec.loss.model, LOSS_GEMODEL);
	ck_assert_uint_eq(spec.loss.params[LOSS_GE_1H], CHANCE_ALWAYS);
	ck_assert_uint_eq(spec.loss.params[LOSS_GE_1K], 0);
	ck_assert_uint_eq(spec.rate.bps, 10000000);
	ck_assert_int_eq(spec.rate.packet_overhead, 20);
	ck_assert_uint_eq(spec.rate.cell_size, 48);
	ck_assert_int_eq(spec.rate.cell_overhead, 5);
	ck_assert_uint_eq(spec.slot.min_ns, 1000000);
	ck_assert_uint_eq(spec.slot.max_ns, 2000000);
	ck_assert_uint_eq(spec.slot.bytes, 9);
	ck_assert_uint_eq(spec.limit, SPEC_LIMIT_DEFAULT);
}
END_TEST

START_TEST(parts_that_are_not_named_stay)
{
	struct spec spec = parsed("delay 50ms 10ms loss 1% limit 7 seed 3");

	ck_assert_int_eq(
	    spec_parse("loss 5% delay 20ms", &spec, error, sizeof(error)), 0);
	assert_shown(&spec, "delay 20ms loss 5% limit 7 seed 3");
}
END_TEST

/* ---- what is wrong ---- */

static const struct {
	const char *text;
	const char *wrong;
} mistakes[] = {
	{ "dely 50ms", "column 1: 'dely' is none of delay, distribution, " },
	{ "loss 1% dup 1%", "column 9: 'dup' is none of" },
	{ "delay", "column 6: delay: a value is missing" },
	{ "delay loss", "column 7: delay: loss is not a time, such as 50ms" },
	{ "delay 50mx", "column 7: delay: 50mx is not a time" },
	{ "delay 50ms -1ms", "column 12: delay: -1ms is not a time" },
	{ "delay 3601s", "column 7: delay: 3601s is more than an hour" },
	{ "delay 1ms 1ms 101%", "column 15: delay: 101% is more than 100%" },
	{ "delay 1ms delay 2ms", "column 11: delay is given twice" },
	{ "loss 100.1%", "column 6: loss: 100.1% is more than 100%" },
	{ "loss x", "column 6: loss: x is not a percentage, such as 1%" },
	{ "loss 1% 2% 3%", "column 12: '3%' is none of" },
	{ "loss state 1% 60% 50%", "column 12: loss: P31 and P32 are more" },
	{ "loss state 60% 0% 0% 0% 50%", "column 12: loss: P13 and P14" },
	{ "rate 0.1bit", "column 6: rate: 0.1bit is less than 1 bit" },
	{ "rate 11tbit", "column 6: rate: 11tbit is more than 10 tbit" },
	{ "rate 10mbit 1001", "column 13: rate: 1001 is too large, it is "
			      "from -1000 to 1000" },
	{ "rate 10mbit 0 48 -49", "column 18: rate: -49 is too small" },
	{ "gap 0", "column 5: gap: 0 is too small" },
	{ "limit 0", "column 7: limit: 0 is too small" },
	{ "limit 1000001", "column 7: limit: 1000001 is too large" },
	{ "limit 1e3", "column 7: limit: 1e3 is not a whole number" },
	{ "distribution gauss", "column 14: distribution: gauss is neither" },
	{ "distribution x.dist", "column 14: distribution: x.dist is neither" },
	{ "slot 30ms 20ms", "column 6: slot: its MAX is less than its MIN" },
	{ "slot 30ms packets", "column 18: slot: a value is missing" },
	{ "slot distribution normal 1ms", "column 29: slot: a value is" },
	{ "seed -1", "column 6: seed: -1 is too small" },
	{ "seed 9223372036854775808", "column 6: seed: 9223372036854775808 "
				      "is too large" },
	{ "loss 1% ecn", "column 9: ecn: frames are lost here, never marked" },
	{ "loss 0.1234567890123456", "column 6: loss: 0.1234567890123456 is" },
};

START_TEST(mistakes_are_told_by_column_and_change_nothing)
{
	struct spec spec = parsed("delay 7ms seed 1");

	ck_assert_int_eq(
	    spec_parse(mistakes[_i].text, &spec, error, sizeof(error)),
	    -EINVAL);
	ck_assert_msg(strstr(error, mistakes[_i].wrong) == error, "%s", error);
	assert_shown(&spec, "delay 7ms seed 1");
}
END_TEST

static const struct {
	const char *text;
	const char *wrong;
} misfits[] = {
	{ "", "nothing is to happen" },
	{ "seed 1 limit 5", "nothing is to happen" },
	{ "delay 10ms distribution normal", "a distribution needs" },
	{ "reorder 25%", "frames can only be reordered among delayed" },
	{ "gap 5 loss 1%", "frames can only be reordered among delayed" },
};

START_TEST(parts_that_do_not_fit_each_other_are_told)
{
	struct spec spec = parsed(misfits[_i].text);

	ck_assert_int_eq(spec_check(&spec, error, sizeof(error)), -EINVAL);
	ck_assert_msg(strstr(error, misfits[_i].wrong) == error, "%s", error);
}
END_TEST

START_TEST(a_part_by_itself_ends_where_its_values_do)
{
	struct spec spec = parsed("loss 1%");

	ck_assert_int_eq(spec_parse_part(SPEC_DELAY, "5ms los 1%", &spec, error,
					 sizeof(error)),
			 -EINVAL);
	ck_assert_msg(strstr(error, "column 5: that is enough, and 'los' is "
				    "none of delay, distribution, ") == error,
		      "%s", error);
	ck_assert_int_eq(
	    spec_parse_part(SPEC_DELAY, "", &spec, error, sizeof(error)),
	    -EINVAL);
	ck_assert_str_eq(error, "column 1: delay: a value is missing");
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ times_are_read_and_shown, UNIT_ROWS(times) },
		{ rates_are_read_and_shown, UNIT_ROWS(rates) },
		{ percentages_are_read_and_shown, UNIT_ROWS(percents) },
		{ every_chance_is_shown_so_that_it_is_read_as_the_same, 0 },
		{ what_is_read_is_shown_so_that_it_reads_the_same,
		  UNIT_ROWS(specs) },
		{ each_part_is_shown_and_read_by_itself, UNIT_ROWS(specs) },
		{ values_are_what_the_words_say, 0 },
		{ parts_that_are_not_named_stay, 0 },
		{ mistakes_are_told_by_column_and_change_nothing,
		  UNIT_ROWS(mistakes) },
		{ parts_that_do_not_fit_each_other_are_told,
		  UNIT_ROWS(misfits) },
		{ a_part_by_itself_ends_where_its_values_do, 0 },
		{ NULL, 0 },
	};

	return unit_run("netem_spec", tests, NULL, NULL);
}
