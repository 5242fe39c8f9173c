/*
 * Any bytes are lines of words, or mistakes; and the words of a line, quoted
 * and written down again, are the same words.
 */
#include "config.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "switch/config-file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
on_mistake(unsigned number, const char *text, void *arg)
{
	unsigned *n = arg;

	if (number == 0 || text[0] == '\0')
		abort();
	++*n;
}

/* 'as it is', with each ' outside as "'". */
static void
write_quoted(FILE *f, const char *word)
{
	fputc('\'', f);
	for (; *word != '\0'; word++) {
		if (*word == '\'')
			fputs("'\"'\"'", f);
		else
			fputc(*word, f);
	}
	fputs("' ", f);
}

static void
check_round_trip(const struct config_line *line)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);
	struct config_file again;
	unsigned n_mistakes = 0;

	for (size_t i = 0; i < line->words.n; i++)
		write_quoted(f, line->words.word[i]);
	fclose(f);
	/* No word holds a line feed, for lines end there. */
	if (size <= CONFIG_LINE_MAX) {
		config_file_parse(text, size, &again, on_mistake, &n_mistakes);
		if (n_mistakes > 0 || again.n != 1 ||
		    again.lines[0].words.n != line->words.n)
			abort();
		for (size_t i = 0; i < line->words.n; i++) {
			if (strcmp(again.lines[0].words.word[i],
				   line->words.word[i]) != 0)
				abort();
		}
		config_file_fini(&again);
	}
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config_file file;
	unsigned n_mistakes = 0, last = 0;

	config_file_parse((const char *)data, size, &file, on_mistake,
			  &n_mistakes);
	for (size_t i = 0; i < file.n; i++) {
		if (file.lines[i].number <= last || file.lines[i].words.n == 0)
			abort();
		last = file.lines[i].number;
		check_round_trip(&file.lines[i]);
	}
	config_file_fini(&file);
	return 0;
}
