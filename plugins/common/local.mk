# What several plugins are built with, each with a copy of its own.
BPF_SOURCES = \
	%D%/bpf.c %D%/bpf.h \
	%D%/bpf-names.c %D%/bpf-names.h
PORT_TABLE_SOURCES = %D%/port-table.c %D%/port-table.h
INST_SOURCES = %D%/inst.c %D%/inst.h
REFUSE_SOURCES = %D%/refuse.c %D%/refuse.h
