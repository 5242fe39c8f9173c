#include "plugins/netem/spec.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "plugins/netem/quantity.h"

/* A text being read, word by word. */
struct reader {
	const char *text; /* columns are counted from here */
	const char *next; /* what has not been read yet */
	const char *word; /* the last one read, of .len bytes */
	size_t len;
	const char *keyword; /* whose values they are */
	struct spec *spec;
	char *error;
	size_t error_size;
};

typedef int part_fn(struct reader *r);
static part_fn read_delay, read_distribution, read_loss, read_duplicate,
    read_corrupt, read_reorder, read_gap, read_rate, read_limit, read_slot,
    read_seed;

static const struct {
	const char *name;
	part_fn *read;
} parts[N_SPEC_PARTS] = {
	[SPEC_DELAY] = { "delay", read_delay },
	[SPEC_DISTRIBUTION] = { "distribution", read_distribution },
	[SPEC_LOSS] = { "loss", read_loss },
	[SPEC_DUPLICATE] = { "duplicate", read_duplicate },
	[SPEC_CORRUPT] = { "corrupt", read_corrupt },
	[SPEC_REORDER] = { "reorder", read_reorder },
	[SPEC_GAP] = { "gap", read_gap },
	[SPEC_RATE] = { "rate", read_rate },
	[SPEC_LIMIT] = { "limit", read_limit },
	[SPEC_SLOT] = { "slot", read_slot },
	[SPEC_SEED] = { "seed", read_seed },
};

void
spec_init(struct spec *spec)
{
	*spec = (struct spec){ .limit = SPEC_LIMIT_DEFAULT };
}

const char *
spec_part_name(enum spec_part part)
{
	return parts[part].name;
}

/* ---- words ---- */

static int __attribute__((format(printf, 3, 4)))
fail(const struct reader *r, const char *at, const char *fmt, ...)
{
	va_list ap;
	int n;

	n = snprintf(r->error, r->error_size,
		     "column %zu: ", (size_t)(at - r->text) + 1);
	va_start(ap, fmt);
	if (n >= 0 && (size_t)n < r->error_size)
		vsnprintf(r->error + n, r->error_size - (size_t)n, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

static const char *
skip_blanks(const char *p)
{
	return p + strspn(p, " \t\n");
}

/* Return: is there one more? */
static bool
next_word(struct reader *r)
{
	r->next = skip_blanks(r->next);
	r->word = r->next;
	r->len = strcspn(r->word, " \t\n");
	r->next += r->len;
	return r->len > 0;
}

static bool
is_word(const struct reader *r, const char *word)
{
	return r->len == strlen(word) && memcmp(r->word, word, r->len) == 0;
}

/* Is the next word @word?  Then it is read. */
static bool
accept(struct reader *r, const char *word)
{
	struct reader ahead = *r;

	if (!next_word(&ahead) || !is_word(&ahead, word))
		return false;
	*r = ahead;
	return true;
}

/* Does the next word begin as a number does? */
static bool
sees_number(const struct reader *r)
{
	const char *p = skip_blanks(r->next);

	return *p != '\0' && strchr("0123456789.+-", *p) != NULL;
}

static int
need_word(struct reader *r)
{
	if (next_word(r))
		return 0;
	return fail(r, r->word, "%s: a value is missing", r->keyword);
}

static int
fail_value(const struct reader *r, const char *wrong)
{
	return fail(r, r->word, "%s: %.*s is %s", r->keyword,
		    r->len < 64 ? (int)r->len : 64, r->word, wrong);
}

static int
need_time(struct reader *r, uint64_t *ns)
{
	int ret = need_word(r);
	const char *wrong;

	if (ret < 0)
		return ret;
	wrong = quantity_time(r->word, r->len, ns);
	return wrong != NULL ? fail_value(r, wrong) : 0;
}

static int
need_percent(struct reader *r, chance_t *chance)
{
	int ret = need_word(r);
	const char *wrong;

	if (ret < 0)
		return ret;
	wrong = quantity_percent(r->word, r->len, chance);
	return wrong != NULL ? fail_value(r, wrong) : 0;
}

static int
need_integer(struct reader *r, int64_t min, int64_t max, int64_t *value)
{
	int ret = need_word(r);
	const char *wrong;

	if (ret < 0)
		return ret;
	wrong = quantity_integer(r->word, r->len, min, max, value);
	if (wrong == NULL)
		return 0;
	return fail(r, r->word,
		    "%s: %.*s is %s, it is from %" PRId64 " to %" PRId64,
		    r->keyword, r->len < 64 ? (int)r->len : 64, r->word, wrong,
		    min, max);
}

/* ---- parts ---- */

static int
read_delay(struct reader *r)
{
	struct spec *spec = r->spec;
	int ret = need_time(r, &spec->delay_ns);

	spec->jitter_ns = 0;
	spec->delay_correlation = 0;
	if (ret == 0 && sees_number(r))
		ret = need_time(r, &spec->jitter_ns);
	if (ret == 0 && sees_number(r))
		ret = need_percent(r, &spec->delay_correlation);
	return ret;
}

static int
read_spread(struct reader *r, struct spec_spread *spread)
{
	int ret = need_word(r);

	if (ret < 0)
		return ret;
	*spread = (struct spec_spread){ .kind = DISTRIBUTION_TABLE };
	for (enum distribution_kind k = 0; k < DISTRIBUTION_TABLE; k++) {
		if (is_word(r, distribution_name(k))) {
			spread->kind = k;
			return 0;
		}
	}
	if (r->word[0] != '/')
		return fail_value(r, "neither uniform, normal, pareto, "
				     "paretonormal nor the full path of a "
				     "table");
	if (r->len >= sizeof(spread->file))
		return fail_value(r, "too long a path");
	memcpy(spread->file, r->word, r->len);
	return 0;
}

static int
read_distribution(struct reader *r)
{
	return read_spread(r, &r->spec->spread);
}

static int
read_loss_params(struct reader *r, struct loss *loss)
{
	unsigned n = loss_n_params(loss->model);
	int ret = need_percent(r, &loss->params[0]);

	for (unsigned i = 1; ret == 0 && i < n; i++) {
		if (sees_number(r))
			ret = need_percent(r, &loss->params[i]);
		else
			loss->params[i] = loss_default(loss, i);
	}
	return ret;
}

static int
read_loss(struct reader *r)
{
	struct loss loss = { .model = LOSS_RANDOM };
	const char *at;
	int ret;

	if (accept(r, "gemodel"))
		loss.model = LOSS_GEMODEL;
	else if (accept(r, "state"))
		loss.model = LOSS_STATE;
	else
		accept(r, "random");
	at = skip_blanks(r->next);
	ret = read_loss_params(r, &loss);
	if (ret < 0)
		return ret;
	if (loss.model == LOSS_STATE &&
	    loss.params[LOSS_P31] + loss.params[LOSS_P32] > CHANCE_ALWAYS)
		return fail(r, at, "loss: P31 and P32 are more than 100%%");
	if (loss.model == LOSS_STATE &&
	    loss.params[LOSS_P13] + loss.params[LOSS_P14] > CHANCE_ALWAYS)
		return fail(r, at, "loss: P13 and P14 are more than 100%%");
	r->spec->loss = loss;
	return 0;
}

static int
read_chance(struct reader *r, struct spec_chance *chance)
{
	int ret = need_percent(r, &chance->chance);

	chance->correlation = 0;
	if (ret == 0 && sees_number(r))
		ret = need_percent(r, &chance->correlation);
	return ret;
}

static int
read_duplicate(struct reader *r)
{
	return read_chance(r, &r->spec->duplicate);
}

static int
read_corrupt(struct reader *r)
{
	return read_chance(r, &r->spec->corrupt);
}

static int
read_reorder(struct reader *r)
{
	return read_chance(r, &r->spec->reorder);
}

static int
read_gap(struct reader *r)
{
	int64_t gap = 0;
	int ret = need_integer(r, 1, UINT32_MAX, &gap);

	r->spec->gap = (uint32_t)gap;
	return ret;
}

static int
read_rate(struct reader *r)
{
	int64_t overhead = 0, cell_size = 0, cell_overhead = 0;
	struct spec_rate *rate = &r->spec->rate;
	const char *wrong;
	int ret = need_word(r);

	if (ret < 0)
		return ret;
	wrong = quantity_rate(r->word, r->len, &rate->bps);
	if (wrong != NULL)
		return fail_value(r, wrong);
	if (sees_number(r))
		ret = need_integer(r, -SPEC_OVERHEAD_MAX, SPEC_OVERHEAD_MAX,
				   &overhead);
	if (ret == 0 && sees_number(r))
		ret = need_integer(r, 0, UINT16_MAX, &cell_size);
	if (ret == 0 && sees_number(r))
		ret = need_integer(r, -cell_size, SPEC_OVERHEAD_MAX,
				   &cell_overhead);
	rate->packet_overhead = (int32_t)overhead;
	rate->cell_size = (uint32_t)cell_size;
	rate->cell_overhead = (int32_t)cell_overhead;
	return ret;
}

static int
read_limit(struct reader *r)
{
	int64_t limit = 0;
	int ret = need_integer(r, 1, SPEC_LIMIT_MAX, &limit);

	r->spec->limit = (uint32_t)limit;
	return ret;
}

static int
read_slot(struct reader *r)
{
	struct spec_slot slot = { .by_spread = accept(r, "distribution") };
	int64_t n = 0;
	int ret = slot.by_spread ? read_spread(r, &slot.spread) : 0;
	const char *at = skip_blanks(r->next);

	if (ret == 0)
		ret = need_time(r, &slot.min_ns);
	slot.max_ns = slot.by_spread ? 0 : slot.min_ns;
	if (ret == 0 && (slot.by_spread || sees_number(r)))
		ret = need_time(r, &slot.max_ns);
	if (ret == 0 && !slot.by_spread && slot.max_ns < slot.min_ns)
		return fail(r, at, "slot: its MAX is less than its MIN");
	while (ret == 0) {
		if (accept(r, "packets")) {
			ret = need_integer(r, 1, UINT32_MAX, &n);
			slot.packets = (uint32_t)n;
		} else if (accept(r, "bytes")) {
			ret = need_integer(r, 1, INT64_MAX, &n);
			slot.bytes = (uint64_t)n;
		} else {
			break;
		}
	}
	r->spec->slot = slot;
	return ret;
}

static int
read_seed(struct reader *r)
{
	int64_t seed = 0;
	int ret = need_integer(r, 0, INT64_MAX, &seed);

	r->spec->seed = (uint64_t)seed;
	return ret;
}

/* ---- all of it ---- */

/* The word that was read is not the one of a part, as it should be here. */
static int
fail_unknown(const struct reader *r, const char *what)
{
	char list[256] = "";
	size_t n = 0;

	for (int i = 0; i < N_SPEC_PARTS; i++) {
		if (is_word(r, parts[i].name))
			return fail(r, r->word, "%s is a part of its own",
				    parts[i].name);
		n += (size_t)snprintf(list + n, sizeof(list) - n, "%s%s",
				      i > 0 ? ", " : "", parts[i].name);
	}
	return fail(r, r->word, "%s'%.*s' is none of %s", what,
		    r->len < 64 ? (int)r->len : 64, r->word, list);
}

/* Return: the part whose word was read; -EINVAL. */
static int
find_part(const struct reader *r)
{
	for (int i = 0; i < N_SPEC_PARTS; i++) {
		if (is_word(r, parts[i].name))
			return i;
	}
	if (is_word(r, "ecn"))
		return fail(r, r->word,
			    "ecn: frames are lost here, never marked; leave "
			    "it out");
	return fail_unknown(r, "");
}

static int
read_part(struct reader *r, enum spec_part part, unsigned *seen)
{
	const char *at = r->word;

	r->keyword = parts[part].name;
	if ((*seen & 1u << part) != 0)
		return fail(r, at, "%s is given twice", r->keyword);
	*seen |= 1u << part;
	r->spec->given |= 1u << part;
	return parts[part].read(r);
}

int
spec_parse(const char *text, struct spec *spec, char *error, size_t error_size)
{
	struct spec wanted = *spec;
	struct reader r = { .text = text,
			    .next = text,
			    .spec = &wanted,
			    .error = error,
			    .error_size = error_size };
	unsigned seen = 0;

	while (next_word(&r)) {
		int part = find_part(&r);

		if (part < 0 || read_part(&r, (enum spec_part)part, &seen) < 0)
			return -EINVAL;
	}
	*spec = wanted;
	return 0;
}

int
spec_parse_part(enum spec_part part, const char *values, struct spec *spec,
		char *error, size_t error_size)
{
	struct spec wanted = *spec;
	struct reader r = { .text = values,
			    .next = values,
			    .word = values,
			    .spec = &wanted,
			    .error = error,
			    .error_size = error_size };
	unsigned seen = 0;

	if (read_part(&r, part, &seen) < 0)
		return -EINVAL;
	if (next_word(&r))
		return fail_unknown(&r, "that is enough, and ");
	*spec = wanted;
	return 0;
}

int
spec_check(const struct spec *spec, char *error, size_t error_size)
{
	const char *wrong = NULL;

	if (spec_has(spec, SPEC_DISTRIBUTION) && spec->jitter_ns == 0)
		wrong = "a distribution needs a delay with jitter: delay 50ms "
			"10ms distribution normal";
	else if ((spec_has(spec, SPEC_REORDER) || spec_has(spec, SPEC_GAP)) &&
		 spec->delay_ns == 0)
		wrong = "frames can only be reordered among delayed ones: say "
			"a delay, too";
	else if ((spec->given & ~(1u << SPEC_SEED | 1u << SPEC_LIMIT)) == 0)
		wrong = "nothing is to happen to frames: say what, as in "
			"delay 50ms loss 1%";
	if (wrong == NULL)
		return 0;
	snprintf(error, error_size, "%s", wrong);
	return -EINVAL;
}
