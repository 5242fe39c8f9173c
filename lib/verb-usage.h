/* verb-usage: the usage text of a verb (lib/verb.h), taken apart; for lib/verb
 * and those who complete words. */
#ifndef LIB_VERB_USAGE_H
#define LIB_VERB_USAGE_H

#include <stdbool.h>
#include <stddef.h>

enum { USAGE_ITEMS_MAX = 64, USAGE_NAME_SIZE = 32 };

enum usage_kind {
	USAGE_VALUE,	/* a word that is a parameter */
	USAGE_KEYWORD,	/* its values are the USAGE_VALUEs that follow it */
	USAGE_SETTINGS, /* KEY=VALUE... */
};

struct usage_item {
	enum usage_kind kind;
	char name[USAGE_NAME_SIZE]; /* of the parameter, or the keyword */
	const char *shown;	    /* to people, of shown_len bytes */
	size_t shown_len;
	bool optional; /* of a keyword's value: the keyword can be without */
	bool phrase;   /* a value of several words, up to the next keyword */
};

/* First the values that have their places, then keywords with theirs, then
 * settings. */
struct usage {
	struct usage_item items[USAGE_ITEMS_MAX];
	size_t n;
};

/** usage_parse() - @usage points into @text
 * Return: 0; -EINVAL when @text is malformed. */
int usage_parse(const char *text, struct usage *usage);
/** usage_n_values() - how many values follow the keyword at @i, or, at -1, come
 * before all keywords; *@needed of them cannot be left out */
size_t usage_n_values(const struct usage *usage, int i, size_t *needed);

#endif /* LIB_VERB_USAGE_H */
