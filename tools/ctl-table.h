/*
 * ctl-table: rows of text as aligned columns, for people.
 *
 * Control characters, which a peer may have put into its description, come out
 * as '?'.  Columns are as wide as their widest cell, counted in characters of
 * UTF-8.  A table without rows prints nothing.
 */
#ifndef TOOLS_CTL_TABLE_H
#define TOOLS_CTL_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct table;

struct table_column {
	const char *heading; /* borrowed */
	bool right;	     /* align so; for numbers */
};

/** table_new() - @columns: borrowed for the life of the table
 * Return: a table the caller owns. */
struct table *table_new(const struct table_column *columns, size_t n_columns);
void table_free(struct table *t);

/** table_add() - the next cell, row by row; copied; NULL or "" shows as "-" */
void table_add(struct table *t, const char *text);
/** table_print() - an unfinished last row is filled up */
void table_print(const struct table *t, FILE *out);

#endif /* TOOLS_CTL_TABLE_H */
