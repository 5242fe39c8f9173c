#include "lib/words.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/xalloc.h"

static const char space[] = " \t\r\n";

/* One more character of a word, and how it is quoted, from *in to *out.
 * Return: 0; -EINVAL at the end of a line that cannot end here. */
static int
take_char(const char **in, char **out, char *quote)
{
	char c = *(*in)++;

	if (c == '\\' && *quote != '\'') {
		char next = **in;

		if (next == '\0')
			return -EINVAL;
		if (*quote == '"' && next != '"' && next != '\\')
			*(*out)++ = c;
		*(*out)++ = next;
		(*in)++;
	} else if (*quote != '\0' && c == *quote) {
		*quote = '\0';
	} else if (*quote == '\0' && (c == '\'' || c == '"')) {
		*quote = c;
	} else {
		*(*out)++ = c;
	}
	return 0;
}

/* The word at *in, ended by NUL, to *out.  Return: 0; -EINVAL with @err. */
static int
take_word(const char **in, char **out, struct err *err)
{
	char quote = '\0';

	while (**in != '\0' && (quote != '\0' || strchr(space, **in) == NULL)) {
		if (take_char(in, out, &quote) < 0)
			return err_set(err, -EINVAL,
				       "nothing follows the backslash");
	}
	if (quote != '\0')
		return err_set(err, -EINVAL, "a %c is missing", quote);
	*(*out)++ = '\0';
	return 0;
}

int
words_split(const char *line, struct words *words, struct err *err)
{
	size_t len = strlen(line);
	char *out;

	/* No word is longer, with its NUL, than what it was with its space. */
	*words = (struct words){
		.word = xcalloc(len / 2 + 2, sizeof(*words->word)),
		.text = xcalloc(len + 1, 1),
	};
	out = words->text;
	for (;;) {
		line += strspn(line, space);
		if (*line == '\0' || *line == '#')
			return 0;
		words->word[words->n++] = out;
		if (take_word(&line, &out, err) < 0) {
			words_fini(words);
			return -EINVAL;
		}
	}
}

void
words_fini(struct words *words)
{
	free(words->word);
	free(words->text);
	*words = (struct words){ 0 };
}
