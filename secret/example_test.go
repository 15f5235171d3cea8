package secret_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"

	"github.com/roomtokens/roomtokens-go/secret"
)

// A secret shows in no print or log; JSON carries it, and a conversion reveals it.
func ExampleString() {
	key := secret.String("hunter2")
	fmt.Printf("%s %q %+v\n", key, key, struct{ Key secret.String }{key})

	handler := slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		},
	})
	slog.New(handler).Info("login", "key", key)

	encoded, err := json.Marshal(key)
	fmt.Println(string(encoded), err)
	fmt.Println(string(key))
	// Output:
	// [REDACTED] [REDACTED] {Key:[REDACTED]}
	// level=INFO msg=login key=[REDACTED]
	// "hunter2" <nil>
	// hunter2
}
