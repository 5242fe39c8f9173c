/*
 * bpf-names: finds what libpcap would ask the name service about while it
 * compiles a filter, which may take seconds.  Pure.
 */
#ifndef COMMON_BPF_NAMES_H
#define COMMON_BPF_NAMES_H

#include <stdbool.h>
#include <stddef.h>

struct bpf_name {
	const char *at; /* within the filter's text; @len octets */
	size_t len;
};

/**
 * bpf_names_find() - the first name of a host or a network in a filter
 *
 * Ports and protocols are no such names: libpcap reads those from files.
 * Return: was there one?  (then *name says which)
 */
bool bpf_names_find(const char *text, struct bpf_name *name);

#endif /* COMMON_BPF_NAMES_H */
