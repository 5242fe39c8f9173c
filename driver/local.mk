# What the vdelab program is made of, for it and its tests to link.  Each folder
# appends its sources in its own fragment.
noinst_LIBRARIES += driver/libdriver.a
driver_libdriver_a_CPPFLAGS = $(AM_CPPFLAGS)
driver_libdriver_a_CFLAGS = $(AM_CFLAGS) $(LUA_CFLAGS)
driver_libdriver_a_SOURCES = \
	%D%/check-cmd.c %D%/check-cmd.h \
	%D%/loop.c %D%/loop.h
LIBDRIVER_LIBS = driver/libdriver.a $(LIBVDELAB_LIBS) $(LUA_LIBS)
