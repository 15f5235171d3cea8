package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/roomtokens/roomtokens-go"
)

const (
	exitOK          = 0
	exitRefused     = 1   // by the API, or its response was not valid
	exitUsage       = 2   // an argument, an input or a file
	exitNetwork     = 3   // no response, or no port
	exitInterrupted = 130 // as shells report SIGINT
)

// usageError is a mistake in how the program was called.
type usageError struct{ error }

func usagef(format string, args ...any) error {
	return usageError{fmt.Errorf(format, args...)}
}

func exitCode(ctx context.Context, err error) int {
	if _, ok := errors.AsType[usageError](err); ok {
		return exitUsage
	}
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return exitInterrupted
	}
	if refusal, ok := errors.AsType[*roomtokens.Error](err); ok && refusal.StatusCode != 0 {
		if errors.Is(err, roomtokens.ErrInvalidResponse) && isNetwork(errors.Unwrap(refusal)) {
			return exitNetwork
		}
		return exitRefused
	}
	switch {
	case errors.Is(err, roomtokens.ErrInvalidRequest):
		return exitUsage
	case errors.Is(err, roomtokens.ErrInvalidResponse):
		return exitRefused
	}
	return exitNetwork
}

// isNetwork reports that the connection broke or took too long.
func isNetwork(err error) bool {
	_, ok := errors.AsType[net.Error](err)
	return ok || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, context.DeadlineExceeded)
}
