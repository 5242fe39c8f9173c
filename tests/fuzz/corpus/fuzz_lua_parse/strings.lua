return "a\a\b\f\n\r\t\v\\\"\'\
line", 'it\'s "q"', "\x41\x7f\065\0\255\u{0}\u{7F}\u{7ff}\u{FFFF}\u{10FFFF}\u{7FFFFFFF}",
  "skip \z
       all of this\z", [[
first newline goes]], [==[ ]] ]=] ]==], [[]], [=[]=], "", '', "a\
b"
