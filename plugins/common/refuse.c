#include "plugins/common/refuse.h"

#include <stdarg.h>
#include <stdio.h>

int
refuse(char *error, size_t error_size, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(error, error_size, fmt, ap);
	va_end(ap);
	return code;
}
