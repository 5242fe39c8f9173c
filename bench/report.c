#include "bench/report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/trial.h"

enum { CELL_SIZE = 32 };

/* ---- cells ---- */

static void
value_cell(enum metric metric, double value, char cell[CELL_SIZE])
{
	static const struct {
		const char *format;
		double scale;
	} how[N_METRICS] = {
		[METRIC_FPS] = { "%.1f k/s", 1e-3 },
		[METRIC_GBPS] = { "%.2f Gbit/s", 1 },
		[METRIC_CPU_NS] = { "%.0f ns", 1 },
		[METRIC_ALL_CPU_NS] = { "%.0f ns", 1 },
		[METRIC_LOSS] = { "%.4g %%", 100 },
		[METRIC_P50_US] = { "%.1f us", 1 },
		[METRIC_P99_US] = { "%.1f us", 1 },
		[METRIC_HOP_US] = { "%.2f us", 1 },
		[METRIC_CPU] = { "%.3f %%", 100 },
		[METRIC_RSS_MIB] = { "%.1f MiB", 1 },
	};

	if (isnan(value))
		snprintf(cell, CELL_SIZE, "-");
	else
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(cell, CELL_SIZE, how[metric].format,
			 value * how[metric].scale);
#pragma GCC diagnostic pop
}

static void
ratio_cell(const struct spread *ratio, char cell[CELL_SIZE])
{
	int digits = ratio->median >= 20 ? 0 : 2;

	if (ratio->n == 0)
		snprintf(cell, CELL_SIZE, "-");
	else
		snprintf(cell, CELL_SIZE, "%.*f [%.*f..%.*f]", digits,
			 ratio->median, digits, ratio->min, digits, ratio->max);
}

/* What ours takes more. */
static void
surplus_cell(const struct spread *more, char cell[CELL_SIZE])
{
	if (more->n == 0)
		snprintf(cell, CELL_SIZE, "-");
	else
		snprintf(cell, CELL_SIZE, "%+.1f [%+.1f..%+.1f]", more->median,
			 more->min, more->max);
}

static void
target_cell(const struct check *check, char cell[CELL_SIZE])
{
	char value[CELL_SIZE];

	if (check->rule == RULE_TELL) {
		snprintf(cell, CELL_SIZE, "-");
		return;
	}
	if (check->yardstick == VS_NONE || check->yardstick == VS_BASE_MORE)
		value_cell(check->metric, check->target, value);
	else
		snprintf(value, sizeof(value), "%g", check->target);
	snprintf(cell, CELL_SIZE, "%s %.24s",
		 check->rule == RULE_AT_MOST ? "<=" : ">=", value);
}

/* ---- lines ---- */

static void
print_line(const char *name, const char *what, const char *ours,
	   const char *other, const char *ratio, const char *target,
	   const char *verdict)
{
	printf("%-19s %-18s %12s %12s %-20s %-15s %s\n", name, what, ours,
	       other, ratio, target, verdict);
	fflush(stdout);
}

void
report_heading(void)
{
	print_line("case", "figure", "vdelab", "vde_switch", "ratio [min..max]",
		   "target", "verdict");
}

/* Of what is missed: what the floor makes of the same target. */
static void
verdict_cell(const struct outcome *outcome, const struct check *check,
	     const struct row *row, char cell[2 * CELL_SIZE])
{
	const char *verdict = verdict_name(row->verdict);
	char floor[CELL_SIZE];

	if (row->verdict == VERDICT_SKIPPED && outcome->reason == NULL) {
		snprintf(cell, 2 * CELL_SIZE, "%s: no %s", verdict,
			 contestant_name(check_other(check)));
		return;
	}
	if (check->yardstick == VS_NONE)
		value_cell(check->metric, row->floor.median, floor);
	else
		snprintf(floor, sizeof(floor), "%.3g", row->floor.median);
	if (row->verdict == VERDICT_MISSED && row->floor.n > 0)
		snprintf(cell, 2 * CELL_SIZE, "%s (floor: %s)", verdict, floor);
	else
		snprintf(cell, 2 * CELL_SIZE, "%s", verdict);
}

static void
print_check(const struct outcome *outcome, const struct check *check)
{
	char ours[CELL_SIZE], other[CELL_SIZE], ratio[CELL_SIZE];
	char target[CELL_SIZE], what[CELL_SIZE];
	struct row row = outcome_row(outcome, check);
	char verdict[2 * CELL_SIZE];

	value_cell(check->metric, row.ours.median, ours);
	value_cell(check->metric, row.other.median, other);
	if (check->yardstick == VS_BASE_MORE)
		surplus_cell(&row.ratio, ratio);
	else
		ratio_cell(&row.ratio, ratio);
	if (check->yardstick == VS_NONE)
		snprintf(ratio, sizeof(ratio), "-");
	target_cell(check, target);
	verdict_cell(outcome, check, &row, verdict);
	if (check->yardstick <= VS_PEER)
		snprintf(what, sizeof(what), "%s", metric_name(check->metric));
	else if (check->yardstick == VS_BASE_MORE)
		snprintf(what, sizeof(what), "%.16s over own",
			 metric_name(check->metric));
	else
		snprintf(what, sizeof(what), "%.16s vs %.8s",
			 metric_name(check->metric),
			 contestant_name(check_other(check)));
	print_line(outcome->one->name, what, ours, other, ratio, target,
		   verdict);
}

void
report_case(const struct outcome *outcome)
{
	const struct check *check;

	for (unsigned i = 0; (check = case_check(outcome->one, i)) != NULL; i++)
		print_check(outcome, check);
	if (outcome->reason != NULL)
		printf("    %s: %s\n", verdict_name(outcome->verdict),
		       outcome->reason);
	fflush(stdout);
}

static void
report_floor(const char *length, const json_t *floor)
{
	double send_ns = json_number_value(json_object_get(floor, "send_ns"));
	double recv_ns = json_number_value(json_object_get(floor, "recv_ns"));

	printf("# the kernel alone, %s octets: recv %.0f ns + send %.0f ns = "
	       "%.0f ns a frame\n",
	       length, recv_ns, send_ns, recv_ns + send_ns);
}

void
report_machine(const struct bench *bench, const json_t *machine)
{
	static const char *const texts[] = { "cpu",	      "kernel",
					     "vdelab_switch", "vde_switch",
					     "ovs_dpdk",      "dpdk",
					     "max_dgram_qlen" };
	const char *name;
	json_t *value;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		value = json_object_get(machine, texts[i]);
		printf("# %s: %s\n", texts[i],
		       json_is_string(value) ? json_string_value(value)
					     : "not there");
	}
	json_object_foreach(json_object_get(machine, "mitigations"), name,
			    value)
	    printf("# %s: %s\n", name, json_string_value(value));
	json_object_foreach(json_object_get(machine, "floor"), name, value)
	    report_floor(name, value);
	printf(
	    "# %d CPUs; the switch runs on %d, stations on %d (one: on %d)\n",
	    (int)json_integer_value(json_object_get(machine, "cpus")),
	    bench->switch_cpu, bench->station_cpu, bench->switch_cpu);
	printf("# %u rounds, %u ms warm-up, %u ms window%s\n", bench->rounds,
	       bench->warmup_ms, bench->window_ms,
	       bench->gate.is_open ? ", disturbed or not (--no-gate)" : "");
}

bool
report_sum(const struct outcome *outcomes, size_t n)
{
	unsigned count[VERDICT_FAILED + 1] = { 0 };
	const struct check *check;

	for (size_t i = 0; i < n; i++) {
		const struct outcome *outcome = &outcomes[i];

		for (unsigned k = 0;
		     (check = case_check(outcome->one, k)) != NULL; k++)
			count[outcome_row(outcome, check).verdict]++;
	}
	printf("# %u reached, %u missed, %u disturbed, %u skipped, %u failed, "
	       "%u for information\n",
	       count[VERDICT_REACHED], count[VERDICT_MISSED],
	       count[VERDICT_DISTURBED], count[VERDICT_SKIPPED],
	       count[VERDICT_FAILED], count[VERDICT_INFORMATION]);
	return count[VERDICT_MISSED] + count[VERDICT_DISTURBED] +
		   count[VERDICT_FAILED] ==
	       0;
}

/* ---- JSON ---- */

static json_t *
real_or_null(double value)
{
	return isnan(value) ? json_null() : json_real(value);
}

static json_t *
spread_json(const struct spread *spread)
{
	return json_pack(
	    "{s:I, s:o, s:o, s:o}", "rounds", (json_int_t)spread->n, "median",
	    real_or_null(spread->median), "min", real_or_null(spread->min),
	    "max", real_or_null(spread->max));
}

static json_t *
check_json(const struct outcome *outcome, const struct check *check)
{
	struct row row = outcome_row(outcome, check);

	return json_pack(
	    "{s:s, s:s, s:o, s:o, s:o, s:o, s:s, s:o, s:s}", "figure",
	    metric_name(check->metric), "compared_with",
	    check->yardstick == VS_NONE ? "none"
					: contestant_name(check_other(check)),
	    "ours", spread_json(&row.ours), "other", spread_json(&row.other),
	    "ratio", spread_json(&row.ratio), "floor", spread_json(&row.floor),
	    "target_is", check->rule == RULE_AT_MOST ? "at most" : "at least",
	    "target",
	    check->rule == RULE_TELL ? json_null() : json_real(check->target),
	    "verdict", verdict_name(row.verdict));
}

static json_t *
round_json(const struct round *round)
{
	json_t *object = json_object();

	for (int i = 0; i < N_CONTESTANTS; i++) {
		const struct sample *sample = &round->samples[i];

		if (!sample->is_there)
			continue;
		json_object_set_new(
		    object, contestant_name((enum contestant)i),
		    json_pack("{s:O, s:f, s:f, s:b}", "result", sample->raw,
			      "foreign_percent", sample->foreign_percent,
			      "steal_percent", sample->steal_percent,
			      "disturbed", (int)sample->is_dirty));
	}
	return object;
}

static json_t *
case_json(const struct outcome *outcome)
{
	json_t *checks = json_array(), *rounds = json_array();
	const struct check *check;

	for (unsigned i = 0; (check = case_check(outcome->one, i)) != NULL; i++)
		json_array_append_new(checks, check_json(outcome, check));
	for (size_t i = 0; i < outcome->n_rounds; i++)
		json_array_append_new(rounds, round_json(&outcome->rounds[i]));
	return json_pack("{s:s, s:s, s:s?, s:o, s:o}", "case",
			 outcome->one->name, "layout",
			 layout_name(outcome->one->layout), "reason",
			 outcome->reason, "checks", checks, "rounds", rounds);
}

json_t *
report_json(const struct bench *bench, json_t *machine,
	    const struct outcome *outcomes, size_t n)
{
	json_t *cases = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(cases, case_json(&outcomes[i]));
	return json_pack("{s:O, s:i, s:i, s:i, s:b, s:o}", "machine", machine,
			 "rounds", (int)bench->rounds, "warmup_ms",
			 (int)bench->warmup_ms, "window_ms",
			 (int)bench->window_ms, "gate",
			 (int)!bench->gate.is_open, "cases", cases);
}
