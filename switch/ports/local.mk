switch_libswitch_a_SOURCES += \
	%D%/acceptor.c %D%/acceptor.h \
	%D%/datagram-io.c %D%/datagram-io.h \
	%D%/dgram.c \
	%D%/exec.c %D%/exec.h \
	%D%/guest-memory.c %D%/guest-memory.h \
	%D%/mcast.c \
	%D%/kernel-header.c %D%/kernel-header.h \
	%D%/netdev.c %D%/netdev.h \
	%D%/offload.c %D%/offload.h \
	%D%/packet.c \
	%D%/plug.c \
	%D%/slirp.c \
	%D%/tap.c \
	%D%/stream.c \
	%D%/stream-client.c %D%/stream-client.h \
	%D%/stream-gather.c %D%/stream-gather.h \
	%D%/stream-output.c %D%/stream-output.h \
	%D%/stream-proto.c %D%/stream-proto.h \
	%D%/vde.c \
	%D%/vdeplug.c \
	%D%/datagram-batch.c %D%/datagram-batch.h \
	%D%/vde-port.c %D%/vde-port.h \
	%D%/vde-proto.c %D%/vde-proto.h \
	%D%/vring.c %D%/vring.h %D%/vring-priv.h \
	%D%/vring-chain.c %D%/vring-inflight.c %D%/vring-log.c \
	%D%/vring-packed.c %D%/vring-split.c

switch_libswitch_a_SOURCES += \
	%D%/vhost.c %D%/vhost-device.h \
	%D%/vhost-channel.c %D%/vhost-channel.h \
	%D%/vhost-features.c %D%/vhost-features.h \
	%D%/vhost-header.c %D%/vhost-header.h \
	%D%/vhost-inflight.c %D%/vhost-inflight.h \
	%D%/vhost-intake.c \
	%D%/vhost-map.c %D%/vhost-map.h \
	%D%/vhost-memory.c %D%/vhost-memory.h \
	%D%/vhost-output.c \
	%D%/vhost-proto.c %D%/vhost-proto.h \
	%D%/vhost-queue.c %D%/vhost-session.c \
	%D%/vhost-sigbus.c %D%/vhost-sigbus.h \
	%D%/vhost-wake.c
