package roomtokens

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// decoded is a text with escapes decoded.
type decoded struct {
	text     string
	position []int  // where in the original each byte of text begins, and where the last one ends
	hidden   []bool // which bytes of the original are part of a secret
}

// hide hides that part of the original for which d.text[start:end] stands.
func (d decoded) hide(start, end int) {
	for i := d.position[start]; i < d.position[end]; i++ {
		d.hidden[i] = true
	}
}

// decode returns d with the escapes decoded that begin with first.
func (d decoded) decode(first byte) decoded {
	if strings.IndexByte(d.text, first) < 0 {
		return d
	}
	text := make([]byte, 0, len(d.text))
	position := make([]int, 0, len(d.position))
	for i := 0; i < len(d.text); {
		char, size := d.text[i:i+1], 1
		if d.text[i] == first {
			char, size = unescape(d.text[i:])
		}
		text = append(text, char...)
		for range len(char) {
			position = append(position, d.position[i])
		}
		i += size
	}
	return decoded{string(text), append(position, d.position[len(d.text)]), d.hidden}
}

// unescape returns the character that s begins with, and how long it is in s, where it may be escaped.
func unescape(s string) (char string, size int) {
	switch {
	case strings.HasPrefix(s, `\/`):
		return "/", 2
	case s[0] == '\\' && len(s) >= 2:
		if char, _, rest, err := strconv.UnquoteChar(s, s[1]); err == nil {
			return string(char), len(s) - len(rest)
		}
	case s[0] == '%' && len(s) >= 3:
		if char, err := url.PathUnescape(s[:3]); err == nil {
			return char, 3
		}
	case s[0] == '&':
		name, _, ended := strings.Cut(s[1:min(len(s), 10)], ";")
		if char := entity(name); ended && char != "" {
			return char, len("&") + len(name) + len(";")
		}
	}
	return s[:1], 1
}

// entity returns the character that &name; is in HTML, if it is one for which there has to be an escape.
func entity(name string) string {
	if i := slices.Index([]string{"quot", "apos", "amp", "lt", "gt"}, name); i >= 0 {
		return `"'&<>`[i : i+1]
	}
	base := 10
	digits, isNumber := strings.CutPrefix(strings.ToLower(name), "#")
	if hex, ok := strings.CutPrefix(digits, "x"); ok {
		digits, base = hex, 16
	}
	code, err := strconv.ParseInt(digits, base, 32)
	if err != nil || !isNumber {
		return ""
	}
	return string(rune(code))
}
