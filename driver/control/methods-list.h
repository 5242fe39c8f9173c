/* methods-list: the table of methods of scripts as JSON, for clients. */
#ifndef DRIVER_CONTROL_METHODS_LIST_H
#define DRIVER_CONTROL_METHODS_LIST_H

#include <jansson.h>

/** methods_list() - an object for each row, in their order; returned owned */
json_t *methods_list(void);

#endif /* DRIVER_CONTROL_METHODS_LIST_H */
