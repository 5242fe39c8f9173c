# What several plugins are built with, each with a copy of its own.
BPF_SOURCES = \
	%D%/bpf.c %D%/bpf.h \
	%D%/bpf-names.c %D%/bpf-names.h
