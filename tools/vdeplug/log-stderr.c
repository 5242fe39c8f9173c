/* What lib logs, in a process that is somebody else's. */
#include "config.h"

#include <stdarg.h>
#include <stdio.h>

#include "lib/log.h"

void
log_msg(enum log_level level, const char *fmt, ...)
{
	va_list ap;

	(void)level;
	fputs("libvdeplug_vdelab: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}
