package faults_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"
)

const (
	tokenLife   = time.Hour
	refreshLife = 24 * time.Hour
	// refreshLead is how long before its end a token of an hour may be renewed.
	refreshLead = time.Minute
)

// room is the server of one source's room. It keeps what the source's callers are held against.
type room struct {
	report  func(format string, args ...any)
	outages []outage
	ahead   time.Duration // of the server's clock
	whole   bool          // tokens end at whole seconds, as JWTs do

	mu       sync.Mutex
	rng      *rand.Rand
	inFlight int
	arrived  int // requests
	minted   int
	early    int       // of those minted, before the one before had ended
	end      time.Time // of the latest token, in true time
	faults   int       // since the latest token
	lastly   time.Time // the latest fault
}

// RoundTrip implements http.RoundTripper.
func (r *room) RoundTrip(req *http.Request) (*http.Response, error) {
	latency, fault := r.arrive()
	defer r.leave()
	time.Sleep(latency)
	if fault == nil && strings.HasSuffix(req.URL.Path, "/refresh_client_token") && r.chance(0.01) {
		return r.reply(http.StatusForbidden, ""), nil
	}
	if fault != nil {
		resp, err := fault(r, req)
		r.failed()
		return resp, err
	}
	return r.mint(), nil
}

// arrive checks that the request was needed and is the only one, and decides its fate.
func (r *room) arrive() (time.Duration, soakFault) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	r.arrived++
	if r.inFlight++; r.inFlight > 1 {
		r.report("%d requests at once for one source", r.inFlight)
	}
	// A source may take the token to end up to a second before it does, since a Date header has whole seconds.
	if left := r.end.Sub(now); left > refreshLead+2*time.Second {
		r.report("a request with %v of the token left", left)
	}
	latency := time.Duration(20+r.rng.IntN(500)) * time.Millisecond
	for _, one := range r.outages {
		if now.After(one.from) && now.Before(one.to) {
			return latency, one.fault
		}
	}
	if r.rng.Float64() < faultRate {
		return latency, soakFaults()[r.rng.IntN(len(soakFaults()))]
	}
	return latency, nil
}

func (r *room) leave() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.inFlight--
}

func (r *room) chance(part float64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.rng.Float64() < part
}

func (r *room) failed() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.faults, r.lastly = r.faults+1, time.Now()
}

// mint issues a token and a refresh token. One response serves both operations.
func (r *room) mint() *http.Response {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.minted, r.faults = r.minted+1, 0
	if time.Now().Before(r.end) {
		r.early++
	}
	ends := r.clock().Add(tokenLife)
	if r.whole {
		ends = ends.Truncate(time.Second)
	}
	r.end = ends.Add(-r.ahead)
	return r.reply(http.StatusCreated, fmt.Sprintf(
		`{"data":{"token":"token %d","token_expires_at":%q,"refresh_token":"refresh","refresh_token_expires_at":%q}}`,
		r.minted, ends.Format(time.RFC3339Nano), r.clock().Add(refreshLife).Format(time.RFC3339Nano)))
}

// clock is what the server takes the time to be.
func (r *room) clock() time.Time { return time.Now().UTC().Add(r.ahead) }

func (r *room) reply(status int, body string) *http.Response {
	header := http.Header{"Content-Type": {"application/json"}, "Date": {r.clock().Format(http.TimeFormat)}}
	return &http.Response{
		StatusCode:    status,
		Header:        header,
		Body:          io.NopCloser(strings.NewReader(body)),
		ContentLength: -1,
	}
}

// requireError holds an error that a caller got against what befell the source: no token may be alive, and a fetch must
// have failed for good less than the longest pause ago.
func (r *room) requireError(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	if left := r.end.Sub(now); left > 2*time.Second {
		r.report("an error with %v of the token left: %v", left, err)
	}
	if since := now.Sub(r.lastly); r.faults < 3 || since > 30*time.Second {
		r.report("an error %v after %d faults: %v", since, r.faults, err)
	}
}
