// Package program is what the programs of the comparison share: everything but the client.
package program

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Deadline is for a call, retries included.
const Deadline = 10 * time.Second

// A Client calls the API in one way. Its methods return what the way returns, to be printed, and the token in it.
type Client interface {
	Create(ctx context.Context, room string) (response any, token string, err error)
	Refresh(ctx context.Context, room, refreshToken string) (response any, token string, err error)
}

// Main does what the arguments say: "create ROOM" and "refresh ROOM REFRESH_TOKEN" print the response and, on the last
// line, the token; "bench ROOM DEADLINE" what a create call costs; "burst ROOM CALLS" how many of CALLS at once fail.
func Main(newClient func(baseURL, apiKey string) (Client, error)) {
	client, err := newClient(os.Getenv("TELNYX_BASE_URL"), os.Getenv("TELNYX_API_KEY"))
	if err == nil {
		err = run(client, os.Args[1:])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(client Client, args []string) error {
	ctx, cancel := context.WithTimeout(context.Background(), Deadline)
	defer cancel()
	var response any
	var token string
	var err error
	switch args[0] {
	case "create":
		response, token, err = client.Create(ctx, args[1])
	case "refresh":
		response, token, err = client.Refresh(ctx, args[1], args[2])
	case "bench":
		token, err = bench(client, args[1], args[2])
	case "burst":
		token, err = burst(ctx, client, args[1], args[2])
	}
	if err != nil {
		return err
	}
	_, err = fmt.Printf("%+v\n%s\n", response, token)
	return err
}

// bench says how long a create call took in the fastest round, and how much it allocated.
func bench(client Client, room, timeout string) (string, error) {
	deadline, err := time.ParseDuration(timeout)
	if err != nil {
		return "", err
	}
	const rounds, calls = 20, 200
	best, allocations := time.Hour, uint64(0)
	for range rounds {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		began := time.Now()
		for range calls {
			if err := create(client, room, deadline); err != nil {
				return "", err
			}
		}
		if took := time.Since(began) / calls; took < best {
			runtime.ReadMemStats(&after)
			best, allocations = took, (after.Mallocs-before.Mallocs)/calls
		}
	}
	return fmt.Sprintf("%d µs, %d allocations", best.Microseconds(), allocations), nil
}

func create(client Client, room string, deadline time.Duration) error {
	ctx := context.Background()
	if deadline > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, deadline)
		defer cancel()
	}
	_, _, err := client.Create(ctx, room)
	return err
}

// burst makes many create calls at once. A call without a token has failed.
func burst(ctx context.Context, client Client, room, number string) (string, error) {
	calls, err := strconv.Atoi(number)
	if err != nil {
		return "", err
	}
	var failed atomic.Int64
	var group sync.WaitGroup
	began := time.Now()
	for range calls {
		group.Go(func() {
			if _, token, err := client.Create(ctx, room); err != nil || token == "" {
				failed.Add(1)
			}
		})
	}
	group.Wait()
	return fmt.Sprintf("%d of %d fail, %.2f s", failed.Load(), calls, time.Since(began).Seconds()), nil
}
