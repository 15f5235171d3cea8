package roomtokenstest

import (
	"fmt"
	"strings"
)

// suggest returns a question with the name that may be meant: one that begins with what was given, or is spelled much
// like it. It returns nothing if there is none.
func suggest[T ~string](given T, names []T) string {
	const longest = 64
	if len(given) > longest {
		return ""
	}
	text, best, least := strings.ToLower(string(given)), T(""), len(given)/3+1
	for _, name := range names {
		known := strings.ToLower(string(name))
		n := distance(text, known)
		if strings.HasPrefix(known, text) {
			n = 0
		}
		if n < least {
			best, least = name, n
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", best)
}

// distance is Levenshtein's: how many bytes differ.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, diagonal+1, row[j]+1)
		}
	}
	return row[len(b)]
}
