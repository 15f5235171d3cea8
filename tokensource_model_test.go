package roomtokens_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/roomtokens/roomtokens-go"
	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/secret"
)

const (
	modelSeeds  = 30
	modelLength = 4 * time.Hour
	slowest     = 3 * time.Second // response of a server that works

	// settled is for how long a failure has consequences: the fetch that it was in, a pause, a fetch that only
	// refreshes, and a create.
	settled = fetchTimeout + 30*time.Second + fetchTimeout/2 + slowest
	// unattended is for how long callers wait where a token was not renewed in time: the least interval of fetches, a
	// refresh, a create.
	unattended = time.Second + fetchTimeout/2 + slowest
)

// TestTokenSourceModel plays random histories, and holds what callers get and what the server is asked against a model.
// ROOMTOKENS_SEED is the first of the seeds. The source's own jitter has no seed: repeat one with -count.
func TestTokenSourceModel(t *testing.T) {
	t.Parallel()
	first, _ := strconv.ParseUint(os.Getenv("ROOMTOKENS_SEED"), 10, 64)
	for seed := first; seed < first+modelSeeds; seed++ {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { newModel(t, seed).play() })
		})
	}
}

// model is a server and what it knows of the one source that asks it. Its instants are those of a clock that nobody
// sets and that goes on while the computer sleeps, as time.Now does not.
type model struct {
	t        *testing.T
	source   *roomtokens.TokenSource
	ttl      time.Duration
	end      time.Time // of the history
	attended bool      // a loop asks for tokens all the time
	sleeps   bool      // the computer

	mu              sync.Mutex
	rng             *rand.Rand
	create, refresh modelCall
	running         int           // requests whose time is not over
	stuck           int           // requests that go on though it is
	slept           time.Duration // by the computer
	skew            time.Duration // of the server's clock
	tokens          map[string]*modelToken
	latest          *modelToken
	disturbed       time.Time // when a token was last dropped other than by its age
	waited          int       // calls
}

type modelToken struct {
	text          string
	came          time.Time
	expires, told time.Time // the latter is what the server said
	invalidated   bool
	doubtful      bool // the clocks are at odds over it
}

// modelCall is an operation: how it ends, since when it works, when it may be called next.
type modelCall struct {
	mode     string
	since    time.Time
	failures int
	before   int         // failures until the last success
	notUntil time.Time   // as the server asked, or as a token has just come
	pause    time.Time   // ends here, or with token
	token    *modelToken // the latest when the pause began
	cut      *modelToken // the latest with which a pause ended
}

func newModel(t *testing.T, seed uint64) *model {
	t.Helper()
	m := &model{
		t: t, rng: rand.New(rand.NewPCG(seed, 0)), end: time.Now().Add(modelLength),
		attended: seed%2 == 0, sleeps: seed%4 < 2,
		tokens: map[string]*modelToken{}, create: modelCall{mode: "works"}, refresh: modelCall{mode: "works"},
		disturbed: time.Now(),
	}
	m.ttl = time.Duration(60+m.rng.IntN(540)) * time.Second
	params := api.CreateRoomClientTokenRequest{TokenTTLSecs: int(m.ttl / time.Second), RefreshTokenTTLSecs: 3600}
	opts := []roomtokens.SourceOption{roomtokens.WithFetchTimeout(fetchTimeout)}
	if seed%3 == 0 {
		now := time.Now()
		left := m.upTo(2*m.ttl) - m.ttl
		m.remember("stored", now.Add(left), left)
		opts = append(opts, roomtokens.WithInitialToken(&roomtokens.ClientToken{
			Token: "stored", TokenExpiresAt: m.latest.expires,
			RefreshToken: "r", RefreshTokenExpiresAt: now.Add(m.upTo(2*time.Hour) - time.Hour),
		}))
	}
	var err error
	m.source, err = newClient(t, m.serve).TokenSource(roomID, params, opts...)
	require.NoError(t, err)
	t.Logf("seed %d, tokens of %v", seed, m.ttl)
	return m
}

func (m *model) play() {
	var all sync.WaitGroup
	if m.attended {
		all.Go(func() { m.follow(modelLength+time.Hour, modelLength+time.Hour) })
	}
	for range 3 {
		all.Go(m.ask)
		all.Go(m.comeAndGo)
	}
	all.Go(m.disturb)
	all.Wait()
	m.mu.Lock()
	m.attended = false // any longer
	m.create.set("works")
	m.mu.Unlock()
	time.Sleep(settled + time.Second)
	m.askOnce(time.Hour)
	time.Sleep(fetchTimeout) // until the last fetch has ended
	m.mu.Lock()
	defer m.mu.Unlock()
	m.t.Logf("%d tokens, %d calls that waited", len(m.tokens), m.waited)
	require.NotEmpty(m.t, m.tokens)
}

// now is the instant by the clock that goes on.
func (m *model) now() time.Time { return time.Now().Add(m.slept) }

func (m *model) upTo(d time.Duration) time.Duration { return time.Duration(m.rng.Int64N(int64(d) + 1)) }

// random draws a duration up to longest, most often a short one.
func (m *model) random(longest time.Duration) time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.upTo(longest) >> (3 * m.rng.IntN(4))
}

// require fails the test, but once: what is wrong once is wrong often.
func (m *model) require(ok bool, format string, args ...any) {
	if !ok && !m.t.Failed() {
		m.t.Errorf("after %v: "+format, append([]any{modelLength - time.Until(m.end)}, args...)...)
	}
}

func (m *model) remember(text string, expires time.Time, told time.Duration) {
	m.latest = &modelToken{text: text, came: time.Now(), expires: expires, told: m.now().Add(told)}
	m.tokens[text] = m.latest
}

// serve responds after a while in the way of the operation's mode.
func (m *model) serve(w http.ResponseWriter, req *http.Request) {
	m.mu.Lock()
	call, latency := &m.create, m.upTo(slowest)
	if operationOf(req) == api.OperationRefreshRoomClientToken {
		call = &m.refresh
	}
	mode := call.mode
	switch mode {
	case "hangs", "stuck":
		latency = time.Hour
	case "slow":
		latency = slowest
	}
	m.running++
	m.require(m.running == 1, "%d requests at once", m.running)
	m.require(m.stuck < 2, "a request beside two that are left behind")
	m.checkPace(call)
	m.mu.Unlock()
	cut := false
	select {
	case <-time.After(latency):
	case <-req.Context().Done():
		cut = true
	}
	m.mu.Lock()
	m.running--
	if cut {
		call.fail(mode, 0, m.latest)
	} else if wait, ok := m.respond(w, mode); !ok {
		call.fail(mode, wait, m.latest)
	} else if m.fetched(); mode == "refused" {
		go m.refuse(m.latest, call)
	}
	m.mu.Unlock()
	if mode == "stuck" {
		m.goOn()
	}
}

// goOn is how a transport ignores that its request's context has ended.
func (m *model) goOn() {
	m.mu.Lock()
	m.stuck++
	m.mu.Unlock()
	time.Sleep(m.random(fetchTimeout / 2))
	m.mu.Lock()
	defer m.mu.Unlock()
	m.stuck--
	m.create.since = time.Now() // there was no place for it
}

// refuse is how a room refuses a token soon after it has come.
func (m *model) refuse(token *modelToken, call *modelCall) {
	time.Sleep(m.random(5 * time.Second))
	synctest.Wait()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.latest != token || token.invalidated {
		return
	}
	token.invalidated = true
	m.disturbed = time.Now()
	m.source.Invalidate(&roomtokens.ClientToken{Token: secret.String(token.text)})
	for _, call := range []*modelCall{&m.create, &m.refresh} {
		call.before, call.failures = 0, call.before+call.failures
	}
	call.failures++
	call.fail("refused", 0, nil)
	call.failures--
}

// checkPace lets a pause end early as a token expires: once, unless somebody sets the clocks meanwhile.
func (m *model) checkPace(call *modelCall) {
	m.require(time.Until(call.notUntil) <= 0, "asked %v early", time.Until(call.notUntil))
	if early := time.Until(call.pause); early > 0 {
		first := call.token != nil && (call.cut != call.token || call.token.doubtful)
		m.require(first && m.isEnding(call.token), "paused %v too little", early)
		call.cut = call.token
	}
}

// isEnding: Date has whole seconds, so that the source may take a token to expire a little early.
func (m *model) isEnding(token *modelToken) bool {
	return token.doubtful || token.told.Sub(m.now()) < slowest+2*time.Second
}

// respond reports whether there is a new token, and how long the server asked to wait.
func (m *model) respond(w http.ResponseWriter, mode string) (wait time.Duration, ok bool) {
	now := m.now().Add(m.skew).UTC()
	text, told := fmt.Sprint("token-", len(m.tokens)), m.ttl
	w.Header()["Date"] = []string{now.Format(http.TimeFormat)}
	if status, err := strconv.Atoi(mode); err == nil {
		asked := m.rng.IntN(60)
		w.Header().Set("Retry-After", strconv.Itoa(asked))
		w.WriteHeader(status)
		return time.Duration(asked) * time.Second, false
	}
	switch mode {
	case "short":
		told = 10 * time.Second
	case "long":
		told = 1000 * time.Hour
	case "expired":
		told = 0
	case "old token":
		text, told = m.latest.text, m.latest.told.Sub(m.now())
	}
	respond(http.StatusCreated, "application/json", fmt.Sprintf(
		`{"data":{"token":%q,"token_expires_at":%q,"refresh_token":"r","refresh_token_expires_at":%q}}`,
		text, now.Add(told).Format(time.RFC3339), now.Add(time.Hour).Format(time.RFC3339)))(w, nil)
	if mode == "old token" {
		return 0, false
	}
	if told <= 0 || told > m.ttl { // a clock is wrong: what was asked for counts
		told = m.ttl
	}
	m.remember(text, m.now().Add(m.ttl), told)
	return 0, true
}

func (m *model) fetched() {
	for _, call := range []*modelCall{&m.create, &m.refresh} {
		call.before, call.failures = call.failures, 0
		if least := time.Now().Add(time.Second); call.notUntil.Before(least) {
			call.notUntil = least
		}
	}
}

// fail has the call pause for at least half of a bound that doubles, or for as long as a 429 asked for.
func (c *modelCall) fail(mode string, wait time.Duration, token *modelToken) {
	pause := min(time.Second<<min(c.failures, 5), 30*time.Second)
	if mode == "429" {
		pause = min(pause, 16*time.Second)
	}
	if mode == "429" && wait > 0 {
		pause = 0
	}
	c.failures++
	c.notUntil, c.pause, c.token, c.since = time.Now().Add(wait), time.Now().Add(pause/2), token, time.Now()
}

// ask asks for the token now and then, and sometimes gives up.
func (m *model) ask() {
	for time.Now().Before(m.end) {
		time.Sleep(m.random(20 * time.Minute))
		patience := time.Hour
		if m.random(10) == 0 {
			patience = m.random(time.Minute)
		}
		m.askOnce(patience)
	}
}

func (m *model) askOnce(patience time.Duration) {
	ctx, cancel := context.WithTimeout(m.t.Context(), patience)
	defer cancel()
	asked := time.Now()
	token, err := m.source.Token(ctx)
	m.check(ctx, asked, token, err)
}

// check holds the result of a call against the claims.
func (m *model) check(ctx context.Context, asked time.Time, token *roomtokens.ClientToken, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	took := time.Since(asked)
	if took > 0 {
		m.waited++
	}
	switch {
	case err == nil:
		m.checkToken(token)
	case ctx.Err() != nil:
		return
	default:
		m.checkError(err)
	}
	if m.createWorked(asked) {
		limit := slowest
		if m.isUnattended(asked) {
			limit = unattended
		}
		m.require(err == nil, "create works, and: %v", err)
		m.require(took <= limit, "create works, and a call took %v", took)
	}
	m.require(took <= 2*fetchTimeout+time.Second, "a call took %v", took)
}

func (m *model) createWorked(asked time.Time) bool {
	return works(m.create.mode) && m.stuck < 2 && asked.Sub(m.create.since) > settled
}

// isUnattended reports that at the time the token may not have been renewed before it was over.
func (m *model) isUnattended(asked time.Time) bool {
	return !m.attended || asked.Sub(m.disturbed) < unattended
}

func (m *model) checkToken(token *roomtokens.ClientToken) *modelToken {
	got := m.tokens[string(token.Token)]
	if got == nil {
		m.require(false, "%s is served, though it was never of use", string(token.Token))
		return &modelToken{}
	}
	m.require(m.now().Before(got.expires), "%s expired %v ago", got.text, m.now().Sub(got.expires))
	m.require(!got.invalidated, "%s was invalidated", got.text)
	return got
}

func (m *model) checkError(err error) {
	ok := m.latest == nil || m.latest.invalidated || m.isEnding(m.latest)
	m.require(ok, "a token is valid, and: %v", err)
}

func (m *model) comeAndGo() {
	for time.Now().Before(m.end) {
		time.Sleep(m.random(time.Hour))
		m.follow(m.random(time.Hour), m.random(time.Hour))
	}
}

// follow loops over the tokens until ctx ends, or the first one after a while has come.
func (m *model) follow(until, leave time.Duration) {
	began, last := time.Now(), (*modelToken)(nil)
	ctx, cancel := context.WithTimeout(m.t.Context(), until)
	defer cancel()
	for token, err := range m.source.Tokens(ctx) {
		m.mu.Lock()
		if err == nil {
			next := m.checkToken(token)
			m.require(next != last, "%s came twice", next.text)
			if last != nil && m.createWorked(began) && !m.isUnattended(time.Now()) {
				late := m.now().Sub(last.told)
				m.require(late <= slowest, "%s came %v after %s had expired", next.text, late, last.text)
			}
			last = next
		} else {
			m.checkError(err)
			last = nil
		}
		m.mu.Unlock()
		if time.Since(began) > leave {
			break
		}
	}
}

// disturb changes how the operations end, invalidates tokens, sets the wall clock, and has the computer sleep.
func (m *model) disturb() {
	creates := []string{
		"works", "works", "works", "slow", "long", "short", "expired", "hangs", "stuck", "429", "401", "500", "200",
	}
	refreshes := []string{
		"works", "works", "slow", "long", "short", "old token", "expired", "hangs", "stuck", "refused", "429", "403",
		"400", "409", "503",
	}
	for time.Now().Before(m.end) {
		time.Sleep(m.random(30 * time.Minute))
		synctest.Wait() // nobody is between a look at a clock and its consequence
		m.mu.Lock()
		switch choice := m.rng.IntN(8); {
		case choice < 2:
			m.create.set(creates[m.rng.IntN(len(creates))])
		case choice < 5:
			m.refresh.set(refreshes[m.rng.IntN(len(refreshes))])
		case m.latest == nil:
		case choice == 5:
			m.latest.invalidated = true
			m.source.Invalidate(&roomtokens.ClientToken{Token: secret.String(m.latest.text)})
			m.disturbed = time.Now()
			if time.Since(m.latest.came) < 10*time.Second {
				m.create.since = time.Now() // it may have given the token, and pauses
			}
		case m.running > 0:
		case m.sleeps: // and nobody sets a clock: where both happen to one token, no clock can tell
			m.setClock(0, m.upTo(m.ttl))
		default:
			m.setClock(m.upTo(2*time.Hour)-time.Hour, 0)
		}
		m.mu.Unlock()
	}
}

func works(mode string) bool {
	return slices.Contains([]string{"works", "slow", "long", "expired"}, mode)
}

func (c *modelCall) set(mode string) {
	if !works(c.mode) {
		c.since = time.Now()
	}
	c.mode = mode
}

// setClock sets the wall clock forward by set, and has the computer sleep. A loop notices within 5 s.
func (m *model) setClock(set, slept time.Duration) {
	m.skew -= set
	m.slept += slept
	roomtokens.JumpWallClock(m.source, set+slept)
	m.latest.doubtful = true
	m.disturbed = time.Now().Add(5 * time.Second)
}
