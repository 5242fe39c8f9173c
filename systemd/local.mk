# Units for the managers of users; @bindir@ is known to make only.
systemduserunit_DATA = systemd/vdelab-switch@.service \
	systemd/vdelab-switch@.socket
EXTRA_DIST += systemd/vdelab-switch@.service.in \
	systemd/vdelab-switch@.socket.in
CLEANFILES += $(systemduserunit_DATA)
systemd/vdelab-switch@.service: systemd/vdelab-switch@.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) systemd
	$(AM_V_at)sed 's|@bindir[@]|$(bindir)|g' \
		'$(srcdir)/systemd/vdelab-switch@.service.in' >'$@'
systemd/vdelab-switch@.socket: systemd/vdelab-switch@.socket.in Makefile
	$(AM_V_GEN)$(MKDIR_P) systemd
	$(AM_V_at)sed 's|@bindir[@]|$(bindir)|g' \
		'$(srcdir)/systemd/vdelab-switch@.socket.in' >'$@'
