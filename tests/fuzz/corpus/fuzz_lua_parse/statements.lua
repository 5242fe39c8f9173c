local a <const>, b <close>, c = 1, nil
local function f(x, y, ...) return ..., x end
local function g() return end
function h() end
local t = {}
t.u = {}
function t.u.v() return; end
function t.u:w(...) return self, ... end
do local x; local y, z = 1; end
while a < 2 do break end
repeat local done = true until done
for i = 1, 10 do goto continue; print(i) ::continue:: end
for i = 10, 1, -1 do end
for k, v in pairs(t), nil do end
if a then elseif b then elseif c then else end
t[1], t.x, t["y"] = 1, 2
a, b = b, a
f() f "s" f 's' f [[s]] f{} f{1}.x = 2
t:w() t:w "s" t:w{} t.u:w()()()
(f)() ; (function() end)()
;;; ::top::
return f(a), (f(b))
