package roomtokens

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// decode returns s with those escapes decoded that begin with escape. The byte text[i] comes from s[position[i]], and
// position ends with the length of s.
func decode(s string, escape byte) (text string, position []int) {
	decoded := make([]byte, 0, len(s))
	position = make([]int, 0, len(s)+1)
	for i := 0; i < len(s); {
		char, size := s[i:i+1], 1
		if s[i] == escape {
			char, size = unescape(s[i:])
		}
		decoded = append(decoded, char...)
		for range len(char) {
			position = append(position, i)
		}
		i += size
	}
	return string(decoded), append(position, len(s))
}

// unescape returns the character, escaped or not, that s begins with, and how many bytes of s it takes.
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

// entity returns the character that &name; stands for in HTML, if name is a number or one of the five names for
// characters that have to be escaped.
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
