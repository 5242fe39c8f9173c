/* gcovr: data as HTML and as Cobertura XML, by the program gcovr. */
#ifndef DRIVER_COVERAGE_GCOVR_H
#define DRIVER_COVERAGE_GCOVR_H

#include <stddef.h>

struct cov_data;
struct err;

struct gcovr_spec {
	const struct cov_data *data;
	/* Directories where files of source may be; the first that has one. */
	char *const *sources;
	size_t n_sources; /* at least one */
	const char *out; /* gets index.html, and what it needs; cobertura.xml */
	const char *work; /* a directory of ours; things may be left there */
};

/** gcovr_render() - Return: 0; -ENOENT when there is no gcovr, -errno, with @err
 * set */
int gcovr_render(const struct gcovr_spec *spec, struct err *err);

#endif /* DRIVER_COVERAGE_GCOVR_H */
