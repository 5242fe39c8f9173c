return '\
'