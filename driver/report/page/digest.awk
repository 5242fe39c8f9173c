# From a digest in hexadecimal, as sha256sum prints it, to base64, as a Content
# Security Policy wants it: three digits are two characters.
BEGIN {
	base64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	base64 = base64 "0123456789+/"
}
{
	text = ""
	for (i = 1; i <= 61; i += 3) {
		n = digit(i) * 256 + digit(i + 1) * 16 + digit(i + 2)
		text = text character(int(n / 64)) character(n % 64)
	}
	print text character(digit(64) * 4) "="
}
function digit(i)
{
	return index("0123456789abcdef", substr($1, i, 1)) - 1
}
function character(n)
{
	return substr(base64, n + 1, 1)
}
