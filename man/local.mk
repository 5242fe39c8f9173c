dist_man_MANS += %D%/vdelab.1 %D%/vdelab-switch.1 %D%/vdelabctl.1 \
	%D%/vdelab-vde_switch.1
