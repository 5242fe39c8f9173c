# Shells find a completion by the name of the command, so each has its file.
EXTRA_DIST += %D%/vdelab.bash %D%/vdelab.zsh %D%/vdelab.fish.in

bashcompletiondir = @bashcompletiondir@
bashcompletion_DATA = completion/bash/vdelab completion/bash/vdelabctl \
	completion/bash/vdelab-switch completion/bash/vdelab-extcap
zshcompletiondir = $(datadir)/zsh/site-functions
zshcompletion_DATA = completion/zsh/_vdelab
fishcompletiondir = $(datadir)/fish/vendor_completions.d
fishcompletion_DATA = completion/fish/vdelab.fish \
	completion/fish/vdelabctl.fish completion/fish/vdelab-switch.fish \
	completion/fish/vdelab-extcap.fish
CLEANFILES += $(bashcompletion_DATA) $(zshcompletion_DATA) \
	$(fishcompletion_DATA)

$(bashcompletion_DATA): completion/vdelab.bash
	$(AM_V_GEN)$(MKDIR_P) $(@D) && cp $(srcdir)/completion/vdelab.bash $@
$(zshcompletion_DATA): completion/vdelab.zsh
	$(AM_V_GEN)$(MKDIR_P) $(@D) && cp $(srcdir)/completion/vdelab.zsh $@
$(fishcompletion_DATA): completion/vdelab.fish.in
	$(AM_V_GEN)$(MKDIR_P) $(@D) && p=$(@F) && p=$${p%.fish} && \
		f=`echo $$p | tr - _` && \
		sed -e "s/@PROGRAM@/$$p/" -e "s/@FUNCTION@/$$f/" \
			$(srcdir)/completion/vdelab.fish.in >$@
