/* table-lines: where in a test file's text a member of its table is defined. */
#ifndef DRIVER_SCRIPT_TABLE_LINES_H
#define DRIVER_SCRIPT_TABLE_LINES_H

struct ast;

/**
 * table_lines_find() - a plan_line_fn: the line of the member at @path
 * @path: keys parted by '\n'
 * @file: never changed
 * @ast:  the file's const struct ast *
 *
 * Looks at what the file returns, or what the function it returns does; goes
 * through table constructors, and locals that are one.
 *
 * Return: the line of the nearest enclosing member that is written down so; 0
 * when the file's end is something else.
 */
int table_lines_find(const char *path, const char **file, void *ast);

#endif /* DRIVER_SCRIPT_TABLE_LINES_H */
