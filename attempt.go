package roomtokens

import (
	"context"

	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/internal/exchange"
)

// Attempt is one of the requests that a call takes.
type Attempt struct {
	// Operation is the operation in the spec: its Path is the path template.
	Operation api.Operation
	// Number counts the attempts of the call, from 1.
	Number int
}

// AttemptFromContext tells middleware which attempt a request is, by the request's context. Spans and metrics can be
// named after it, since it holds no room id. It is false outside [WithMiddleware].
func AttemptFromContext(ctx context.Context) (Attempt, bool) {
	attempt, ok := exchange.AttemptFromContext(ctx)
	return Attempt(attempt), ok
}
