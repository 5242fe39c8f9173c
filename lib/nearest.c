#include "lib/nearest.h"

#include <stdlib.h>
#include <string.h>

#include "lib/xalloc.h"

/* Nobody names anything longer; a longer word is near to nothing. */
enum { WORD_MAX = 64 };

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static size_t
min(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Optimal string alignment distance of two words of at most WORD_MAX letters:
 * row[i][j] is that of the first i letters of @a and j of @b; three rows are
 * enough, since a swap looks back by two. */
static size_t
distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t row[3][WORD_MAX + 1];

	for (size_t j = 0; j <= b_len; j++)
		row[0][j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t *now = row[i % 3];
		const size_t *before = row[(i - 1) % 3];

		now[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			char x = lower(a[i - 1]);
			char y = lower(b[j - 1]);

			now[j] = min(before[j], now[j - 1]) + 1;
			now[j] = min(now[j], before[j - 1] + (x != y));
			if (i > 1 && j > 1 && x == lower(b[j - 2]) &&
			    y == lower(a[i - 2]))
				now[j] =
				    min(now[j], row[(i - 2) % 3][j - 2] + 1);
		}
	}
	return row[a_len % 3][b_len];
}

const char *
nearest_word(const char *word, const char *const *words)
{
	size_t word_len = strlen(word);
	const char *best = NULL;
	size_t best_distance = WORD_MAX;

	if (word_len > WORD_MAX)
		return NULL;
	for (; *words != NULL; words++) {
		size_t len = strlen(*words);
		size_t longer = len > word_len ? len : word_len;
		size_t allowed = longer < 6 ? 1 : longer / 3;
		size_t d;

		if (len > WORD_MAX)
			continue;
		d = distance(word, word_len, *words, len);
		/* a word all of whose letters are wrong is another word */
		if (d <= allowed && d < longer && d < best_distance) {
			best = *words;
			best_distance = d;
		}
	}
	return best;
}

int
nearest_match(const char *word, size_t len, const char *const *names)
{
	int found = NEAREST_NONE;

	if (len == 0)
		return NEAREST_NONE;
	for (int i = 0; names[i] != NULL; i++) {
		if (strncmp(names[i], word, len) != 0)
			continue;
		if (names[i][len] == '\0')
			return i;
		found = found == NEAREST_NONE ? i : NEAREST_SEVERAL;
	}
	return found;
}

char *
nearest_list(const char *word, size_t len, const char *const *names,
	     const char *dashes)
{
	char *list = xstrdup("");

	for (; *names != NULL; names++) {
		char *longer;

		if (strncmp(*names, word, len) != 0)
			continue;
		longer = xasprintf("%s%s%s%s", list,
				   list[0] != '\0' ? ", " : "", dashes, *names);
		free(list);
		list = longer;
	}
	return list;
}
