#include "lib/verb-usage.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

/* "[KEY=VALUE...]" without its brackets */
static const char settings_text[] = "KEY=VALUE...";
/* "TIME...": further words belong to it */
static const char more_text[] = "...";

/* Where the parser stands. */
struct place {
	int depth;	    /* of open brackets */
	int keyword_depth;  /* where the last keyword stood; -1: none yet */
	bool closed;	    /* its bracket is */
	bool seen_optional; /* among the values at hand */
};

/* PORT is "port"; state:block|unblock is "state"; vid is "vid".
 * Return: 0; -EINVAL. */
static int
read_name(const char *word, size_t len, struct usage_item *item)
{
	const char *colon = memchr(word, ':', len);
	size_t name_len = colon != NULL ? (size_t)(colon - word) : len;

	if (name_len == 0 || name_len >= sizeof(item->name))
		return -EINVAL;
	for (size_t i = 0; i < name_len; i++) {
		unsigned char c = (unsigned char)word[i];

		if (!isalnum(c) && c != '_' && c != '-')
			return -EINVAL;
		item->name[i] = (char)tolower(c);
	}
	item->kind = colon == NULL && islower((unsigned char)word[0])
			 ? USAGE_KEYWORD
			 : USAGE_VALUE;
	item->shown = colon != NULL ? colon + 1 : word;
	item->shown_len = colon != NULL ? len - name_len - 1 : len;
	item->phrase = item->shown_len > sizeof(more_text) - 1 &&
		       memcmp(word + len - (sizeof(more_text) - 1), more_text,
			      sizeof(more_text) - 1) == 0;
	return item->shown_len > 0 ? 0 : -EINVAL;
}

/* Return: 0; -EINVAL. */
static int
add_item(struct usage *usage, struct place *at, const char *word, size_t len)
{
	struct usage_item *item = &usage->items[usage->n];
	bool in_brackets;

	if (usage->n == USAGE_ITEMS_MAX)
		return -EINVAL;
	*item = (struct usage_item){ .kind = USAGE_SETTINGS, .optional = true };
	if (usage->n > 0 && item[-1].kind == USAGE_SETTINGS)
		return -EINVAL; /* is the last */
	if (len == strlen(settings_text) &&
	    memcmp(word, settings_text, len) == 0) {
		item->shown = word;
		item->shown_len = len;
		usage->n++;
		return at->depth == 1 ? 0 : -EINVAL;
	}
	if (read_name(word, len, item) < 0)
		return -EINVAL;
	if (item->kind == USAGE_KEYWORD) {
		if (at->depth > 1)
			return -EINVAL;
		at->keyword_depth = at->depth;
		at->closed = at->seen_optional = false;
		item->optional = at->depth > 0;
	} else {
		in_brackets =
		    at->depth > (at->keyword_depth > 0 ? at->keyword_depth : 0);
		if (at->closed || (!in_brackets && at->seen_optional) ||
		    (usage->n > 0 && item[-1].phrase))
			return -EINVAL; /* whose word would it be? */
		item->optional = in_brackets;
		at->seen_optional = in_brackets;
	}
	usage->n++;
	return 0;
}

int
usage_parse(const char *text, struct usage *usage)
{
	struct place at = { .keyword_depth = -1 };

	usage->n = 0;
	while (*text != '\0') {
		size_t len;

		at.depth += (int)strspn(text, "[");
		text += strspn(text, "[");
		len = strcspn(text, " ]");
		if (add_item(usage, &at, text, len) < 0)
			return -EINVAL;
		text += len;
		at.depth -= (int)strspn(text, "]");
		text += strspn(text, "]");
		if (at.depth < at.keyword_depth)
			at.closed = true;
		if (at.depth < 0 || (*text != ' ' && *text != '\0'))
			return -EINVAL;
		if (*text == ' ' && *++text == '\0')
			return -EINVAL;
	}
	return at.depth == 0 ? 0 : -EINVAL;
}

size_t
usage_n_values(const struct usage *usage, int i, size_t *needed)
{
	size_t n = 0;

	*needed = 0;
	for (size_t k = (size_t)(i + 1);
	     k < usage->n && usage->items[k].kind == USAGE_VALUE; k++) {
		n++;
		if (!usage->items[k].optional)
			++*needed;
	}
	return n;
}
