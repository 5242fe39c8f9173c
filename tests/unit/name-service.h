/*
 * name-service: in the place of the C library's, so that a test sees what
 * libpcap would have looked up.  No name is ever found.
 */
#ifndef TESTS_NAME_SERVICE_H
#define TESTS_NAME_SERVICE_H

/** name_service_asked() - the last host or network that was asked for; "" when
 * none was */
const char *name_service_asked(void);

#endif /* TESTS_NAME_SERVICE_H */
