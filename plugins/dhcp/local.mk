DHCP_SERVER_SOURCES = \
	%D%/leases.c %D%/leases.h \
	%D%/message.c %D%/message.h \
	%D%/server.c %D%/server.h
DHCP_SOURCES = \
	%D%/dhcp.c \
	%D%/settings.c %D%/settings.h \
	$(DHCP_SERVER_SOURCES) $(INST_SOURCES)
plugin_PROGRAMS += out/lib/vdelab/dhcp.so
out_lib_vdelab_dhcp_so_SOURCES = $(DHCP_SOURCES)
out_lib_vdelab_dhcp_so_CFLAGS = $(PLUGIN_CFLAGS)
out_lib_vdelab_dhcp_so_LDFLAGS = $(PLUGIN_LDFLAGS)
out_lib_vdelab_dhcp_so_LDADD = $(JANSSON_LIBS)
nobase_dist_doc_DATA += %D%/dhcp.md
