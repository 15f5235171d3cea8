package faults_test

import (
	"context"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/roomtokenstest"
	"github.com/roomtokens/roomtokens-go/secret"
)

const (
	rooms          = 100
	callersPerRoom = 10
	// A room meets once in each cycle, at a random time. Its callers all ask at the start, and then every gap on average.
	cycles        = 4
	cycle         = 5 * 24 * time.Hour
	meetingLength = 150 * time.Minute
	gap           = 20 * time.Minute
	// A meeting takes one create and two refreshes, or three where the first token, of an hour, is renewed after 20 to 32
	// of the up to 59 minutes.
	tokensPerMeeting = 3.3

	faultRate  = 0.1  // of requests that meet a fault
	outageRate = 0.03 // of requests at which that lasts
	// impatience is the deadline of every twentieth call.
	impatience = 100 * time.Millisecond
)

// TestSoak lets a thousand callers use a hundred sources for 20 days, through faults and outages of up to an hour. A
// third of the servers have a clock that is a day fast, and a third one a day slow.
func TestSoak(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		all := make([]*room, rooms)
		var callers sync.WaitGroup
		for i := range all {
			all[i] = newRoom(t, i)
			for j := range callersPerRoom {
				callers.Go(func() { all[i].caller(rand.New(rand.NewPCG(uint64(i), uint64(j)))) })
			}
		}
		callers.Wait()
		creates, refreshes, failures := 0, 0, 0
		for _, r := range all {
			creates += r.fetched[api.OperationCreateRoomClientToken]
			refreshes += r.fetched[api.OperationRefreshRoomClientToken]
			failures += r.failures
		}
		t.Logf("%d creates, %d refreshes, %d calls that failed", creates, refreshes, failures)
		require.InEpsilon(t, rooms*cycles*tokensPerMeeting, creates+refreshes, 0.05)
		require.InEpsilon(t, rooms*cycles, creates, 0.1)
		require.Positive(t, failures)
	})
}

// room is what ten callers share: a source, and a server of its own whose faults are random.
type room struct {
	t        *testing.T
	id       uuid.UUID
	skew     time.Duration // of the server's clock
	server   *roomtokenstest.Server
	source   *roomtokens.TokenSource
	meetings []time.Time
	faults   []roomtokenstest.Fault

	mu       sync.Mutex
	rng      *rand.Rand
	requests int       // under way
	outage   time.Time // when the latest one ends
	fetched  map[api.Operation]int
	failed   time.Time     // when a request last did
	token    secret.String // the latest that a caller got
	expires  time.Time     // when that does, by the server's clock
	failures int           // of calls
}

func newRoom(t *testing.T, i int) *room {
	t.Helper()
	named := roomtokenstest.Faults()
	r := &room{
		t: t, id: uuid.UUID{15: byte(i + 1)}, skew: time.Duration(i%3-1) * 24 * time.Hour,
		rng: rand.New(rand.NewPCG(1, uint64(i))), fetched: map[api.Operation]int{},
		faults: []roomtokenstest.Fault{
			named["reset"], named["truncate"], named["no token"], named["HTML page"], named["problem detail"],
			named["rate limited"],
			{Name: "stalled", Delay: time.Hour},
		},
	}
	for n := range cycles {
		r.meetings = append(r.meetings, time.Now().Add(time.Duration(n)*cycle+r.upTo(cycle-2*meetingLength)))
	}
	r.server = roomtokenstest.NewServer(roomtokenstest.WithClockSkew(r.skew), roomtokenstest.WithRequestLog(r.record))
	var err error
	r.source, err = r.server.Client(roomtokens.WithMiddleware(r.middleware)).TokenSource(r.id,
		api.CreateRoomClientTokenRequest{TokenTTLSecs: 3600, RefreshTokenTTLSecs: 86400})
	require.NoError(t, err)
	return r
}

func (r *room) upTo(d time.Duration) time.Duration { return time.Duration(r.rng.Int64N(int64(d))) }

// middleware lets requests take a time and meet faults, and requires that there is one at a time.
func (r *room) middleware(next http.RoundTripper) http.RoundTripper {
	return roundTrip(func(req *http.Request) (*http.Response, error) {
		r.mu.Lock()
		r.requests++
		r.require(r.requests == 1, "%d requests at once for one source", r.requests)
		fault, chance := r.faults[r.rng.IntN(len(r.faults))], r.rng.Float64()
		if chance < outageRate {
			fault.Lasts = r.upTo(time.Hour)
		}
		if chance < faultRate && time.Now().After(r.outage) {
			r.server.Inject(fault)
			r.outage = time.Now().Add(fault.Lasts)
		}
		latency := r.upTo(time.Second)
		r.mu.Unlock()
		time.Sleep(latency)
		resp, err := next.RoundTrip(req)
		r.mu.Lock()
		defer r.mu.Unlock()
		r.requests--
		return resp, err
	})
}

// record hears of a request when it has ended.
func (r *room) record(req roomtokenstest.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if req.Fault != "" {
		r.failed = time.Now()
		return
	}
	r.fetched[req.Operation]++
}

// require fails the test, but once: what is wrong once is wrong often.
func (r *room) require(ok bool, format string, args ...any) {
	if !ok && !r.t.Failed() {
		r.t.Errorf(format, args...)
	}
}

// caller asks for tokens in every meeting of the room.
func (r *room) caller(rng *rand.Rand) {
	count := 0
	for _, meeting := range r.meetings {
		time.Sleep(time.Until(meeting))
		for time.Since(meeting) < meetingLength {
			ctx, cancel := r.t.Context(), context.CancelFunc(func() {})
			if count++; count%20 == 0 {
				ctx, cancel = context.WithTimeout(ctx, impatience)
			}
			asked := time.Now()
			token, err := r.source.Token(ctx)
			r.check(ctx, token, err, time.Since(asked))
			cancel()
			time.Sleep(time.Duration(rng.ExpFloat64() * float64(gap)))
		}
	}
}

// check holds a call against the rules: a result in time, a valid token, or an error that is due.
func (r *room) check(ctx context.Context, token *roomtokens.ClientToken, err error, took time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.require(took <= time.Minute, "a call took %v, longer than a fetch", took)
	now := time.Now().Add(r.skew)
	if err == nil {
		if token.Token != r.token {
			claims, err := r.server.Verify(token.Token)
			r.require(err == nil && claims.RoomID == r.id, "room %v, a token for %v: %v", r.id, claims.RoomID, err)
			r.token, r.expires = token.Token, claims.ExpiresAt
		}
		r.require(now.Before(r.expires), "a token that expired %v ago", now.Sub(r.expires))
		return
	}
	if ctx.Err() != nil {
		r.require(took == impatience, "an impatient caller left after %v", took)
		return
	}
	r.failures++
	// A Date header has whole seconds, so that a source may take a token to expire a second or two early.
	r.require(r.expires.Sub(now) <= 2*time.Second, "an error %v before the token expires: %v", r.expires.Sub(now), err)
	// The longest pause is 30 s; a fetch may end up to a second after its last request, waiting for the next.
	since := time.Since(r.failed)
	r.require(since <= 31*time.Second, "an error %v after the last request that failed: %v", since, err)
}
