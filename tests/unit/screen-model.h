/*
 * screen-model: what stands on a terminal after what was written to it, as far
 * as tests need it: printing with and without wrapping at the right edge,
 * scrolling, and the few sequences that the project draws with.  Any other
 * control makes it fail: nothing else may reach a terminal.
 */
#ifndef TESTS_UNIT_SCREEN_MODEL_H
#define TESTS_UNIT_SCREEN_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum {
	SCREEN_COLUMNS_MAX = 200,
	SCREEN_ROWS_MAX = 60,
	SCREEN_CELL_SIZE = 24, /* a character and marks upon it */
};

struct screen_model {
	unsigned columns, rows;
	unsigned x, y;
	bool wrap;
	bool synced;	    /* within ?2026h ... ?2026l */
	size_t n_frames;    /* of these */
	size_t n_writes;    /* reads that brought something */
	size_t n_octets;    /* all that came */
	size_t n_scrolled;  /* lines that left at the top */
	char unfinished[8]; /* a character or sequence that came in part */
	size_t n_unfinished;
	char cells[SCREEN_ROWS_MAX][SCREEN_COLUMNS_MAX][SCREEN_CELL_SIZE];
	char text[SCREEN_ROWS_MAX * SCREEN_COLUMNS_MAX * 4]; /* screen_text() */
	int master; /* the terminal's other side; -1: none */
};

/** screen_open() - a new pseudo terminal of that size; Return: its stdio
 * stream, for the program */
FILE *screen_open(struct screen_model *screen, unsigned columns, unsigned rows);
/** screen_resize() - tell it, as a window does; characters stay where they are
 */
void screen_resize(struct screen_model *screen, unsigned columns,
		   unsigned rows);
/** screen_read() - what has been written since */
void screen_read(struct screen_model *screen);
/** screen_feed() - without a terminal */
void screen_feed(struct screen_model *screen, const char *data, size_t size);
/** screen_text() - its lines, without spaces at their ends, down to the last
 * that is not empty */
const char *screen_text(struct screen_model *screen);
void screen_close(struct screen_model *screen);

#endif /* TESTS_UNIT_SCREEN_MODEL_H */
