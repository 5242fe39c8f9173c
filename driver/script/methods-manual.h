/* methods-manual: the table of methods in words, for manuals and help. */
#ifndef DRIVER_SCRIPT_METHODS_MANUAL_H
#define DRIVER_SCRIPT_METHODS_MANUAL_H

#include <stdio.h>

#include "driver/script/methods.h"

/** method_print_arguments() - a line for each argument and option of @method:
 * @before, its name, @after, what it may be */
void method_print_arguments(FILE *f, const struct method *method,
			    const char *before, const char *after);
/** methods_print_manual() - all methods of @owner in Markdown; Return: how many */
size_t methods_print_manual(FILE *f, enum method_owner owner);

#endif /* DRIVER_SCRIPT_METHODS_MANUAL_H */
