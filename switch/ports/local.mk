# The pure parsers, apart so that their tests and fuzz targets need no switch.
noinst_LIBRARIES += switch/ports/libportproto.a
switch_ports_libportproto_a_SOURCES = \
	%D%/stream-proto.c %D%/stream-proto.h \
	%D%/vde-proto.c %D%/vde-proto.h
LIBPORTPROTO = switch/ports/libportproto.a $(LIBVDELAB_LIBS)
