--[[ long
comment ]] --[==[ ]] ]==] -- short
--
---[[ not long
--[ not long either
--[=x nor this
local x = 1 --[[inline]] + 2
return x - -1 -- the end without a newline