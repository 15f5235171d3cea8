// Package program is what the programs of the comparison share: everything but the client.
package program

import (
	"context"
	"fmt"
	"os"
	"reflect"
	"runtime"
	"strconv"
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
// line, the token; "bench ROOM" what a create call costs; "operations" how many operations a Client has.
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
		token, err = bench(client, args[1])
	case "operations":
		token = strconv.Itoa(reflect.TypeFor[Client]().NumMethod())
	}
	if err != nil {
		return err
	}
	_, err = fmt.Printf("%+v\n%s\n", response, token)
	return err
}

// bench says how long a create call took in the fastest round, and how much it allocated.
func bench(client Client, room string) (string, error) {
	const rounds, calls = 20, 200
	best, allocations := time.Hour, uint64(0)
	for range rounds {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		began := time.Now()
		for range calls {
			if _, _, err := client.Create(context.Background(), room); err != nil {
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
