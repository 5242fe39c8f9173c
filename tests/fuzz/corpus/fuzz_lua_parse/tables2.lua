local b, c, d = {}, 1, { e = {} }
return { a = 1, b, c == 1, [d.e] = nil, f = function() end; }, { (b), -c, not d, }
