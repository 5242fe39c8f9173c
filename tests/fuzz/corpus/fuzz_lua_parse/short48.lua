return "a
b"