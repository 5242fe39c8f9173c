/*
 * exposition: what the switch's methods tell, as OpenMetrics text 1.0
 * (prometheus.io/docs/specs/om), which Prometheus and its like read.
 */
#ifndef METRICS_EXPOSITION_H
#define METRICS_EXPOSITION_H

#include <stddef.h>

#include <jansson.h>

#define EXPOSITION_CONTENT_TYPE                                                \
	"application/openmetrics-text; version=1.0.0; charset=utf-8"

/* Where a family of metrics comes from: the result of a method. */
enum exposition_source {
	SOURCE_SWITCH,	 /* switch.info */
	SOURCE_SEGMENTS, /* segment.show */
	SOURCE_BOOKS,	 /* stats.show */
	SOURCE_PORTS,	 /* port.show */
	SOURCE_PLUGINS,	 /* plugin.show */
	N_SOURCES
};
extern const char *const exposition_methods[N_SOURCES];

/**
 * exposition_write() - the text, ended by "# EOF"
 * @results: of exposition_methods, borrowed; NULL: left out
 *
 * Return: returned owned, of *@len bytes and a NUL; NULL when out of memory.
 */
char *exposition_write(const json_t *const results[N_SOURCES], size_t *len);

#endif /* METRICS_EXPOSITION_H */
