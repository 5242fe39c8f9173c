/* refuse: how a plugin says no: a code and a reason in one go. */
#ifndef COMMON_REFUSE_H
#define COMMON_REFUSE_H

#include <stddef.h>

/** refuse() - the text into @error; Return: @code */
int refuse(char *error, size_t error_size, int code, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

#endif /* COMMON_REFUSE_H */
